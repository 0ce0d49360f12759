"""Factors of `gaussian_scale`: a normal distribution about alpha, one stream however it is cut."""

import numpy as np
import pytest
from scipy import stats

from cimsim.circuits.bit_source import BitSource
from cimsim.sim.element_masks import ElementMasks
from cimsim.workload import build_graph

ALPHA, STD = np.array([2.0, -1.0, 0.5]), np.array([0.5, 0.1, 0.0])
N = 20_000
Z = 5.0  # a test of this size fails by chance once in a million seeds; the seed is fixed


@pytest.fixture
def graph():
    nodes = [
        {"name": "fc", "op": "linear", "inputs": ["input"]},
        {"name": "gain", "op": "scale", "inputs": ["fc"], "dropout": {"kind": "gaussian_scale"}},
    ]
    spec = {"format": "cimsim-workload/1", "name": "g", "task": "regression", "nodes": nodes,
            "input": {"shape": [2], "bits": 1}, "output": "gain"}  # fmt: skip
    arrays = {"fc.weight": np.ones((3, 2), np.int8), "gain.alpha": ALPHA, "gain.alpha_std": STD}
    return build_graph(spec, arrays)


def test_factors_are_normal_about_alpha(graph):
    drawn = ElementMasks(graph, seed=7).alphas(graph.node("gain"), N)
    assert drawn.shape == (N, 3)
    np.testing.assert_array_equal(drawn[:, 2], ALPHA[2])
    z = (drawn[:, :2] - ALPHA[:2]) / STD[:2]
    assert (np.abs(z.mean(axis=0)) < Z / np.sqrt(N)).all()
    assert (np.abs((z > 0).mean(axis=0) - 0.5) < Z * 0.5 / np.sqrt(N)).all()
    assert (np.abs((z**2).mean(axis=0) - 1.0) < Z * np.sqrt(2 / N)).all()
    assert (np.abs((z**3).mean(axis=0)) < Z * np.sqrt(15 / N)).all()
    assert abs((z[:, 0] * z[:, 1]).mean()) < Z / np.sqrt(N)


def test_factors_do_not_depend_on_how_they_are_cut(graph):
    node, whole, cut = graph.node("gain"), ElementMasks(graph, 1), ElementMasks(graph, 1)
    parts = [cut.alphas(node, n) for n in (3, 1, 6)]
    np.testing.assert_array_equal(np.concatenate(parts), whole.alphas(node, 10))
    assert (whole.alphas(node, 10) != ElementMasks(graph, 2).alphas(node, 10))[:, :2].all()


def test_numbers_of_a_chip_are_sums_of_sixteen_fair_bits(graph):
    """17 levels, half a deviation apart, with the weights of the binomial distribution."""
    drawn = ElementMasks(graph, 7, BitSource(normal_bits=16)).alphas(graph.node("gain"), N)
    z = np.rint(2 * (drawn[:, 0] - ALPHA[0]) / STD[0]).astype(int)
    np.testing.assert_allclose(drawn[:, 0], ALPHA[0] + STD[0] * z / 2)
    share = np.bincount(z + 8, minlength=17) / N
    wanted = stats.binom.pmf(np.arange(17), 16, 0.5)
    assert (np.abs(share - wanted) < Z * np.sqrt(wanted / N) + 1e-12).all()
