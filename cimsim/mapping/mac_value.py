"""What the integer sums of a MAC node stand for, in the float64 operation order of the workload format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cimsim.workload.graph import Node, WorkloadGraph

__all__ = ["MacValue", "input_span", "mac_value", "weight_4d"]


@dataclass(frozen=True, eq=False)
class MacValue:
    """``factor*d`` plus constants, added one after another.

    Attributes
    ----------
    factor : the input's scale, or the uniform gain of the signs
    constants : each (n_classes, c_out) float64
    position_class : (h_out, w_out) intp, which border class an output position belongs to
    """

    factor: float
    constants: tuple[NDArray[np.float64], ...]
    position_class: NDArray[np.intp]

    @property
    def n_classes(self) -> int:
        return int(self.position_class.max()) + 1

    def of_classes(self, sums: NDArray[Any]) -> NDArray[np.float64]:
        """Values of sums (n_classes, c_out)."""
        value = self.factor * sums.astype(np.float64)
        for constant in self.constants:
            value += constant
        return value

    def of_positions(self, sums: NDArray[Any]) -> NDArray[np.float64]:
        """Values (n, c_out, h_out, w_out) of sums (n, h_out, w_out, c_out)."""
        value = self.factor * sums.astype(np.float64)
        for constant in self.constants:
            value += constant[self.position_class]
        return np.ascontiguousarray(value.transpose(0, 3, 1, 2))


def input_span(graph: WorkloadGraph) -> int:
    """Largest magnitude of an encoded input value."""
    spec = graph.input
    if spec.bits == 1:
        return 1
    return 1 << (spec.bits - 1) if spec.signed else (1 << spec.bits) - 1


def weight_4d(node: Node, weight: NDArray[np.int8]) -> NDArray[np.int8]:
    """The weight as (c_out, c_in/groups, k_h, k_w); a linear layer is a 1 x 1 convolution of one position."""
    return weight if node.op == "conv2d" else weight[:, :, None, None]


def mac_value(graph: WorkloadGraph, node: Node, params: Mapping[str, NDArray[Any]]) -> MacValue:
    """The value of a MAC node with the given parameters (one member's).

    The input layer's constants are offset*W_in and pad_value*W_pad, with the sums of the weights on in-bounds
    and on padded taps; padded taps of hidden layers are driven and count in d.
    """
    source = node.inputs[0]
    gain = 1.0 / graph.divisors[source]
    positions = graph.shapes[node.name][1:] or (1, 1)
    position_class = np.zeros(positions, dtype=np.intp)
    constants: list[NDArray[np.float64]] = []
    if graph.domains[source] == "input":
        gain *= graph.input.scale
        weight = weight_4d(node, params["weight"])
        position_class, constants = _input_constants(graph, node, weight, position_class)
    if "bias" in params:
        n_classes = int(position_class.max()) + 1
        constants.append(np.tile(params["bias"].astype(np.float64), (n_classes, 1)))
    return MacValue(gain, tuple(constants), position_class)


def _input_constants(
    graph: WorkloadGraph, node: Node, weight: NDArray[np.int8], one_class: NDArray[np.intp]
) -> tuple[NDArray[np.intp], list[NDArray[np.float64]]]:
    """Border classes and the constants that the input's offset and the padding add; zeros add nothing."""
    offset, pad_value = graph.input.offset, float(node.attrs.get("pad_value", 0.0))
    w_all = weight.sum(axis=(1, 2, 3), dtype=np.int64)
    if offset == 0.0 and pad_value == 0.0:
        return one_class, []
    if node.op == "linear":
        return one_class, [offset * w_all.astype(np.float64)[None]]
    position_class, w_in = _border_classes(graph, node, weight)
    return position_class, [offset * w_in.astype(np.float64), pad_value * (w_all - w_in).astype(np.float64)]


def _border_classes(
    graph: WorkloadGraph, node: Node, weight: NDArray[np.int8]
) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
    """Class of each output position (h_out, w_out), and W_in (n_classes, c_out)."""
    sizes, outs = graph.shapes[node.inputs[0]][1:], graph.shapes[node.name][1:]
    inside, labels = [], []
    for axis in (0, 1):
        start = np.arange(outs[axis]) * node.attrs["stride"][axis] - node.attrs["padding"][axis]
        tap = start[:, None] + np.arange(weight.shape[2 + axis])
        masks, label = np.unique((tap >= 0) & (tap < sizes[axis]), axis=0, return_inverse=True)
        inside.append(masks.astype(np.int64))
        labels.append(label.reshape(-1))
    taps = weight.sum(axis=1, dtype=np.int64)
    w_in = np.einsum("oyx,ry,cx->rco", taps, inside[0], inside[1]).reshape(-1, weight.shape[0])
    return labels[0][:, None] * len(inside[1]) + labels[1], w_in
