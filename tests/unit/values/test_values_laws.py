"""Laws of Monte-Carlo dropout that every run obeys."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from naive.graphs import ELEMENTWISE, random_graph, random_images, random_spec

from cimsim.mapping.folding import fold
from cimsim.mapping.randomness import random_bits
from cimsim.mapping.states import scalar_nodes
from cimsim.sim.masks import enumerate_masks
from cimsim.sim.values import run_values
from cimsim.workload import build_graph

SEEDS = st.integers(0, 2**32 - 1)


def run(graph, x, n_mc_samples, seed=0, **options):
    return run_values(graph, fold(graph), x, n_mc_samples=n_mc_samples, seed=seed, **options)


def without_dropout(spec, arrays, is_dropped):
    """The deterministic network: every scale and shift kept, or every one dropped."""
    nodes, arrays = [dict(node) for node in spec["nodes"]], dict(arrays)
    for node in nodes:
        kind = node.pop("dropout", {}).get("kind")
        dropped_alpha = arrays.pop(f"{node['name']}.dropped_alpha", None)
        for key in {
            "scale": ["alpha"] if node["op"] == "scale" else ["gamma"],
            "affine": ["gamma", "beta"],
        }.get(kind, []):
            array = f"{node['name']}.{key}"
            dropped = np.full(len(arrays[array]), 0.0 if key == "beta" else 1.0)
            if is_dropped:
                arrays[array] = dropped if dropped_alpha is None else dropped_alpha
    return build_graph({**spec, "nodes": nodes}, arrays)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(SEEDS)
def test_p_of_zero_is_the_deterministic_network(seed):
    spec, arrays = random_spec(seed, kinds=("scale", "affine", *ELEMENTWISE), probabilities=(0.0,))
    graph, plain = build_graph(spec, arrays), without_dropout(spec, arrays, is_dropped=False)
    x = random_images(graph, 3, seed)
    stochastic, deterministic = run(graph, x, 7), run(plain, x, 1)
    np.testing.assert_array_equal(stochastic.probabilities, deterministic.probabilities)
    assert not any(random_bits(graph, node) for node in graph.nodes)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(SEEDS)
def test_p_of_one_is_the_dropped_network(seed):
    spec, arrays = random_spec(seed, kinds=("scale", "affine"), probabilities=(1.0,))
    graph, dropped = build_graph(spec, arrays), without_dropout(spec, arrays, is_dropped=True)
    x = random_images(graph, 3, seed)
    np.testing.assert_array_equal(run(graph, x, 7).probabilities, run(dropped, x, 1).probabilities)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(SEEDS, st.integers(1, 4))
def test_chunks_change_nothing(seed, chunk_images):
    graph = random_graph(seed)
    x = random_images(graph, 5, seed)
    whole, parts = run(graph, x, 3, seed), run(graph, x, 3, seed, chunk_images=chunk_images)
    np.testing.assert_array_equal(whole.probabilities, parts.probabilities)
    np.testing.assert_array_equal(whole.expected_entropy_nats, parts.expected_entropy_nats)
    np.testing.assert_array_equal(whole.low_confidence, parts.low_confidence)
    np.testing.assert_array_equal(whole.passes.mean(), parts.passes.mean())
    for name, activity in whole.activities.items():
        for field, total in vars(activity).items():
            np.testing.assert_array_equal(total, getattr(parts.activities[name], field))


def scale_dropout_network(width, p=0.4, seed=0):
    """Three layers of this width with Scale Dropout, and logits."""
    rng = np.random.default_rng(seed)
    nodes, arrays, source, n_in = [], {}, "input", 32
    for k in range(3):
        nodes += [
            {"name": f"fc{k}", "op": "linear", "inputs": [source]},
            {"name": f"bn{k}", "op": "batchnorm", "inputs": [f"fc{k}"], "dropout": {"kind": "scale", "p": p}},
            {"name": f"act{k}", "op": "sign", "inputs": [f"bn{k}"]},
        ]
        arrays[f"fc{k}.weight"] = rng.choice(np.array([-1, 1], np.int8), (width, n_in))
        for key in ("gamma", "beta", "mean"):
            arrays[f"bn{k}.{key}"] = rng.normal(size=width)
        arrays[f"bn{k}.var"] = rng.uniform(1, 30, width)
        source, n_in = f"act{k}", width
    nodes += [
        {"name": "out", "op": "linear", "inputs": [source]},
        {"name": "logits", "op": "scale", "inputs": ["out"]},
    ]
    arrays["out.weight"] = rng.choice(np.array([-1, 1], np.int8), (4, width))
    arrays["logits.alpha"] = np.full(4, 0.3)
    spec = {
        "format": "cimsim-workload/1", "name": "mlp", "task": "classification",
        "input": {"shape": [32], "bits": 1}, "nodes": nodes, "output": "logits",
    }  # fmt: skip
    return build_graph(spec, arrays)


@pytest.mark.parametrize("width", [3, 64, 200])
def test_scale_dropout_draws_one_bit_per_layer_and_pass_whatever_the_width(width):
    graph = scale_dropout_network(width)
    values = run(graph, random_images(graph, 2, 0), 20)
    assert sum(random_bits(graph, node) for node in graph.nodes) == 3
    assert values.masks.shape == (2, 20, 3) and set(np.unique(values.masks)) == {0, 1}


def test_the_mean_over_passes_converges_to_the_exact_predictive():
    """Errors in units of the standard error are of size one at every T.

    Images draw independently, so over 400 of them the mean square of z is 1 within about sqrt(2/400) = 0.07
    for normal errors; 0.35 leaves room for their fat tails. A bias or another rate than 1/sqrt(T) would
    show as a mean square that grows or shrinks up to 16-fold with T.
    """
    graph = scale_dropout_network(24)
    x = random_images(graph, 400, 1)
    exact = run(graph, x, "exact")
    masks, weights = enumerate_masks(graph)
    each = np.stack([run(with_masks_fixed(graph, mask), x, 1).probabilities for mask in masks])
    np.testing.assert_allclose(np.einsum("t,tic->ic", weights, each), exact.probabilities, rtol=0, atol=1e-12)
    variance = np.einsum("t,tic->ic", weights, (each - exact.probabilities) ** 2)
    varies = variance[:, 0] > 1e-6
    assert varies.sum() > 300
    for n_passes in (16, 256):
        error = run(graph, x, n_passes, seed=5).probabilities - exact.probabilities
        z = error[varies, 0] / np.sqrt(variance[varies, 0] / n_passes)
        assert abs(np.mean(z**2) - 1.0) < 0.35
        assert abs(z.mean()) < 5 / np.sqrt(varies.sum())


def with_masks_fixed(graph, mask):
    """The network with p of 0 or 1 at every node, as the mask says."""
    certain = dict(zip((node.name for node in scalar_nodes(graph)), mask.tolist(), strict=True))
    nodes, arrays = [], {}
    for node in graph.nodes:
        entry = {"name": node.name, "op": node.op, "inputs": list(node.inputs), **node.attrs}
        if node.dropout is not None:
            entry["dropout"] = {"kind": node.dropout.kind, "p": float(certain[node.name])}
        nodes.append(entry)
        arrays.update({f"{node.name}.{key}": array for key, array in node.params.items()})
    spec = {
        "format": "cimsim-workload/1", "name": "fixed", "task": graph.task,
        "input": {"shape": list(graph.input.shape), "bits": graph.input.bits},
        "nodes": nodes, "output": graph.output,
    }  # fmt: skip
    return build_graph(spec, arrays)


def test_mutual_information_is_nonnegative_and_nothing_without_dropout():
    stochastic, certain = scale_dropout_network(24), scale_dropout_network(24, p=0.0)
    x = random_images(stochastic, 100, 2)
    for graph, has_information in ((stochastic, True), (certain, False)):
        values = run(graph, x, 30)
        p = values.probabilities
        information = -(p * np.log(p)).sum(axis=1) - values.expected_entropy_nats
        assert (information > -1e-12).all()
        assert (information.max() > 0.01) == has_information


def test_progress_counts_images():
    graph = scale_dropout_network(8)
    seen = []
    run(graph, random_images(graph, 5, 0), 2, chunk_images=2, progress=lambda *done: seen.append(done))
    assert seen == [(2, 5), (4, 5), (5, 5)]


@pytest.mark.parametrize("task", ["regression", "segmentation"])
def test_other_tasks_average_outputs_and_maps(task):
    """A regression's mean output, a segmentation's probabilities position by position."""
    nodes = [
        {"name": "conv", "op": "conv2d", "inputs": ["input"]},
        {"name": "scale", "op": "scale", "inputs": ["conv"], "dropout": {"kind": "scale", "p": 0.5}},
    ]
    spec = {
        "format": "cimsim-workload/1", "name": "maps", "task": task, "input": {"shape": [1, 3, 3], "bits": 1},
        "nodes": nodes, "output": "scale",
    }  # fmt: skip
    weight = np.array([1, -1], np.int8).reshape(2, 1, 1, 1)
    graph = build_graph(spec, {"conv.weight": weight, "scale.alpha": np.array([0.5, 0.25])})
    x = random_images(graph, 4, 0)
    logits = np.stack([x[:, 0] * 1.0, x[:, 0] * -1.0], axis=1)
    kept, dropped = logits * np.array([0.5, 0.25]).reshape(1, 2, 1, 1), logits
    if task == "segmentation":
        kept, dropped = (np.exp(z) / np.exp(z).sum(axis=1, keepdims=True) for z in (kept, dropped))
    values = run(graph, x, "exact")
    np.testing.assert_allclose(values.probabilities, (kept + dropped) / 2, rtol=0, atol=1e-12)
    assert values.expected_entropy_nats.shape == (4,)
    assert (values.expected_entropy_nats == 0).all() == (task == "regression")


@settings(max_examples=25, deadline=None, derandomize=True)
@given(SEEDS, st.sampled_from([1, 9, 10, 20, "exact"]))
def test_low_confidence_is_the_percentile_of_numpy(seed, n_mc_samples):
    graph = random_graph(seed, kinds=("scale", "affine"))
    values = run(graph, random_images(graph, 4, seed), n_mc_samples, seed=seed)
    each, weights = values.passes.probabilities[values.passes.row_of], values.passes.weights
    weights = np.broadcast_to(weights[None, :, None], each.shape)
    # A little less than 0.1: where the weights meet it exactly, their sum may fall short by rounding.
    low = np.quantile(each, 0.1 - 1e-9, axis=1, method="inverted_cdf", weights=weights)
    np.testing.assert_array_equal(values.low_confidence, low.max(axis=1))
