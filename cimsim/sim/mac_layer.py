"""One MAC node on packed bits: operands, prepared weights, sums and folded signs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cimsim.mapping.program import Fold
from cimsim.mapping.states import state_params
from cimsim.sim import kernels
from cimsim.sim.kernels.pack import PackedBits, n_words, pack_flags, unpack_flags
from cimsim.sim.kernels.plain import Bits, Sums, activate
from cimsim.sim.tensors import InputTensor, SignTensor, channel_last, channel_mask
from cimsim.workload.dropout import n_members
from cimsim.workload.graph import Node, WorkloadGraph

__all__ = ["MacLayer", "Operand"]

Pair = tuple[int, int]


@dataclass(frozen=True, eq=False)
class Operand:
    """What the word lines are driven with.

    Attributes
    ----------
    words : uint64 (n, h, w, words), or bit planes (n, n_bits, h, w, words) of a multi-bit input
    driven : uint64 (n, h, w, words), None where all word lines are driven; always None for planes
    """

    words: PackedBits
    driven: PackedBits | None
    channels: int

    def take(self, rows: NDArray[np.int64] | None) -> Operand:
        if rows is None:
            return self
        return Operand(self.words[rows], None if self.driven is None else self.driven[rows], self.channels)

    def group(self, index: int, width: int) -> Operand:
        """Channels index*width .. (index+1)*width - 1."""
        at = slice(index * width, (index + 1) * width)
        words = pack_flags(unpack_flags(self.words, self.channels)[..., at])
        driven = (
            None if self.driven is None else pack_flags(unpack_flags(self.driven, self.channels)[..., at])
        )
        return Operand(words, driven, width)


class MacLayer:
    """A MAC node prepared for the kernels.

    Parameters
    ----------
    raster : (h, w, channels) of the packed input; a linear layer behind it is a convolution of that size
    """

    def __init__(self, graph: WorkloadGraph, node: Node, raster: tuple[int, int, int]) -> None:
        self.node = node
        self._spec = graph.input
        self._is_input = graph.domains[node.inputs[0]] == "input"
        self._is_planes = self._is_input and graph.input.bits > 1
        self.stride: Pair = node.attrs.get("stride", (1, 1))
        self.padding: Pair = node.attrs.get("padding", (0, 0))
        self.pad_value = 0 if self._is_input else int(node.attrs.get("pad_value", 0))
        self.n_groups: int = node.attrs.get("groups", 1)
        self.c_out = graph.shapes[node.name][0]
        _, *positions = graph.shapes[node.name]
        self.positions: Pair = (positions[0], positions[1]) if positions else (1, 1)
        self.n_words = n_words(raster[2])
        self._weights = [self._prepare(member, raster) for member in range(n_members(node))]

    def _prepare(self, member: int, raster: tuple[int, int, int]) -> list[kernels.PackedWeights]:
        weight = state_params(self.node, member)["weight"]
        if self.node.op == "linear":
            h, w, c = raster
            weight = weight.reshape(-1, c, h, w)
        self.kernel: Pair = weight.shape[2:]
        return [kernels.prepare_weights(part) for part in np.split(weight, self.n_groups)]

    def operand(self, tensor: SignTensor | InputTensor) -> Operand:
        """Pack a tensor for this layer."""
        if isinstance(tensor, SignTensor):
            return Operand(tensor.bits, tensor.driven, tensor.channels)
        codes = channel_last(tensor.codes)
        if self._is_planes:
            planes = kernels.pack_planes(codes, self._spec.bits, self._spec.signed)
            return Operand(planes, None, codes.shape[-1])
        signs = SignTensor.pack(tensor.codes)
        return Operand(signs.bits, signs.driven, signs.channels)

    def sums(self, operand: Operand, member: int = 0, keep: PackedBits | None = None) -> Sums:
        """Exact sums, and the activity of every item.

        ``keep`` (n, h_out, w_out, k_h, k_w, words) are the word lines left driven, where each MVM has a mask.
        """
        if keep is None:
            return self._grouped(operand, member, self.stride, self.padding)
        n, h_out, w_out = keep.shape[:3]
        found = self._grouped(self._windows(operand, keep), member, (1, 1), (0, 0))
        totals = [total.reshape(n, -1).sum(axis=1) for total in (found.dot_total, found.rows_driven)]
        return Sums(found.sums.reshape(n, h_out, w_out, self.c_out), *totals)

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
        pre_flip, post_flip = (
            np.ascontiguousarray(flips[states]) for flips in (fold.pre_flip, fold.post_flip)
        )
        classes, pool = fold.position_class, fold.pool
        if self.n_groups > 1 or keep is not None:
            sums = self.sums(operand, member, keep)
            return activate(sums, thresholds, pre_flip, post_flip, classes, pool, out_rows, n_out)
        weights = self._weights[member][0]
        if self._is_planes:
            return kernels.plane_conv_bits(
                operand.words,
                weights,
                signed=self._spec.signed,
                stride=self.stride,
                padding=self.padding,
                thresholds=thresholds,
                pre_flip=pre_flip,
                post_flip=post_flip,
                position_class=classes,
                pool=pool,
                out_rows=out_rows,
                n_out=n_out,
            )
        return kernels.conv_bits(
            operand.words,
            operand.driven,
            weights,
            stride=self.stride,
            padding=self.padding,
            pad_value=self.pad_value,
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
        if self.n_groups == 1:
            return self._sums(operand, parts[0], stride, padding)
        width = operand.channels // self.n_groups
        found = [self._sums(operand.group(g, width), part, stride, padding) for g, part in enumerate(parts)]
        sums, dots, rows = zip(*found, strict=True)
        return Sums(np.concatenate(sums, axis=-1), np.sum(dots, axis=0), np.sum(rows, axis=0))

    def _sums(self, operand: Operand, weights: kernels.PackedWeights, stride: Pair, padding: Pair) -> Sums:
        if self._is_planes:
            return kernels.plane_conv_sums(
                operand.words, weights, signed=self._spec.signed, stride=stride, padding=padding
            )
        return kernels.conv_sums(
            operand.words, operand.driven, weights, stride=stride, padding=padding, pad_value=self.pad_value
        )

    def _windows(self, operand: Operand, keep: PackedBits) -> Operand:
        """Every MVM as an item of its own, its padding written out, only kept word lines driven."""
        if self._is_planes:
            n_bits = operand.words.shape[1]
            taps = self._unroll(operand.words.reshape(-1, *operand.words.shape[2:]), 0)
            taps = taps.reshape(len(keep), n_bits, *taps.shape[1:]).transpose(0, 2, 3, 1, 4, 5, 6)
            words = (taps & keep[:, :, :, None]).reshape(-1, n_bits, *keep.shape[3:])
            return Operand(words, None, operand.channels)
        everywhere = channel_mask(operand.channels)
        driven = (
            np.broadcast_to(everywhere, operand.words.shape) if operand.driven is None else operand.driven
        )
        kept = self._unroll(driven, everywhere if self.pad_value else 0) & keep
        words = self._unroll(operand.words, everywhere if self.pad_value > 0 else 0)
        shape = (-1, *keep.shape[3:])
        return Operand(np.ascontiguousarray(words).reshape(shape), kept.reshape(shape), operand.channels)

    def _unroll(self, words: PackedBits, outside: PackedBits | int) -> PackedBits:
        """(n, h, w, words) as windows (n, h_out, w_out, k_h, k_w, words)."""
        (n, h, w, n_words), (pad_y, pad_x) = words.shape, self.padding
        padded = np.empty((n, h + 2 * pad_y, w + 2 * pad_x, n_words), dtype=np.uint64)
        padded[:] = outside
        padded[:, pad_y : pad_y + h, pad_x : pad_x + w] = words
        view = np.lib.stride_tricks.sliding_window_view(padded, self.kernel, axis=(1, 2))
        windows: PackedBits = view[:, :: self.stride[0], :: self.stride[1]].transpose(0, 1, 2, 4, 5, 3)
        return windows
