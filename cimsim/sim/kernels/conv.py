"""Convolutions of packed signs: exact sums, or signs behind thresholds and a pool."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cimsim.sim.kernels import plain
from cimsim.sim.kernels.pack import PackedBits
from cimsim.sim.kernels.plain import Bits, PoolWindow, Sums
from cimsim.sim.kernels.weights import PackedWeights

__all__ = ["conv_bits", "conv_sums"]

Pair = tuple[int, int]


def conv_sums(
    bits: PackedBits,
    driven: PackedBits | None,
    weights: PackedWeights,
    *,
    stride: Pair,
    padding: Pair,
    pad_value: int,
) -> Sums:
    """Exact dots of -1/+1 taps with -1/+1 weights.

    Parameters
    ----------
    bits : uint64 (n, h, w, words), 1 for +1
    driven : same shape, 1 where the word line is driven; None drives all
    pad_value : 0 leaves padded taps undriven, -1 or +1 drives them with that sign

    Returns
    -------
    int32 sums (n, oh, ow, c_out), and per item the sum of all sums and the number of driven taps
    """
    return plain.conv_sums(bits, driven, weights.signs, stride, padding, pad_value)


def conv_bits(
    bits: PackedBits,
    driven: PackedBits | None,
    weights: PackedWeights,
    *,
    stride: Pair,
    padding: Pair,
    pad_value: int,
    thresholds: NDArray[np.int32],
    pre_flip: NDArray[np.bool_],
    post_flip: NDArray[np.bool_],
    position_class: NDArray[np.uint8],
    pool: PoolWindow | None,
    out_rows: NDArray[np.int64],
    n_out: int,
) -> Bits:
    """Signs behind a convolution, for every mask state that is wanted.

    Sums of an item are computed once. For each state s with ``out_rows[i, s] >= 0`` the bit
    ``(d >= threshold) ^ pre_flip``, ORed over the pool window, then ``^ post_flip`` goes to that output row.

    Parameters
    ----------
    bits, driven, stride, padding, pad_value : as in `conv_sums`
    thresholds : int32 (n_states, n_classes, c_out)
    pre_flip, post_flip : (n_states, c_out)
    position_class : uint8 (oh, ow), which thresholds a position uses
    pool : max-pool window; its padding contributes nothing
    out_rows : int64 (n, n_states), row of the result, or -1
    n_out : rows of the result; rows that no item names stay 0

    Returns
    -------
    uint64 (n_out, oh', ow', words), and activity as in `conv_sums`
    """
    sums = plain.conv_sums(bits, driven, weights.signs, stride, padding, pad_value)
    return plain.activate(sums, thresholds, pre_flip, post_flip, position_class, pool, out_rows, n_out)
