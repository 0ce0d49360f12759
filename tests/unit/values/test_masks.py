"""Masks: Bernoulli bits with the right rate, streams that ignore chunks, and complete enumerations."""

import numpy as np
import pytest

from cimsim.errors import WorkloadError
from cimsim.mapping.states import scalar_nodes, state_probabilities
from cimsim.sim.masks import BitStream, draw, enumerate_masks
from cimsim.workload import build_graph


def chain(*dropouts, width=3, p=0.25):
    """fc -> scale/affine nodes with these kinds of dropout -> logits."""
    nodes = [{"name": "fc", "op": "linear", "inputs": ["input"]}]
    arrays = {"fc.weight": np.ones((width, 2), np.int8)}
    for k, kind in enumerate(dropouts):
        name, n_members = f"d{k}", 3
        dropout = {"kind": kind} if kind == "ensemble" else {"kind": kind, "p": p}
        op = {"scale": "scale", "ensemble": "scale", "affine": "affine", "element": "identity"}[kind]
        nodes.append({"name": name, "op": op, "inputs": [nodes[-1]["name"]], "dropout": dropout})
        shape = (n_members, width) if kind == "ensemble" else (width,)
        for key in {"scale": ["alpha"], "affine": ["gamma", "beta"], "identity": []}[op]:
            arrays[f"{name}.{key}"] = np.ones(shape)
    spec = {
        "format": "cimsim-workload/1", "name": "masks", "task": "classification",
        "input": {"shape": [2], "bits": 1}, "nodes": nodes, "output": nodes[-1]["name"],
    }  # fmt: skip
    return build_graph(spec, arrays)


def test_drawn_states_have_the_nodes_probabilities():
    graph = chain("scale", "affine", "ensemble")
    masks = draw(graph, 400, 50, seed=3)
    assert masks.shape == (400, 50, 3) and masks.dtype == np.uint8
    for column, node in enumerate(scalar_nodes(graph)[:2]):
        probabilities = state_probabilities(node)
        counts = np.bincount(masks[:, :, column].ravel(), minlength=len(probabilities))
        deviation = np.sqrt(20_000 * probabilities * (1 - probabilities))
        assert (np.abs(counts - 20_000 * probabilities) < 5 * deviation).all()
    assert (masks[:, :, 2] == np.arange(50) % 3).all()


def test_an_image_draws_the_same_however_many_follow():
    graph = chain("scale", "affine")
    np.testing.assert_array_equal(draw(graph, 20, 7, seed=1)[:5], draw(graph, 5, 7, seed=1))
    assert (draw(graph, 20, 7, seed=1) != draw(graph, 20, 7, seed=2)).any()


def test_nodes_draw_from_streams_of_their_own():
    one, two = draw(chain("scale"), 50, 8, 0), draw(chain("scale", "scale"), 50, 8, 0)
    np.testing.assert_array_equal(one[..., 0], two[..., 0])
    assert (two[..., 0] != two[..., 1]).any()


@pytest.mark.parametrize("p, state", [(0.0, 0), (1.0, 3)])
def test_certain_masks(p, state):
    assert (draw(chain("affine", p=p), 9, 9, 0) == state).all()


def test_enumeration_holds_every_combination_once():
    masks, weights = enumerate_masks(chain("scale", "affine"))
    assert masks.tolist() == [[i, j] for i in range(2) for j in range(4)]
    bit = {0: 0.75, 1: 0.25}
    expected = [bit[i] * bit[j & 1] * bit[j >> 1] for i, j in masks.tolist()]
    np.testing.assert_allclose(weights, expected, rtol=1e-15)


def test_enumeration_leaves_out_what_cannot_occur():
    masks, weights = enumerate_masks(chain("scale", "affine", p=1.0))
    assert masks.tolist() == [[1, 3]] and weights.tolist() == [1.0]


def test_ensemble_nodes_share_their_member():
    masks, weights = enumerate_masks(chain("ensemble", "scale", "ensemble"))
    assert masks.tolist() == [[m, s, m] for m in range(3) for s in range(2)]
    assert weights.sum() == pytest.approx(1.0, abs=1e-15)


def test_no_mask_is_one_combination():
    masks, weights = enumerate_masks(chain())
    assert masks.shape == (1, 0) and weights.tolist() == [1.0]


def test_too_many_combinations_are_refused():
    with pytest.raises(WorkloadError) as error:
        enumerate_masks(chain(*["affine"] * 9))
    assert str(error.value) == (
        "<memory>: exact evaluation needs at most 65536 combinations of mask states (got 262144); "
        "sample them with a number of passes"
    )


def test_masks_with_a_bit_per_value_are_not_enumerated():
    with pytest.raises(WorkloadError) as error:
        enumerate_masks(chain("element"))
    assert str(error.value) == (
        "<memory>: node d0: dropout: exact evaluation needs masks that are one number a layer "
        "(got 'element'); sample them with a number of passes"
    )


def ones(words):
    return int(np.unpackbits(words.view(np.uint8)).sum())


@pytest.mark.parametrize("p", [0.5, 0.25, 0.15, 0.999, 1e-3, 1 / 3])
def test_bits_fire_with_probability_p(p):
    n = 64 * 20_000
    fired = ones(BitStream(p, 7, node="n").words(20_000))
    assert abs(fired - n * p) < 5 * np.sqrt(n * p * (1 - p))


def test_bits_decided_by_ties_fire_with_the_right_share():
    """p just above a multiple of 1/256: only bytes that tie with the multiple tell the two apart."""
    stream, coarse = BitStream(0.5 + 2.0**-12, 7, node="n"), BitStream(0.5, 7, node="n")
    late = ones(stream.words(200_000)) - ones(coarse.words(200_000))
    expected = 64 * 200_000 * 2.0**-12
    assert abs(late - expected) < 5 * np.sqrt(expected)


def test_certain_bits():
    assert ones(BitStream(0.0, 7, node="n").words(10)) == 0
    assert ones(BitStream(1.0, 7, node="n").words(10)) == 640


def test_bits_do_not_depend_on_how_they_are_cut():
    whole, parts = BitStream(0.15, 7, node="n"), BitStream(0.15, 7, node="n")
    cut = [parts.words(n, 3) for n in (1, 0, 7000, 2999)]
    np.testing.assert_array_equal(whole.words(10_000, 3), np.concatenate(cut))
