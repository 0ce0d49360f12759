"""One source at a time: the tornado against runs with that source set by hand."""

from pathlib import Path

import numpy as np
import pytest
from hand_chip import lenet_like

from cimsim.arch import load_arch
from cimsim.sim.run import simulate

STT = Path(__file__).parents[3] / "arch_configs" / "stt_mram.yaml"


def run(*overrides):
    graph = lenet_like()
    x = np.ones((2, *graph.input.shape), np.int64)
    return simulate(load_arch(STT, overrides), graph, x=x, y=np.zeros(2, np.int64), n_mc_samples=3, seed=1)


@pytest.fixture(scope="module")
def result():
    return run()


def test_every_source_stands_there_once_the_widest_first(result):
    table = result.sources
    assert set(table["path"]) == set(result.program.chip.spec.quantities) and table["path"].is_unique
    swing = (table["energy_high_j"] - table["energy_low_j"]).abs()
    assert (swing.diff().dropna() <= 0).all() and swing.iloc[0] > 0.1 * result.summary["energy_j"]
    assert (table["low"] <= table["value"]).all() and (table["value"] <= table["high"]).all()


@pytest.mark.parametrize("rank", [0, 1, 5])
@pytest.mark.parametrize("end", ["low", "high"])
def test_the_energy_at_an_end_is_that_of_a_chip_with_that_number(result, rank, end):
    row = result.sources.iloc[rank]
    given = f"{{value: {float(row[end])!r}, grade: assumed, source: test}}"
    found = run(f"{row['path']}={given}").summary["energy_j"]
    assert row[f"energy_{end}_j"] == pytest.approx(found, rel=1e-12)


def test_what_is_not_built_or_only_takes_time_changes_nothing(result):
    table = result.sources.set_index("path")
    for path in (
        "chip.smtj_unit.bias_current_a",
        "tile.macro.adc.bit_latency_s",
        "chip.digital_mac.leakage_w",
    ):
        assert table.loc[path, "energy_low_j"] == table.loc[path, "energy_high_j"]
        assert table.loc[path, "energy_low_j"] == pytest.approx(result.summary["energy_j"], rel=1e-12)
