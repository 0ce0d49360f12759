"""The values pass equals an independent interpreter on random networks: every sign and logit bit for bit."""

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from naive.counting import count_activity
from naive.graphs import SCALAR, random_graph, random_images
from naive.interpreter import interpret
from naive.watched import check_against_interpreter

from cimsim.mapping.folding import fold
from cimsim.mapping.states import scalar_nodes
from cimsim.sim.masks import draw, enumerate_masks
from cimsim.sim.values import run_values

SEEDS = st.integers(0, 2**32 - 1)


def softmax(logits):
    exponentials = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


def check_run(graph, x, n_passes, seed):
    """Tensors bit for bit, probabilities to 1e-12."""
    masks = draw(graph, len(x), n_passes, seed)
    logits = check_against_interpreter(graph, x, masks, seed)
    values = run_values(graph, fold(graph), x, n_mc_samples=n_passes, seed=seed)
    np.testing.assert_array_equal(values.masks, masks)
    np.testing.assert_allclose(values.probabilities, softmax(logits).mean(axis=1), rtol=0, atol=1e-12)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(SEEDS)
def test_every_tensor_equals_the_interpreter(seed):
    graph = random_graph(seed)
    check_run(graph, random_images(graph, 2, seed), 3, seed)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(SEEDS)
def test_masks_that_are_certain_equal_the_interpreter(seed):
    graph = random_graph(seed, probabilities=(0.0, 1.0))
    check_run(graph, random_images(graph, 2, seed), 2, seed)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(SEEDS)
def test_exact_is_the_weighted_mean_over_every_mask(seed):
    graph = random_graph(seed, kinds=SCALAR)
    masks, weights = enumerate_masks(graph)
    assume(len(masks) <= 64)
    x = random_images(graph, 2, seed)
    logits = check_against_interpreter(graph, x, np.broadcast_to(masks, (2, *masks.shape)))
    expected = np.einsum("t,itc->ic", weights, softmax(logits))
    values = run_values(graph, fold(graph), x, n_mc_samples="exact")
    np.testing.assert_allclose(values.probabilities, expected, rtol=0, atol=1e-12)


def upstream_of(graph, name):
    """Scalar-mask nodes that a tensor depends on."""
    if name == "input":
        return set()
    node = graph.node(name)
    own = {name} if node.dropout is not None else set()
    return own.union(*(upstream_of(graph, source) for source in node.inputs))


@settings(max_examples=40, deadline=None, derandomize=True)
@given(SEEDS, st.booleans())
def test_activity_equals_a_count_cell_by_cell(seed, is_exact):
    """Over all passes, and over the passes of an image that differ in a mask in front of the node."""
    graph = random_graph(seed, kinds=("scale", "affine"))
    names = [node.name for node in scalar_nodes(graph)]
    assume(not is_exact or len(enumerate_masks(graph)[0]) <= 16)
    x = random_images(graph, 2, seed)
    values = run_values(graph, fold(graph), x, n_mc_samples="exact" if is_exact else 3, seed=seed)
    everything = {node.name: [] for node in graph.mac_nodes}
    distinct = {node.name: {} for node in graph.mac_nodes}
    for i, (image, masks) in enumerate(zip(x, values.masks, strict=True)):
        for mask in masks:
            states = dict(zip(names, mask.tolist(), strict=True))
            seen = interpret(graph, image, states)
            for node in graph.mac_nodes:
                counts = count_activity(graph, node, seen[node.inputs[0]])
                upstream = upstream_of(graph, node.inputs[0])
                everything[node.name].append(counts)
                key = (i, *(states[name] for name in names if name in upstream))
                distinct[node.name][key] = counts
    for name, activity in values.activities.items():
        found = (activity.matches, activity.cell_reads, activity.rows_driven)
        assert found == tuple(np.sum(everything[name], axis=0)), name
        found = (activity.matches_distinct, activity.cell_reads_distinct, activity.rows_driven_distinct)
        assert found == tuple(np.sum(list(distinct[name].values()), axis=0)), name
        images = [key[0] for key in distinct[name]]
        assert activity.distinct.tolist() == np.bincount(images).tolist()
