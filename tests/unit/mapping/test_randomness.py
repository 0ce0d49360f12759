"""Which masks reach where, and what they cost in bits."""

import numpy as np
import pytest
from hand_chip import lenet_like

from cimsim.mapping.randomness import GAUSSIAN_BITS, is_drawn, masks_upstream, random_bits
from cimsim.workload import build_graph


def tail(dropout, op="scale", n_members=1, **arrays):
    """A linear layer and a node with this dropout behind it."""
    nodes = [
        {"name": "fc", "op": "linear", "inputs": ["input"]},
        {"name": "tail", "op": op, "inputs": ["fc"], "dropout": dropout},
    ]
    spec = {"format": "cimsim-workload/1", "name": "tail", "task": "regression", "nodes": nodes,
            "input": {"shape": [6], "bits": 1}, "output": "tail"}  # fmt: skip
    return build_graph(spec, {"fc.weight": np.ones((5, 6), np.int8), **arrays})


ALPHA = {"tail.alpha": np.ones(5)}


@pytest.mark.parametrize(
    ("dropout", "arrays", "bits"),
    [
        ({"kind": "scale", "p": 0.2}, ALPHA, 1),
        ({"kind": "scale", "p": 0.0}, ALPHA, 0),
        ({"kind": "scale", "p": 1.0}, ALPHA, 0),
        ({"kind": "element", "p": 0.2}, ALPHA, 5),
        ({"kind": "gaussian_scale"}, {**ALPHA, "tail.alpha_std": np.ones(5)}, 5 * GAUSSIAN_BITS),
        ({"kind": "ensemble"}, {"tail.alpha": np.ones((3, 5))}, 0),
    ],
)
def test_bits_of_a_mask(dropout, arrays, bits):
    graph = tail(dropout, **arrays)
    assert random_bits(graph, graph.node("tail")) == bits
    assert is_drawn(graph.node("tail")) == (bits > 0)


def test_a_choice_among_members_takes_bits_to_count_them():
    nodes = [{"name": "fc", "op": "linear", "inputs": ["input"], "dropout": {"kind": "instances"}}]
    spec = {"format": "cimsim-workload/1", "name": "pick", "task": "regression", "nodes": nodes,
            "input": {"shape": [6], "bits": 1}, "output": "fc"}  # fmt: skip
    for members, bits in ((1, 0), (2, 1), (3, 2), (5, 3), (8, 3)):
        graph = build_graph(spec, {"fc.weight": np.ones((members, 5, 6), np.int8)})
        assert random_bits(graph, graph.node("fc")) == bits


def test_scale_dropout_draws_one_bit_a_layer_whatever_the_width():
    graph = lenet_like()
    assert [random_bits(graph, node) for node in graph.stochastic_nodes] == [1, 1, 1]


def test_masks_add_up_along_the_network():
    upstream = masks_upstream(lenet_like())
    assert upstream["co1"] == ()
    assert upstream["pool1"] == ("bn1",)
    assert upstream["act2"] == ("bn1", "bn2")
    assert upstream["fc"] == ("bn1", "bn2", "bn3")


def test_members_of_an_ensemble_differ_from_pass_to_pass_too():
    assert masks_upstream(tail({"kind": "ensemble"}, **{"tail.alpha": np.ones((3, 5))}))["tail"] == ("tail",)
