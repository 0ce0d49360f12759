"""One MAC node on packed bits: prepared weights, sums and folded signs."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from cimsim.mapping.program import Fold
from cimsim.mapping.states import state_params
from cimsim.sim import kernels
from cimsim.sim.kernels.pack import PackedBits, n_words
from cimsim.sim.kernels.plain import Bits, Sums, activate
from cimsim.sim.operand import Operand
from cimsim.sim.tensors import InputTensor, SignTensor, channel_last
from cimsim.workload.dropout import n_members
from cimsim.workload.graph import Node, WorkloadGraph

__all__ = ["MacLayer"]

Pair = tuple[int, int]


class MacLayer:
    """A MAC node prepared for the kernels.

    Parameters
    ----------
    raster : (h, w, channels) of the packed input; a linear layer behind it is a convolution of that size

    Attributes
    ----------
    kernel, positions : taps and output positions, (rows, columns)
    n_words : 64-bit words of an input position
    """

    def __init__(self, graph: WorkloadGraph, node: Node, raster: tuple[int, int, int]) -> None:
        self._node, self._spec = node, graph.input
        self._is_input = graph.domains[node.inputs[0]] == "input"
        self._stride: Pair = node.attrs.get("stride", (1, 1))
        self._padding: Pair = node.attrs.get("padding", (0, 0))
        self._pad_value = 0 if self._is_input else int(node.attrs.get("pad_value", 0))
        self._n_groups: int = node.attrs.get("groups", 1)
        self._c_out, *positions = graph.shapes[node.name]
        self.positions: Pair = (positions[0], positions[1]) if positions else (1, 1)
        self.n_words = n_words(raster[2])
        self._weights = [self._prepare(member, raster) for member in range(n_members(node))]

    def _prepare(self, member: int, raster: tuple[int, int, int]) -> list[kernels.PackedWeights]:
        weight = state_params(self._node, member)["weight"]
        if self._node.op == "linear":
            h, w, c = raster
            weight = weight.reshape(-1, c, h, w)
        self.kernel: Pair = weight.shape[2:]
        return [kernels.prepare_weights(part) for part in np.split(weight, self._n_groups)]

    def operand(self, tensor: SignTensor | InputTensor) -> Operand:
        """Pack a tensor for this layer."""
        if isinstance(tensor, SignTensor):
            return Operand(tensor.bits, tensor.driven, tensor.channels)
        if self._spec.bits > 1:
            codes = channel_last(tensor.codes)
            return Operand(
                kernels.pack_planes(codes, self._spec.bits, self._spec.signed), None, codes.shape[-1]
            )
        signs = SignTensor.pack(tensor.codes)
        return Operand(signs.bits, signs.driven, signs.channels)

    def sums(self, operand: Operand, member: int = 0, keep: PackedBits | None = None) -> Sums:
        """Exact sums, and the activity of every item.

        ``keep`` (n, h_out, w_out, k_h, k_w, words) are the word lines left driven, where each MVM has a mask.
        """
        if keep is None:
            return self._grouped(operand, member, self._stride, self._padding)
        n, h_out, w_out = keep.shape[:3]
        items = operand.unrolled(keep, self._stride, self._padding, self._pad_value)
        found = self._grouped(items, member, (1, 1), (0, 0))
        totals = [total.reshape(n, -1).sum(axis=1) for total in (found.dot_total, found.rows_driven)]
        return Sums(found.sums.reshape(n, h_out, w_out, self._c_out), *totals)

    def bits(
        self,
        operand: Operand,
        fold: Fold,
        member: int,
        out_rows: NDArray[np.int64],
        n_out: int,
        keep: PackedBits | None = None,
    ) -> Bits:
        """Folded signs, a column of ``out_rows`` for each state of the chain; see `kernels.conv_bits`."""
        states = slice(member, None, len(self._weights))
        thresholds = np.ascontiguousarray(fold.thresholds[states])
        pre_flip, post_flip = (np.ascontiguousarray(flip[states]) for flip in (fold.pre_flip, fold.post_flip))
        classes, pool = fold.position_class, fold.pool
        if self._n_groups > 1 or keep is not None:
            sums = self.sums(operand, member, keep)
            return activate(sums, thresholds, pre_flip, post_flip, classes, pool, out_rows, n_out)
        words, weights = operand.words, self._weights[member][0]
        fused = (
            partial(kernels.plane_conv_bits, words, weights, signed=self._spec.signed)
            if operand.is_planes
            else partial(kernels.conv_bits, words, operand.driven, weights, pad_value=self._pad_value)
        )
        return fused(
            stride=self._stride,
            padding=self._padding,
            thresholds=thresholds,
            pre_flip=pre_flip,
            post_flip=post_flip,
            position_class=classes,
            pool=pool,
            out_rows=out_rows,
            n_out=n_out,
        )

    def _grouped(self, operand: Operand, member: int, stride: Pair, padding: Pair) -> Sums:
        parts = self._weights[member]
        if self._n_groups == 1:
            return self._sums(operand, parts[0], stride, padding)
        width = operand.channels // self._n_groups
        found = [self._sums(operand.group(g, width), part, stride, padding) for g, part in enumerate(parts)]
        sums, dots, rows = zip(*found, strict=True)
        return Sums(np.concatenate(sums, axis=-1), np.sum(dots, axis=0), np.sum(rows, axis=0))

    def _sums(self, operand: Operand, weights: kernels.PackedWeights, stride: Pair, padding: Pair) -> Sums:
        if operand.is_planes:
            signed = self._spec.signed
            return kernels.plane_conv_sums(
                operand.words, weights, signed=signed, stride=stride, padding=padding
            )
        return kernels.conv_sums(
            operand.words, operand.driven, weights, stride=stride, padding=padding, pad_value=self._pad_value
        )
