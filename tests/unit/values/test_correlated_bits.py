"""Bits of a source that remembers: the stationary telegraph process, whoever asks and however it is cut."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cimsim.circuits.bit_source import BitSource
from cimsim.sim.element_masks import ElementMasks
from cimsim.sim.kernels.pack import pack_flags, unpack_flags
from cimsim.sim.kernels.repeat import NEVER, repeat_outcomes
from cimsim.sim.masks import draw
from cimsim.workload import build_graph

Z = 4.5  # a test of this size fails by chance once in 150,000 seeds; the seed is fixed


def network(kind, p=0.3, n=64, n_layers=1):
    nodes, arrays, source = [], {}, "input"
    for k in range(n_layers):
        drop = {"dropout": {"kind": kind, "p": p}}
        nodes += [
            {"name": f"fc{k}", "op": "linear", "inputs": [source]},
            {"name": f"bn{k}", "op": "batchnorm", "inputs": [f"fc{k}"], **(drop if kind == "scale" else {})},
            {"name": f"act{k}", "op": "sign", "inputs": [f"bn{k}"], **({} if kind == "scale" else drop)},
        ]
        arrays |= {f"fc{k}.weight": np.ones((n, n), np.int8)}
        arrays |= {f"bn{k}.{key}": np.ones(n) for key in ("gamma", "beta", "mean", "var")}
        source = f"act{k}"
    nodes.append({"name": "out", "op": "linear", "inputs": [source]})
    spec = {"format": "cimsim-workload/1", "name": kind, "task": "classification", "nodes": nodes,
            "input": {"shape": [n], "bits": 1}, "output": "out"}  # fmt: skip
    return build_graph(spec, {**arrays, "out.weight": np.ones((3, n), np.int8)})


def one_by_one(fresh, copies, n_modules):
    """All bits ever drawn, in order: module i % n_modules draws bit i, or keeps what it drew last."""
    found = []
    for i, (bit, is_copy) in enumerate(zip(fresh, copies, strict=True)):
        found.append(found[i - n_modules] if is_copy and i >= n_modules else bit)
    return np.array(found, bool)


@settings(max_examples=80, deadline=None, derandomize=True)
@given(
    n_channels=st.integers(1, 140),
    n_modules=st.integers(1, 300),
    cuts=st.lists(st.integers(0, 9), min_size=1, max_size=4),
    share=st.floats(0, 1),
    seed=st.integers(0, 2**32),
)
def test_copies_are_what_the_module_drew_before_however_it_is_cut(n_channels, n_modules, cuts, share, seed):
    rng = np.random.default_rng(seed)
    shape = (sum(cuts), n_channels)
    fresh, copies = rng.random(shape) < 0.5, rng.random(shape) < share
    wanted = one_by_one(fresh.ravel(), copies.ravel(), n_modules).reshape(shape)
    held, n_before = np.full(n_modules, NEVER), 0
    for end in np.cumsum(cuts):
        rows = slice(n_before // n_channels, end)
        words = pack_flags(fresh[rows])
        repeat_outcomes(words, pack_flags(copies[rows]), n_channels, held, n_before)
        np.testing.assert_array_equal(unpack_flags(words, n_channels), wanted[rows])
        n_before = int(end) * n_channels


@pytest.mark.parametrize("rho", [0.3, 0.8])
@pytest.mark.parametrize(("n_layers", "n_units"), [(1, 1), (3, 1), (3, 4)])
def test_bits_of_shared_units_have_the_mean_and_the_memory_they_should(rho, n_layers, n_units):
    n_images, n_passes, p = 2000, 20 // n_layers, 0.3
    source = BitSource(correlation=rho, n_units=n_units)
    masks = draw(network("scale", p, 4, n_layers), n_images, n_passes, seed=3, source=source)
    bits = masks.reshape(-1).astype(float)  # image, pass, layer: the order in which the units take turns
    check(bits.reshape(-1, n_units), p, rho)


def test_units_that_do_not_share_out_evenly_leave_no_bit_out():
    graph, source = network("scale", n_layers=3), BitSource(correlation=0.9, n_units=7)
    masks = draw(graph, 11, 2, 1, source)
    assert masks.shape == (11, 2, 3) and set(masks.ravel()) == {0, 1}
    np.testing.assert_array_equal(masks[:4], draw(graph, 4, 2, 1, source))


@pytest.mark.parametrize("rho", [0.3, 0.8])
def test_bits_of_a_module_have_the_mean_and_the_memory_they_should(rho):
    graph, p, n = network("element"), 0.3, 4000
    words = ElementMasks(graph, 5, BitSource(correlation=rho)).kept(graph.node("act0"), n, (1, 1, 64))
    kept = np.unpackbits(words.reshape(n, 1).view(np.uint8), axis=-1, bitorder="little").astype(float)
    check(1.0 - kept, p, rho)


def check(bits, p, rho):
    """Axis 0 is time, axis 1 counts independent modules; n correlated bits count as n (1-rho)/(1+rho)."""
    n = bits.size * (1 - rho) / (1 + rho)
    assert abs(bits.mean() - p) < Z * np.sqrt(p * (1 - p) / n)
    centered = bits - p
    for lag in (1, 2, 3):
        found = (centered[lag:] * centered[:-lag]).mean() / (p * (1 - p))
        assert abs(found - rho**lag) < Z * 2 / np.sqrt(n)


def test_a_module_a_word_line_draws_every_ninth_position_of_its_channel():
    """Behind the maps stands a 3 x 3 kernel: nine modules a channel take turns, each with its own memory."""
    c, rho, p = 64, 0.8, 0.3
    nodes = [
        {"name": "act", "op": "sign", "inputs": ["input"], "dropout": {"kind": "element", "p": p}},
        {"name": "conv", "op": "conv2d", "inputs": ["act"]},
        {"name": "sign", "op": "sign", "inputs": ["conv"]},
        {"name": "flat", "op": "flatten", "inputs": ["sign"]},
        {"name": "out", "op": "linear", "inputs": ["flat"]},
    ]
    spec = {"format": "cimsim-workload/1", "name": "n", "task": "classification", "nodes": nodes,
            "input": {"shape": [c, 6, 6], "bits": 1}, "output": "out"}  # fmt: skip
    arrays = {"conv.weight": np.ones((1, c, 3, 3), np.int8), "out.weight": np.ones((2, 16), np.int8)}
    graph = build_graph(spec, arrays)
    words = ElementMasks(graph, 5, BitSource(correlation=rho)).kept(graph.node("act"), 150, (6, 6, c))
    check(1.0 - unpack_flags(words, c).reshape(-1, 9 * c), p, rho)


@pytest.mark.parametrize("kind", ["element", "spatial"])
def test_memory_reaches_over_the_edges_of_chunks(kind):
    graph = network(kind)
    node = graph.node("act0")
    source = BitSource(correlation=0.6)
    whole = ElementMasks(graph, 1, source).kept(node, 40, (1, 1, 64))
    cut = ElementMasks(graph, 1, source)
    parts = np.concatenate([cut.kept(node, n, (1, 1, 64)) for n in (7, 1, 32)])
    np.testing.assert_array_equal(parts, whole)


@pytest.mark.parametrize("kind", ["scale", "element"])
def test_without_memory_bits_are_the_independent_ones(kind):
    graph = network(kind)
    if kind == "scale":
        source = BitSource(correlation=0.7)
        np.testing.assert_array_equal(draw(graph, 50, 4, 9, BitSource(n_levels=16)), draw(graph, 50, 4, 9))
        assert (draw(graph, 50, 4, 9, source) != draw(graph, 50, 4, 9)).any()
        np.testing.assert_array_equal(draw(graph, 50, 4, 9, source)[:20], draw(graph, 20, 4, 9, source))
    else:
        node = graph.node("act0")
        plain, none = ElementMasks(graph, 9), ElementMasks(graph, 9, BitSource(n_levels=16))
        np.testing.assert_array_equal(plain.kept(node, 9, (1, 1, 64)), none.kept(node, 9, (1, 1, 64)))
