"""Laws that every method obeys, on its trained network: nothing dropped, everything dropped, many passes."""

from pathlib import Path

import numpy as np
import pytest

from cimsim.mapping.folding import fold
from cimsim.mapping.states import has_scalar_mask
from cimsim.sim.values import run_values
from cimsim.workload import build_graph, load_workload, without_dropout
from cimsim.workload.writer import to_arrays, to_spec

WORKLOADS = Path(__file__).resolve().parents[2] / "workloads"
WITH_P = ("lenet", "lenet_affine", "lenet_element", "lenet_element_redraw", "lenet_spatial")
OTHERS = ("lenet_gaussian_scale", "lenet_instances", "lenet_ensemble", "lenet_deep_ensemble")
N = 12


@pytest.fixture(scope="module")
def x():
    """Blurred noise: as many strokes as in a digit, and every class among the answers."""
    rng = np.random.default_rng(0)
    noise = rng.normal(size=(N, 1, 32, 32))
    smooth = sum(noise[..., i : i + 28, j : j + 28] for i in range(5) for j in range(5))
    return np.clip(60 * smooth - 60, 0, 255).astype(np.uint8)


def with_probability(name, p):
    """The network with another p everywhere; kept values are not rescaled where none is kept."""
    graph = load_workload(WORKLOADS / f"{name}.npz")
    spec = to_spec(graph)
    for node in spec["nodes"]:
        if "dropout" in node:
            node["dropout"]["p"] = p
            if p == 1.0 and "rescale" in node["dropout"]:
                node["dropout"]["rescale"] = False
    return build_graph(spec, to_arrays(graph))


def without_spread(name):
    """The network whose draws and members are all alike."""
    graph = load_workload(WORKLOADS / f"{name}.npz")
    arrays = to_arrays(graph)
    for node in graph.nodes:
        if node.dropout is None:
            continue
        for key, array in node.params.items():
            full = f"{node.name}.{key}"
            if node.dropout.kind == "gaussian_scale":
                arrays[full] = np.zeros_like(array) if key == "alpha_std" else array
            elif node.dropout.kind == "ensemble" or key == "weight":
                arrays[full] = np.repeat(array[:1], len(array), axis=0)
    return build_graph(to_spec(graph), arrays)


def answers(graph, x, n_mc_samples, seed=0):
    return run_values(graph, fold(graph), x, n_mc_samples=n_mc_samples, seed=seed).probabilities


@pytest.mark.parametrize("name", WITH_P)
def test_p_of_zero_is_the_single_pass_bit_for_bit(name, x):
    graph = with_probability(name, 0.0)
    single = without_dropout(load_workload(WORKLOADS / f"{name}.npz"))
    np.testing.assert_array_equal(answers(graph, x, 3), answers(single, x, 1))


@pytest.mark.parametrize("name", OTHERS)
def test_draws_without_spread_are_the_single_pass_bit_for_bit(name, x):
    single = without_dropout(load_workload(WORKLOADS / f"{name}.npz"))
    np.testing.assert_array_equal(answers(without_spread(name), x, 3), answers(single, x, 1))


@pytest.mark.parametrize("name", ["lenet", "lenet_affine"])
def test_p_of_one_is_the_network_of_unit_gains(name, x):
    single = without_dropout(load_workload(WORKLOADS / f"{name}.npz"))
    arrays, dropped = to_arrays(single), load_workload(WORKLOADS / f"{name}.npz").stochastic_nodes
    for node in dropped:
        arrays[f"{node.name}.gamma"] = np.ones_like(node.params["gamma"])
        if name == "lenet_affine":
            arrays[f"{node.name}.beta"] = np.zeros_like(node.params["beta"])
    unit = build_graph(to_spec(single), arrays)
    np.testing.assert_array_equal(answers(with_probability(name, 1.0), x, 3), answers(unit, x, 1))
    assert (answers(unit, x, 1) != answers(single, x, 1)).any()


@pytest.mark.parametrize("name", ["lenet_element", "lenet_element_redraw", "lenet_spatial"])
def test_p_of_one_leaves_nothing_of_the_image(name, x):
    graph = with_probability(name, 1.0)
    norm = graph.node("bn4").params
    logits = norm["gamma"] * (0.0 - norm["mean"]) / np.sqrt(norm["var"] + 1e-5) + norm["beta"]
    expected = np.exp(logits - logits.max()) / np.exp(logits - logits.max()).sum()
    np.testing.assert_allclose(answers(graph, x, 2), np.tile(expected, (N, 1)), rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", [*WITH_P, "lenet_gaussian_scale", "lenet_instances"])
def test_passes_converge_as_one_over_the_root_of_their_number(name, x):
    """The deviation of 4 passes from the truth is 4 times that of 64, within what 96 numbers can tell.

    The truth is every mask, or 1024 passes of another seed where masks have a bit per value. Images differ,
    and each of the 12 answers has a few large classes: an estimate of the ratio of two root mean squares from
    about 30 independent numbers is good to a quarter. No convergence gives 1, 1/T gives 16.
    """
    graph = load_workload(WORKLOADS / f"{name}.npz")
    is_scalar = all(has_scalar_mask(node) for node in graph.stochastic_nodes)
    truth = answers(graph, x, "exact" if is_scalar else 1024, seed=9)
    few, many = (
        np.sqrt(np.mean([(answers(graph, x, t, seed) - truth) ** 2 for seed in range(3)])) for t in (4, 64)
    )
    assert few / many == pytest.approx(4.0, rel=0.4)


def test_members_in_turn_converge_at_once(x):
    for name in ("lenet_ensemble", "lenet_deep_ensemble"):
        graph = load_workload(WORKLOADS / f"{name}.npz")
        np.testing.assert_allclose(answers(graph, x, 4), answers(graph, x, "exact"), rtol=0, atol=1e-12)
