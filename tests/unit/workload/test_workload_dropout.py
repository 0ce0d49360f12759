"""What each kind of dropout draws, how many states its mask has, and which arrays it stacks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from cimsim.workload import WorkloadGraph, build_graph
from cimsim.workload.dropout import DROPOUTS, n_draws, n_members, n_states, stacked_params

Parts = tuple[dict[str, Any], dict[str, NDArray[Any]]]
INDEX = {"conv1": 0, "bn1": 1, "act1": 2, "pool1": 3, "flat": 4, "fc1": 5, "act2": 6, "fc2": 7}


def dropped(parts: Parts, name: str, **dropout: Any) -> WorkloadGraph:
    spec, arrays = parts
    spec["nodes"][INDEX["bn1"]].pop("dropout", None)
    spec["nodes"][INDEX[name]]["dropout"] = dropout
    return build_graph(spec, arrays)


@pytest.mark.parametrize(
    ("name", "dropout", "draws", "states"),
    [
        ("bn1", {"kind": "scale", "p": 0.1}, 1, 2),
        ("bn1", {"kind": "affine", "p": 0.1}, 2, 4),
        ("act1", {"kind": "element", "p": 0.1}, 4 * 8 * 8, None),
        ("act1", {"kind": "spatial", "p": 0.1}, 4, None),
        ("act2", {"kind": "spatial", "p": 0.1}, 5, None),
        ("flat", {"kind": "element_redraw", "p": 0.1}, 64, None),
        ("pool1", {"kind": "element_redraw", "p": 0.1}, 64, None),
        ("act2", {"kind": "element_redraw", "p": 0.1}, 5, None),
        ("conv1", {"kind": "element", "p": 0.0, "rescale": True}, 4 * 8 * 8, None),
    ],
)
def test_draws_and_states(
    parts: Parts, name: str, dropout: dict[str, Any], draws: int, states: int | None
) -> None:
    graph = dropped(parts, name, **dropout)
    assert n_draws(graph, name) == draws
    assert n_states(graph.node(name)) == states
    assert [node.name for node in graph.stochastic_nodes] == [name]


def test_redraw_counts_every_word_line_of_every_mvm(parts: Parts) -> None:
    spec, arrays = parts
    redraw = {"kind": "element_redraw", "p": 0.5}
    spec["nodes"][INDEX["act1"]]["dropout"] = redraw
    spec["nodes"].insert(
        3, {"name": "conv2", "op": "conv2d", "inputs": ["act1"], "groups": 2, "padding": [1, 0]}
    )
    spec["nodes"][4]["inputs"] = ["conv2"]
    spec["nodes"].insert(5, {"name": "act3", "op": "sign", "inputs": ["pool1"]})
    spec["nodes"][6]["inputs"] = ["act3"]
    arrays["conv2.weight"] = np.ones((4, 2, 3, 1), np.int8)
    graph = build_graph(spec, arrays)
    assert graph.shapes["conv2"] == (4, 8, 8)
    assert n_draws(graph, "act1") == 4 * 3 * 1 * 64
    assert graph.n_macs("conv2") == 4 * 2 * 3 * 64


def test_instances_stack_the_weight_alone(parts: Parts) -> None:
    spec, arrays = parts
    arrays["fc2.weight"] = np.stack([arrays["fc2.weight"]] * 6)
    graph = dropped((spec, arrays), "fc2", kind="instances")
    fc2 = graph.node("fc2")
    assert stacked_params(fc2.dropout, fc2.params) == ("weight",)
    assert (n_members(fc2), n_states(fc2), n_draws(graph, "fc2")) == (6, 6, 1)
    assert (graph.n_macs("fc2"), graph.n_weights("fc2"), graph.shapes["fc2"]) == (15, 90, (3,))


def test_ensembles_stack_everything_and_draw_nothing(parts: Parts) -> None:
    spec, arrays = parts
    for key in ("fc2.weight", "fc2.bias", "act2.threshold"):
        arrays[key] = np.stack([arrays[key]] * 4)
    spec["nodes"][INDEX["act2"]]["dropout"] = {"kind": "ensemble"}
    graph = dropped((spec, arrays), "fc2", kind="ensemble")
    fc2 = graph.node("fc2")
    assert stacked_params(fc2.dropout, fc2.params) == ("weight", "bias")
    assert (n_members(fc2), n_states(fc2), n_draws(graph, "fc2")) == (4, 4, 0)
    assert graph.stochastic_nodes == ()


def test_gaussian_scale_draws_a_number_per_channel(parts: Parts) -> None:
    spec, arrays = parts
    spec["nodes"].insert(
        2, {"name": "s", "op": "scale", "inputs": ["bn1"], "dropout": {"kind": "gaussian_scale"}}
    )
    spec["nodes"][3]["inputs"] = ["s"]
    arrays["s.alpha"], arrays["s.alpha_std"] = np.ones(4), np.full(4, 0.1)
    graph = build_graph(spec, arrays)
    assert (n_draws(graph, "s"), n_states(graph.node("s"))) == (4, None)


def test_dropped_alpha_is_kept(parts: Parts) -> None:
    spec, arrays = parts
    arrays["bn1.dropped_alpha"] = np.array([0.5, 1.0, 2.0, 3.0], np.float32)
    kept = build_graph(spec, arrays).node("bn1").params["dropped_alpha"]
    assert kept.dtype == np.float64
    assert kept.tolist() == [0.5, 1.0, 2.0, 3.0]


def test_without_dropout_nothing_is_drawn(parts: Parts) -> None:
    graph = build_graph(*parts)
    assert (n_draws(graph, "fc1"), n_states(graph.node("fc1")), n_members(graph.node("fc1"))) == (0, None, 1)


def test_a_mask_is_a_number_or_an_array_or_a_member() -> None:
    for name, kind in DROPOUTS.items():
        assert bool(kind.n_bits) + kind.is_elementwise + bool(kind.stacks) + (name == "gaussian_scale") == 1
