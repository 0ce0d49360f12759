"""Every method, trained briefly: the simulator's passes are those of PyTorch on the same masks."""

import dataclasses
from functools import cache

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs torch: pip install 'cimsim[train]'")
pytest.importorskip("sklearn", reason="needs scikit-learn: pip install 'cimsim[data]'")

from naive.watched import Recorded, Watched, unpack  # noqa: E402
from torch.nn import functional  # noqa: E402

from cimsim.mapping.folding import fold  # noqa: E402
from cimsim.mapping.states import scalar_nodes  # noqa: E402
from cimsim.sim.network import Network  # noqa: E402
from cimsim.sim.values import run_values  # noqa: E402
from cimsim.train.evaluate import answers, exact_copy, mask_probabilities  # noqa: E402
from cimsim.train.export import export  # noqa: E402
from cimsim.train.fit import build_network, fit, reproducible  # noqa: E402
from cimsim.train.methods import METHODS  # noqa: E402
from cimsim.train.recipes import RECIPES, Convolution  # noqa: E402
from cimsim.train.sources import load_training_data  # noqa: E402
from cimsim.workload import build_graph, with_bits_redrawn  # noqa: E402

SMALL = dataclasses.replace(
    RECIPES["digits"],
    convolutions=(Convolution(6, kernel=3, pool=2), Convolution(9, kernel=3, padding=1)),
    hidden=(12,),
    epochs=3,
)
SEED = 3
N = 40
SCALAR = ("scale", "affine", "instances", "ensemble")
TOLERANCE = 1e-9  # a sign that differs anywhere moves a logit by a thousand million times this


@cache
def trained(method):
    """The network, its graph, and test images as pixels and as codes."""
    network = build_network(SMALL, method, seed=SEED)
    data = load_training_data("digits", None)
    with reproducible():
        losses = [loss for loss, _ in fit(network, SMALL, data.train, seed=SEED)]
    assert losses[-1] < losses[0]
    pixels = data.tests["digits"][0][:N]
    return network, build_graph(*export(network, SMALL, method, {})), pixels


def simulated(graph, pixels, n_mc_samples):
    return run_values(graph, fold(graph), pixels.astype(np.int64), n_mc_samples=n_mc_samples, seed=SEED)


@pytest.mark.parametrize("method", SCALAR)
def test_passes_with_one_number_a_layer_are_those_of_torch(method):
    network, graph, pixels = trained(method)
    masks = mask_probabilities(network, pixels)
    counts = [len(block.chance.probabilities) for block in network.chain]
    counts = [count for count in counts if count > 1]
    assert len(counts) == len(scalar_nodes(graph))
    values = simulated(graph, pixels, 1)
    states = values.masks[:, 0].astype(int)
    strides = [0] * len(counts) if method == "ensemble" else np.cumprod([1, *counts[:-1]])
    index = states[:, 0] if method == "ensemble" else states @ strides
    assert len(set(index)) > 1 or method == "ensemble"
    expected = masks[index, np.arange(N)]
    np.testing.assert_allclose(values.probabilities, expected, rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("method", SCALAR)
def test_exact_answers_are_the_weighted_masks_of_torch(method):
    network, graph, pixels = trained(method)
    masks = mask_probabilities(network, pixels)
    weights = np.ones(1)
    for block in network.chain:
        weights = np.outer(np.asarray(block.chance.probabilities), weights).ravel()
    if method == "ensemble":
        weights = np.full(len(masks), 1 / len(masks))
    exact = simulated(graph, pixels, "exact").probabilities
    np.testing.assert_allclose(exact, np.tensordot(weights, masks, axes=1), rtol=0, atol=TOLERANCE)


def test_without_dropout_the_simulator_gives_the_answers_of_torch():
    network, graph, pixels = trained("deterministic")
    expected = answers(network, pixels, (1,), SEED)["deterministic"]
    np.testing.assert_allclose(simulated(graph, pixels, 5).probabilities, expected, rtol=0, atol=TOLERANCE)


def watched(graph, pixels):
    """One pass of the simulator: the masks it drew, and the tensors that it kept."""
    network = Network(graph, fold(graph), SEED)
    network.element_masks = recorded = Recorded(graph, SEED)
    chunk = Watched(network, pixels.astype(np.int64), np.zeros((N, 1, 0), np.uint8))
    chunk.run()
    return recorded, {name: tensor.real() for name, (tensor, _) in chunk.seen.items()}


@torch.no_grad()
def check_against_torch(network, graph, pixels, seen, passes):
    """Signs of every hidden layer are equal, probabilities within the tolerance.

    ``passes(index, x)`` gives the values of the sums of layer ``index`` and the state of its mask.
    """
    x = torch.tensor(pixels, dtype=torch.float32)
    for index, block in enumerate(exact_copy(network).chain):
        values, state = passes(index, x)
        x = block.finish(values, state)
        if block.sign:
            np.testing.assert_array_equal(np.sign(seen[f"sign{index + 1}"]), x.numpy())
    expected = torch.softmax(x, dim=-1).numpy()
    np.testing.assert_allclose(simulated(graph, pixels, 1).probabilities, expected, rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("method", ["element", "spatial"])
def test_passes_that_zero_values_are_those_of_torch(method):
    network, graph, pixels = trained(method)
    recorded, seen = watched(graph, pixels)
    exact = exact_copy(network)

    def passes(index, x):
        if index == len(exact.chain) - 1:
            return exact.values(index, x), None
        flags = np.moveaxis(unpack(*recorded.flags[f"sign{index + 1}"]), -1, 1).astype(float)
        assert 0.5 < flags.mean() < 0.95
        shape = exact.chain[index].shape
        flags = flags.reshape(N, *shape) if flags[0].size == np.prod(shape) else flags
        return exact.values(index, x), torch.from_numpy(flags)

    check_against_torch(network, graph, pixels, seen, passes)


def test_passes_with_gaussian_scales_are_those_of_torch():
    network, graph, pixels = trained("gaussian_scale")
    recorded, seen = watched(graph, pixels)
    exact = exact_copy(network)

    def passes(index, x):
        if index == len(exact.chain) - 1:
            return exact.values(index, x), None
        params = graph.node(f"scale{index + 1}").params
        drawn = (recorded.normals[f"scale{index + 1}"] - params["alpha"]) / params["alpha_std"]
        return exact.values(index, x), torch.from_numpy(drawn)

    check_against_torch(network, graph, pixels, seen, passes)


def test_passes_that_redraw_word_lines_are_those_of_torch():
    network, graph, pixels = trained("element")
    graph = with_bits_redrawn(graph, "redrawn")
    recorded, seen = watched(graph, pixels)
    exact = exact_copy(network)

    def passes(index, x):
        if index == 0:
            return exact.values(0, x), None
        node, mac = graph.mac_nodes[index], exact.chain[index].mac
        flags = recorded.redraws[node.name]
        (height, width), channels = flags.shape[3:5], graph.shapes[node.inputs[0]][0]
        if node.op == "linear":
            kept = unpack(flags[:, 0, 0], channels // (height * width)).transpose(0, 3, 1, 2)
            driven = x.reshape(N, -1) * torch.from_numpy(kept.reshape(N, -1))
            return exact.values(index, driven), None
        kept = unpack(flags, channels).transpose(0, 5, 3, 4, 1, 2).reshape(N, channels * 9, -1)
        windows = functional.unfold(x, 3, padding=1) * torch.from_numpy(kept)
        sums = (mac.signs().flatten(1).double() @ windows).view(N, *exact.chain[index].shape)
        return sums * exact.gains[index], None

    check_against_torch(network, graph, pixels, seen, passes)


@pytest.mark.parametrize("method", [name for name, method in METHODS.items() if method.kind])
def test_nothing_dropped_is_a_pass_of_its_own_and_passes_differ(method):
    network, _, pixels = trained(method)
    found = answers(network, pixels, (1, 8), SEED)
    assert list(found) == ["deterministic", "T=1", "T=8"]
    assert not np.array_equal(found["deterministic"], found["T=8"])
    for probabilities in found.values():
        np.testing.assert_allclose(probabilities.sum(axis=1), 1.0, rtol=0, atol=1e-12)
