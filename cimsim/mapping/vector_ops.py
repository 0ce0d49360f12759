"""How many elementwise operations of the fixed-point vector unit a node takes that does not fold."""

from __future__ import annotations

from cimsim.mapping.site import WIRING
from cimsim.mapping.windows import POINT, Sliding
from cimsim.workload.graph import Node

__all__ = ["ops_per_value", "sliding_of"]

_PER_VALUE = {
    "batchnorm": 2,
    "scale": 1,
    "affine": 2,
    "instancenorm": 7,
    "hardtanh": 1,
    "sign": 1,
    "threshold": 1,
}
"""Statistics and scale merge into one factor and one shift; `instancenorm` also sums x and its square."""


def ops_per_value(node: Node, domain: str) -> int:
    """Operations per output value: 0 for wiring. Rescaled signs stay signs, thresholds take their gain."""
    rescales = int(domain == "real" and node.dropout is not None and node.dropout.rescale)
    if node.op in WIRING:
        return rescales
    if node.op in ("maxpool2d", "avgpool2d"):
        rows, columns = node.attrs["kernel"]
        return int(rows * columns) + rescales
    if node.op == "add":
        return len(node.inputs) - 1 + rescales
    return _PER_VALUE[node.op] + rescales


def sliding_of(node: Node) -> Sliding:
    """The window through which a node reads its input."""
    if node.op in ("maxpool2d", "avgpool2d"):
        return Sliding(node.attrs["kernel"], node.attrs["stride"], node.attrs["padding"])
    if node.op == "conv2d":
        weight = node.params["weight"].shape
        return Sliding((weight[-2], weight[-1]), node.attrs["stride"], node.attrs["padding"])
    return POINT
