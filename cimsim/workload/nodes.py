"""From the spec's list of nodes to checked nodes with shapes and contents."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

from cimsim.errors import WorkloadError, closest
from cimsim.workload import checks
from cimsim.workload.dropout import dropped_content, parse_dropout
from cimsim.workload.graph import InputSpec, Node
from cimsim.workload.ops import OPS, Content, Shape
from cimsim.workload.params import member_shapes, read_params

__all__ = ["INPUT", "NodeTable", "declared_names"]

INPUT = "input"
_MAX_NODES = 10_000
_MAX_VALUES = 2**30
_KEYS = ("name", "op", "inputs", "dropout")


class NodeTable:
    """Nodes added one by one, each checked against those before it.

    Attributes
    ----------
    nodes : in order
    shapes, contents : by tensor name, "input" included
    """

    def __init__(self, source: str, fed: InputSpec, names: Sequence[str]) -> None:
        self._source, self._fed, self._names = source, fed, names
        self.nodes: list[Node] = []
        self.shapes: dict[str, Shape] = {INPUT: fed.shape}
        self.contents: dict[str, Content] = {INPUT: Content("input")}
        self._uncoded: set[str] = set()
        """Tensors that would be codes of the input, were there one for a dropped value."""

    def add(self, raw: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
        """Check one node of the spec with its arrays (short names) and append it."""
        name = raw["name"]
        place = f"{self._source}: node {name}"
        op = self._op(place, raw)
        settings = {key: value for key, value in raw.items() if key not in _KEYS}
        attrs = OPS[op].complete(place, settings)
        inputs = self._inputs(place, op, raw["inputs"])
        dropout = parse_dropout(f"{place}: dropout", raw["dropout"], op) if "dropout" in raw else None
        params = read_params(place, op, dropout, arrays)
        node = Node(name, op, inputs, attrs, params, dropout)
        shape = self._shape(place, node)
        OPS[op].check_values(place, attrs, params)
        content = self._content(place, node)
        self.nodes.append(node)
        self.shapes[name], self.contents[name] = shape, content

    def _op(self, place: str, raw: Mapping[str, Any]) -> str:
        op = raw.get("op")
        if not isinstance(op, str) or op not in OPS:
            raise WorkloadError(f"{place}: op", "unknown op", checks.show(op), closest(str(op), OPS))
        checks.keys(place, raw, (*_KEYS, *OPS[op].attrs), ("name", "op", "inputs"))
        return op

    def _inputs(self, place: str, op: str, raw: Any) -> tuple[str, ...]:
        here = f"{place}: inputs"
        if not isinstance(raw, list) or not all(isinstance(item, str) for item in raw):
            raise WorkloadError(here, "must be a list of node names", checks.show(raw))
        low, high = OPS[op].n_inputs
        if len(raw) < low or (high is not None and len(raw) > high):
            raise WorkloadError(
                here, f"{op} takes {'one input' if high == 1 else f'at least {low} inputs'}", str(len(raw))
            )
        for item in raw:
            if item not in self.shapes:
                is_later = item in self._names
                cure = "list the nodes in order of execution" if is_later else closest(item, self.shapes)
                raise WorkloadError(here, "must name earlier nodes or 'input'", checks.show(item), cure)
        return tuple(raw)

    def _shape(self, place: str, node: Node) -> Shape:
        params = member_shapes(place, node.dropout, node.params)
        extra = {key: shape for key, shape in params.items() if key not in OPS[node.op].params}
        own = {key: shape for key, shape in params.items() if key not in extra}
        shape = OPS[node.op].infer(place, node.attrs, own, [self.shapes[item] for item in node.inputs])
        if math.prod(shape) > _MAX_VALUES:
            raise WorkloadError(
                place, f"must have at most {_MAX_VALUES} output values", f"shape {checks.show(shape)}"
            )
        for key, found in extra.items():
            if found != (shape[0],):
                rule = f"must have shape ({shape[0]},), one value per channel"
                raise WorkloadError(f"{place}: {key}", rule, str(found))
        return shape

    def _content(self, place: str, node: Node) -> Content:
        read = [self.contents[item] for item in node.inputs]
        if node.is_mac and read[0].kind == "real":
            rule = "must carry signs or the network input"
            got = f"real values of {node.inputs[0]!r}"
            cure = "put a sign or threshold node between"
            if node.inputs[0] in self._uncoded:
                cure += (
                    f", or let input.offset be 0 ({self._fed.offset:g} leaves no code for a dropped input)"
                )
            raise WorkloadError(f"{place}: inputs", rule, got, cure)
        if node.op == "conv2d" and read[0].kind == "sign":
            _check_pad_value(f"{place}: pad_value", node.attrs["pad_value"], read[0].divisor)
        carried = OPS[node.op].content(read)
        content = dropped_content(f"{place}: dropout", carried, node.dropout, self._fed.offset)
        codes = [Content("input") if item in self._uncoded else self.contents[item] for item in node.inputs]
        if content.kind == "real" and OPS[node.op].content(codes).kind == "input":
            self._uncoded.add(node.name)
        return content


def _check_pad_value(place: str, value: float, divisor: float) -> None:
    """Padding of signs is a word line that is off or driven with a sign of the same size as the others."""
    if value not in (-1.0, 0.0, 1.0):
        raise WorkloadError(place, "must be -1, 0 or 1 where the input is signs", f"{value:g}")
    if value != 0.0 and divisor != 1.0:
        raise WorkloadError(place, "must be 0 where dropout rescales the input", f"{value:g}")


def declared_names(source: str, raw: Any) -> tuple[str, ...]:
    """Names of the spec's nodes, each valid and used once."""
    place = f"{source}: spec: nodes"
    if not isinstance(raw, list) or not raw:
        raise WorkloadError(place, "must be a list of at least one node", checks.show(raw))
    if len(raw) > _MAX_NODES:
        raise WorkloadError(place, f"must have at most {_MAX_NODES} nodes", str(len(raw)))
    seen: dict[str, None] = {}
    for k, node in enumerate(raw):
        if not isinstance(node, dict) or "name" not in node:
            raise WorkloadError(f"{place}[{k}]", "must be an object with a 'name'", checks.show(node))
        name = checks.name(f"{place}[{k}]: name", node["name"])
        if name in seen or name == INPUT:
            rule = (
                "must be unique" if name in seen else f"must not be {INPUT!r}, the name of the network input"
            )
            raise WorkloadError(f"{place}[{k}]: name", rule, repr(name))
        seen[name] = None
    return tuple(seen)
