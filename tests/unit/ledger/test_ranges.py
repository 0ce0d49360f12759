"""Every cost that a run tells stands with its range, and ranges belong to the same chips."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hand_chip import lenet_like

from cimsim.arch import Draws, build_chip, load_arch
from cimsim.sim.ledger import program_energy_j
from cimsim.sim.price import N_COST_DRAWS
from cimsim.sim.ranges import ranged
from cimsim.sim.run import simulate

ARCH = load_arch(Path(__file__).parents[3] / "arch_configs" / "stt_mram.yaml")
RANGED = (
    "energy_j", "energy_stream_j", "energy_stochastic_j", "program_energy_j", "calibration_energy_j",
    "power_w", "leakage_power_w", "area_m2", "area_stochastic_m2",
)  # fmt: skip


@pytest.fixture(scope="module")
def result():
    graph = lenet_like()
    x = np.random.default_rng(0).integers(0, 2, (3, *graph.input.shape)).astype(np.int8)
    x = 2 * x - 1 if graph.input.bits == 1 else x
    return simulate(ARCH, graph, x=x, y=np.zeros(3, np.int64), n_mc_samples=4, seed=3)


def ends(key, end):
    stem, unit = key.rsplit("_", 1)
    return f"{stem}_{end}_{unit}"


@pytest.mark.parametrize("key", RANGED)
def test_no_cost_without_its_range(result, key):
    found = result.summary
    assert found[ends(key, "low")] < found[key] < found[ends(key, "high")]


def test_every_energy_of_the_summary_has_its_range(result):
    told = [key for key in result.summary if key.endswith("_j") and "_per_" not in key]
    told = [key for key in told if "_low_" not in key and "_high_" not in key]
    assert told and all(ends(key, end) in result.summary for key in told for end in ("low", "high"))


def test_efficiency_is_the_inverse_of_the_energy_also_at_its_ends(result):
    found = result.summary
    executed = found["ops_per_j"] * found["energy_j"]
    assert found["ops_low_per_j"] * found["energy_high_j"] == pytest.approx(executed, rel=1e-3)
    assert found["ops_high_per_j"] * found["energy_low_j"] == pytest.approx(executed, rel=1e-3)
    assert found["nominal_ops_low_per_j"] < found["nominal_ops_per_j"] < found["nominal_ops_high_per_j"]


def test_writing_costs_what_the_drawn_chips_cost(result):
    """Each draw is a chip of its own: write its weights."""
    chips = build_chip(ARCH, Draws(3, N_COST_DRAWS))
    drawn_j = program_energy_j(replace(result.program, chip=chips))
    low_j, high_j = np.quantile(drawn_j, (0.05, 0.95))
    assert result.summary["program_energy_low_j"] == low_j
    assert result.summary["program_energy_high_j"] == high_j
    assert drawn_j.shape == (N_COST_DRAWS,)


def test_rows_layers_and_components_have_ranges(result):
    for table in (result.components, result.layers):
        spent = table[table["energy_j"] > 0]
        assert (spent["energy_low_j"] < spent["energy_j"]).all()
        assert (spent["energy_high_j"] > spent["energy_j"]).all()
    for part in result.summary["energy_by_component"].values():
        assert part["energy_low_j"] < part["energy_j"] < part["energy_high_j"]
    names = list(result.components.columns)
    assert names[4:7] == ["energy_j", "energy_low_j", "energy_high_j"]


def test_ranges_of_parts_are_wider_than_that_of_the_total(result):
    """Sources vary independently: what adds up at the nominal values does not at the ends."""
    parts, found = result.summary["energy_by_component"].values(), result.summary
    assert sum(part["energy_j"] for part in parts) == pytest.approx(found["energy_j"], rel=1e-12)
    assert sum(part["energy_low_j"] for part in parts) < found["energy_low_j"]
    assert sum(part["energy_high_j"] for part in parts) > found["energy_high_j"]


def test_the_same_draws_serve_every_schedule(result):
    """Runs at one seed are priced on the same chips, so that ratios are those of chips."""
    ledger = result.components
    adc = ledger[(ledger["component"] == "adc") & (ledger["action"] == "convert")]
    ends = adc["energy_low_j"] / adc["energy_j"]
    assert ends.to_numpy() == pytest.approx(ends.iloc[0], rel=1e-12)
    other = lenet_like(dropout=None)
    x = np.ones((2, *other.input.shape), np.int64)
    again = simulate(ARCH, other, x=x, y=np.zeros(2, np.int64), seed=3).components
    found = again[(again["component"] == "adc") & (again["action"] == "convert")]
    assert (found["energy_low_j"] / found["energy_j"]).to_numpy() == pytest.approx(ends.iloc[0], rel=1e-12)


def test_certain_numbers_have_no_spread():
    assert ranged("power_w", 2.0, np.full(4, 2.0)) == {
        "power_w": 2.0,
        "power_low_w": 2.0,
        "power_high_w": 2.0,
    }
