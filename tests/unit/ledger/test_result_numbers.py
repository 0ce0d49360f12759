"""Numbers of a result, recomputed by hand or from its other parts."""

from pathlib import Path

import numpy as np
import pytest
from hand_chip import hand_chip, lenet_like

from cimsim.arch import build_chip, load_arch
from cimsim.arch.quantity import Draws
from cimsim.mapping.folding import fold
from cimsim.mapping.mapper import map_network
from cimsim.reporting.breakdown import energy_by_component
from cimsim.sim.analog_layer import array_chip
from cimsim.sim.counts import ArrayUse
from cimsim.sim.instances import as_drawn
from cimsim.sim.ledger import book
from cimsim.sim.price import N_COST_DRAWS
from cimsim.sim.ranges import draw_costs
from cimsim.sim.run import simulate
from cimsim.sim.tables import layer_table
from cimsim.sim.timing import run_time
from cimsim.sim.values import run_values
from cimsim.workload import build_graph

ARCH = load_arch(Path(__file__).resolve().parents[3] / "arch_configs" / "stt_mram.yaml")
SIGNS = np.array([-1, 1], np.int8)


def inputs(graph, n=6):
    x = np.random.default_rng(0).integers(0, 2**graph.input.bits, (n, *graph.input.shape))
    return x if graph.input.bits > 1 else 2 * x - 1


def run(graph, **options):
    x = inputs(graph)
    return simulate(ARCH, graph, x=x, y=np.arange(len(x)) % 4, **options)


@pytest.fixture(scope="module")
def result():
    return run(lenet_like(), n_mc_samples=8, seed=5)


def two_layers():
    """Four signs -> four -> two: one step, one conversion and one bit a lane on the hand-made chip."""
    nodes = [
        {"name": "fc1", "op": "linear", "inputs": ["input"]},
        {"name": "act", "op": "sign", "inputs": ["fc1"]},
        {"name": "fc2", "op": "linear", "inputs": ["act"]},
    ]
    spec = {"format": "cimsim-workload/1", "name": "two", "task": "classification", "nodes": nodes,
            "input": {"shape": [4], "bits": 1}, "output": "fc2"}  # fmt: skip
    arrays = {"fc1.weight": np.ones((4, 4), np.int8), "fc2.weight": np.ones((2, 4), np.int8)}
    return build_graph(spec, arrays)


def test_the_latency_of_a_layer_by_hand():
    program = map_network(two_layers(), hand_chip())
    times = run_time(program, np.zeros((1, 3, 0), np.uint8), "sequential")
    uses = {name: ArrayUse(8.0, 8.0, 4.0) for name in program.placements}
    ledger = book(program, times, uses, {})
    table = layer_table(program, times, ledger, draw_costs(program, ledger, times.latency_s), {})
    found = table.set_index("layer")["latency_s"]
    fetch, wordlines, read, convert, compare, move, average = 1, 2, 3, 4, 1, 1, 2
    by_hand_ns = {
        "input": 1,
        "fc1": fetch + wordlines + read + convert + compare + move,
        "fc2": fetch + wordlines + read + convert + move,
        "output": average,
    }
    assert found.drop("chip").to_dict() == pytest.approx({k: 3e-9 * ns for k, ns in by_hand_ns.items()})
    assert found["chip"] == times.latency_s == pytest.approx(3e-9 * sum(by_hand_ns.values()))


def test_each_layer_takes_a_part_of_the_latency(result):
    latency = result.layers["latency_s"]
    assert (latency > 0).all() and (latency <= result.summary["latency_s"]).all()


def test_the_table_says_what_folded_and_into_how_many_thresholds(result):
    table = result.layers.set_index("layer")
    assert table["folded"][["co1", "co2", "li3", "fc"]].tolist() == [
        "bn1+act1+pool1",
        "bn2+act2",
        "bn3+act3",
        "",
    ]
    assert table["n_thresholds"].to_dict() == {
        "input": 0, "co1": 2 * 5, "co2": 2 * 7, "li3": 2 * 20, "fc": 0, "output": 0, "chip": 0,
    }  # fmt: skip


def test_the_range_of_the_energy_is_that_of_the_drawn_sources(result):
    chip, total = build_chip(ARCH, Draws(5, N_COST_DRAWS)), np.zeros(N_COST_DRAWS)
    for row in result.components.itertuples():
        component = chip.components[row.component]
        if row.action == "leakage":
            total += row.count * result.summary["latency_s"] * component.leakage_w
        elif row.action != "area":
            total += row.count * component.actions[row.action].energy_j
    low, high = np.quantile(total, (0.05, 0.95))
    assert result.summary["energy_low_j"] == pytest.approx(low, rel=1e-12)
    assert result.summary["energy_high_j"] == pytest.approx(high, rel=1e-12)
    assert list(result.summary["energy_by_component"]) == list(energy_by_component(result.components))
    assert np.quantile(total, 0.2) > 1.01 * low and np.quantile(total, 0.8) < 0.99 * high


def test_the_predictive_entropy_is_that_of_the_averaged_probabilities(result):
    p = result.predictions.probabilities
    expected = -np.sum(p * np.log(p, where=p > 0, out=np.zeros_like(p)), axis=1)
    np.testing.assert_allclose(result.predictions.predictive_entropy_nats, expected, rtol=1e-12, atol=1e-15)
    assert result.summary["predictive_entropy_nats"] == pytest.approx(expected.mean())
    program = result.program
    values = run_values(program.graph, program.folds, inputs(program.graph), n_mc_samples=8, seed=5)
    assert expected.mean() > 1.01 * values.expected_entropy_nats.mean()


def ensemble(n_members):
    rng = np.random.default_rng(0)
    nodes = [{"name": "fc", "op": "linear", "inputs": ["input"], "dropout": {"kind": "ensemble"}}]
    spec = {"format": "cimsim-workload/1", "name": "e", "task": "classification", "nodes": nodes,
            "input": {"shape": [6], "bits": 1}, "output": "fc"}  # fmt: skip
    return build_graph(spec, {"fc.weight": rng.choice(SIGNS, (n_members, 4, 6))})


@pytest.mark.parametrize("n_passes", [1, 2, 4, 20])
def test_an_ensemble_that_is_averaged_unevenly_is_announced(n_passes):
    rule = "is no multiple of the 3 members of the ensemble: they count unequally"
    assert run(ensemble(3), n_mc_samples=n_passes).summary["warnings"] == [f"T = {n_passes} {rule}"]


@pytest.mark.parametrize("n_passes", [None, 3, 6, "exact"])
def test_an_ensemble_that_is_averaged_evenly_is_not(n_passes):
    assert not any("members" in text for text in run(ensemble(3), n_mc_samples=n_passes).summary["warnings"])


def test_mutual_information_is_what_the_masks_account_for(result):
    graph = as_drawn(lenet_like(), result.program.chip)
    arrays = array_chip(result.program, "sequential", "statistical", 5, 0)
    values = run_values(graph, fold(graph), inputs(graph), n_mc_samples=8, seed=5, arrays=arrays)
    expected = result.predictions.predictive_entropy_nats - values.expected_entropy_nats
    np.testing.assert_allclose(result.predictions.mutual_information_nats, expected, atol=1e-12)
    assert expected.max() > 0.01
    assert result.summary["mutual_information_nats"] == pytest.approx(expected.mean())
    certain = run(lenet_like(dropout=None)).predictions
    assert (certain.mutual_information_nats < 1e-12).all() and (certain.mutual_information_nats >= 0).all()
