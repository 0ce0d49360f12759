"""Convolutions of a multi-bit network input, driven bit plane after bit plane.

Plane b is driven as s_b = 2b - 1, so q.w = (sum_b c_b (s_b.w) + (sum_b c_b)(sum of w in bounds)) / 2 with
c_b = 2^b, the top one negative when signed.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cimsim.sim.kernels import plain
from cimsim.sim.kernels.pack import PackedBits
from cimsim.sim.kernels.plain import Bits, PoolWindow, Sums
from cimsim.sim.kernels.weights import PackedWeights

__all__ = ["plane_conv_bits", "plane_conv_sums"]

Pair = tuple[int, int]


def plane_conv_sums(
    planes: PackedBits, weights: PackedWeights, *, signed: bool, stride: Pair, padding: Pair
) -> Sums:
    """Exact q.w of planes (n, n_bits, h, w, words); padded taps contribute 0.

    Returns
    -------
    int32 sums (n, oh, ow, c_out); per item all dots s_b.w summed, and the driven taps of all planes
    """
    return plain.plane_conv_sums(planes, signed, weights.signs, stride, padding)


def plane_conv_bits(
    planes: PackedBits,
    weights: PackedWeights,
    *,
    signed: bool,
    stride: Pair,
    padding: Pair,
    thresholds: NDArray[np.int32],
    pre_flip: NDArray[np.bool_],
    post_flip: NDArray[np.bool_],
    position_class: NDArray[np.uint8],
    pool: PoolWindow | None,
    out_rows: NDArray[np.int64],
    n_out: int,
) -> Bits:
    """Signs behind q.w, for every wanted state; arguments as in `plane_conv_sums` and `conv_bits`."""
    sums = plane_conv_sums(planes, weights, signed=signed, stride=stride, padding=padding)
    return plain.activate(sums, thresholds, pre_flip, post_flip, position_class, pool, out_rows, n_out)
