"""What each source of random bits makes of the same network, from the architecture file to the masks."""

import numpy as np
from hand_chip import lenet_like, with_levels

import cimsim
from cimsim.arch import build_chip
from cimsim.sim.values import run_values
from cimsim.workload import build_graph

STT = "arch_configs/stt_mram.yaml"
N_IMAGES, N_PASSES = 60, 40
Z = 4.5


def masks_with(*overrides):
    graph = lenet_like(bits=1)
    x = np.ones((N_IMAGES, 1, 8, 8), np.int8)
    arch = cimsim.load_arch(STT, list(overrides))
    result = cimsim.simulate(arch, graph, x=x, y=np.zeros(N_IMAGES, int), n_mc_samples=N_PASSES, seed=4)
    return result.predictions.masks.astype(float)


def memory(masks, p):
    bits = masks.reshape(-1) - p
    return (bits[1:] * bits[:-1]).mean() / (p * (1 - p))


def test_a_comparator_of_two_bits_turns_three_tenths_into_a_quarter():
    n = N_IMAGES * N_PASSES * 3
    level = build_chip(cimsim.load_arch(STT)).probability(0.3)
    assert 0 < abs(level - 0.3) < 0.02  # a level of the converter is next to it, not on it
    for source, p in (("mtj", level), ("lfsr", 0.25)):
        masks = masks_with(f"chip.random_source={source}", "chip.lfsr_unit.bits=2")
        assert abs(masks.mean() - p) < Z * np.sqrt(p * (1 - p) / n)
        assert abs(memory(masks, p)) < Z / np.sqrt(n)


def test_a_junction_that_is_read_too_soon_repeats_itself_from_layer_to_layer():
    """Sampled after its autocorrelation time: a correlation of 1/e, and p as it should be."""
    masks = masks_with("chip.random_source=smtj", "chip.smtj_unit.sample_interval_s=5 ns")
    p = build_chip(cimsim.load_arch(STT, ["chip.random_source=smtj"])).probability(0.3)
    rho = np.exp(-1.0)
    n = masks.size * (1 - rho) / (1 + rho)
    assert abs(masks.mean() - p) < Z * np.sqrt(p * (1 - p) / n)
    assert abs(memory(masks, p) - rho) < Z * 2 / np.sqrt(n)


def test_kept_values_are_divided_as_designed():
    """The network was trained with 1 - p; that its source rounds p changes no divisor."""
    drop = {"dropout": {"kind": "element", "p": 0.2, "rescale": True}}
    spec = {"format": "cimsim-workload/1", "name": "kept", "task": "classification", "output": "out",
            "input": {"shape": [4], "bits": 1}, "nodes": [
                {"name": "fc", "op": "linear", "inputs": ["input"]},
                {"name": "act", "op": "sign", "inputs": ["fc"], **drop},
                {"name": "out", "op": "linear", "inputs": ["act"]}]}  # fmt: skip
    ones = np.ones((4, 4), np.int8)
    graph = build_graph(spec, {"fc.weight": ones, "out.weight": ones[:2]})
    coarse = with_levels(graph, 4)
    assert coarse.node("act").dropout.p == 0.25
    assert coarse.divisors["act"] == graph.divisors["act"] == 0.8


def test_real_values_too_are_divided_as_designed():
    """Each kept sum is over 0.7, whatever the source makes of p = 0.3."""
    drop = {"dropout": {"kind": "element", "p": 0.3, "rescale": True}}
    spec = {"format": "cimsim-workload/1", "name": "kept", "task": "regression", "output": "fc",
            "input": {"shape": [3], "bits": 1},
            "nodes": [{"name": "fc", "op": "linear", "inputs": ["input"], **drop}]}  # fmt: skip
    graph = build_graph(spec, {"fc.weight": np.ones((2, 3), np.int8)})
    x = np.ones((50, 3), np.int8)
    for used in (graph, with_levels(graph, 4)):
        found = run_values(used, {}, x, n_mc_samples=1).probabilities
        assert set(np.unique(found)) == {0.0, 3 / 0.7}
