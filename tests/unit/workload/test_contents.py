"""What each tensor holds (signs, the input, real values) and the divisor that rescaling leaves on it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cimsim.errors import WorkloadError
from cimsim.workload import WorkloadGraph, build_graph

ELEMENT = {"kind": "element", "p": 0.25, "rescale": True}


def graph_of(*nodes: dict[str, Any], offset: float = 0.0) -> WorkloadGraph:
    """The nodes behind a 2 x 4 x 4 input, joined by a final convolution to two real maps."""
    chain = list(nodes)
    read = {name for node in chain for name in node["inputs"]}
    loose = [node["name"] for node in chain if node["name"] not in read]
    sink = [{"name": f"sink{k}", "op": "affine", "inputs": [name]} for k, name in enumerate(loose)]
    joined = (
        [{"name": "out", "op": "add", "inputs": [node["name"] for node in sink]}] if len(sink) > 1 else []
    )
    spec = {
        "format": "cimsim-workload/1",
        "name": "contents",
        "task": "regression",
        "input": {"shape": [2, 4, 4], "bits": 4, "offset": offset},
        "nodes": chain + sink + joined,
        "output": (joined or sink)[0]["name"],
    }
    arrays: dict[str, Any] = {}
    for node in chain:
        if node["op"] == "conv2d":
            arrays[f"{node['name']}.weight"] = np.ones((2, 2, 1, 1), np.int8)
        if node["op"] == "threshold":
            arrays[f"{node['name']}.threshold"] = np.zeros(2)
    channels = 4 if any(node["op"] == "concat" for node in chain) else 2
    for node in sink:
        arrays[f"{node['name']}.gamma"] = arrays[f"{node['name']}.beta"] = np.ones(channels)
    return build_graph(spec, arrays)


def node(name: str, op: str, *inputs: str, **settings: Any) -> dict[str, Any]:
    return {"name": name, "op": op, "inputs": list(inputs), **settings}


POOL = {"kernel": [2, 2]}
SIGN = node("s", "sign", "input")
DROPPED = node("s", "sign", "input", dropout=ELEMENT)


@pytest.mark.parametrize(
    ("last", "domain", "divisor"),
    [
        (node("x", "identity", "s"), "sign", 0.75),
        (node("x", "maxpool2d", "s", **POOL), "sign", 0.75),
        (node("x", "upsample2d", "s", factor=2), "sign", 0.75),
        (node("x", "concat", "s", "s"), "sign", 0.75),
        (node("x", "identity", "s", dropout=ELEMENT), "sign", 0.75 * 0.75),
        (node("x", "identity", "s", dropout={"kind": "spatial", "p": 0.5}), "sign", 0.75),
        (node("x", "hardtanh", "s"), "sign", 1.0),
        (node("x", "sign", "s"), "sign", 1.0),
        (node("x", "threshold", "s"), "sign", 1.0),
        (node("x", "conv2d", "s"), "real", 1.0),
        (node("x", "avgpool2d", "s", **POOL), "real", 1.0),
        (node("x", "add", "s", "s"), "real", 1.0),
        (node("x", "concat", "s", "input"), "real", 1.0),
        (node("x", "instancenorm", "s"), "real", 1.0),
        (node("x", "identity", "input"), "input", 1.0),
        (node("x", "upsample2d", "input", factor=2), "input", 1.0),
        (node("x", "concat", "input", "input"), "input", 1.0),
        (node("x", "maxpool2d", "input", **POOL), "real", 1.0),
        (node("x", "hardtanh", "input"), "real", 1.0),
        (node("x", "identity", "input", dropout=ELEMENT), "input", 0.75),
    ],
)
def test_contents(last: dict[str, Any], domain: str, divisor: float) -> None:
    reads_input_only = set(last["inputs"]) == {"input"}
    graph = graph_of(*([] if reads_input_only else [DROPPED]), last)
    assert (graph.domains["x"], graph.divisors["x"]) == (domain, divisor)


def test_flatten_keeps_signs() -> None:
    spec = {
        "format": "cimsim-workload/1",
        "name": "flat",
        "task": "regression",
        "input": {"shape": [2, 4, 4], "bits": 1},
        "nodes": [node("s", "sign", "input"), node("f", "flatten", "s"), node("fc", "linear", "f")],
        "output": "fc",
    }
    graph = build_graph(spec, {"fc.weight": np.ones((1, 32), np.int8)})
    assert dict(graph.domains) == {"input": "input", "s": "sign", "f": "sign", "fc": "real"}
    assert graph.shapes["f"] == (32,)


def test_signs_with_different_divisors_do_not_join() -> None:
    graph = graph_of(DROPPED, node("t", "sign", "input"), node("x", "concat", "s", "t"))
    assert graph.domains["x"] == "real"


def test_dropped_inputs_need_an_encoding_where_zero_is_zero() -> None:
    dropped = node("x", "identity", "input", dropout={"kind": "element", "p": 0.5})
    assert graph_of(dropped, node("c", "conv2d", "x")).domains["x"] == "input"
    view = node("u", "upsample2d", "x", factor=2)
    for name, between in (("x", []), ("u", [view])):
        with pytest.raises(WorkloadError) as raised:
            graph_of(dropped, *between, node("c", "conv2d", name), offset=-0.5)
        assert str(raised.value) == (
            f"<memory>: node c: inputs: must carry signs or the network input (got real values of '{name}'); "
            "put a sign or threshold node between, or let input.offset be 0 (-0.5 leaves no code for a "
            "dropped input)"
        )
    with pytest.raises(WorkloadError, match=r"; put a sign or threshold node between$"):
        graph_of(dropped, node("h", "hardtanh", "x"), node("c", "conv2d", "h"), offset=-0.5)


def test_pad_value_of_the_input_layer_is_any_real_number() -> None:
    graph = graph_of(node("c", "conv2d", "input", padding=[1, 1], pad_value=-0.4242))
    assert graph.node("c").attrs["pad_value"] == -0.4242


def test_a_network_must_compute_something_real() -> None:
    spec = {
        "format": "cimsim-workload/1",
        "name": "nothing",
        "task": "classification",
        "input": {"shape": [4], "bits": 2},
        "nodes": [node("x", "identity", "input")],
        "output": "x",
    }
    with pytest.raises(WorkloadError) as raised:
        build_graph(spec, {})
    assert str(raised.value) == (
        "<memory>: spec: output: must be real values, not the network's input as it is (got x)"
    )
