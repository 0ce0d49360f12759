"""Convolutions of a multi-bit network input, driven bit plane after bit plane.

Plane b is driven as s_b = 2b - 1, so q.w = (sum_b c_b (s_b.w) + (sum_b c_b)(sum of w in bounds)) / 2 with
c_b = 2^b, the top one negative when signed.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from cimsim._jit import JIT
from cimsim.sim.kernels import plain
from cimsim.sim.kernels.activation import activate, make_activation
from cimsim.sim.kernels.blocks import COLUMNS
from cimsim.sim.kernels.conv import MAX_TAPS, block_sums, conv_sums, gather_sums, output_shape
from cimsim.sim.kernels.images import all_driven, covers_image
from cimsim.sim.kernels.pack import PackedBits
from cimsim.sim.kernels.plain import Bits, PoolWindow, Sums, plane_coefficients
from cimsim.sim.kernels.weights import PackedWeights

__all__ = ["plane_conv_bits", "plane_conv_sums"]

Pair = tuple[int, int]


def _in_bounds(planes: PackedBits, weights: PackedWeights, stride: Pair, padding: Pair) -> NDArray[np.int32]:
    """Sum of the weights in bounds (oh, ow, c_out): what an image of +1 gives."""
    ones = all_driven(planes[:, 0])
    found: NDArray[np.int32] = conv_sums(
        ones, None, weights, stride=stride, padding=padding, pad_value=0
    ).sums[0]
    return found


def _is_small(planes: PackedBits, weights: PackedWeights, padding: Pair) -> bool:
    """Whether sums of every plane may as well be combined in NumPy."""
    return not JIT or weights.n_taps > MAX_TAPS or covers_image(planes[:, 0], weights, padding)


def _combine(planes: PackedBits, weights: PackedWeights, signed: bool, stride: Pair, padding: Pair) -> Sums:
    n, n_bits = planes.shape[:2]
    flat = planes.reshape(n * n_bits, *planes.shape[2:])
    dots = conv_sums(flat, None, weights, stride=stride, padding=padding, pad_value=0)
    return plain.combine_planes(dots, _in_bounds(planes, weights, stride, padding), n_bits, signed)


def _plane_sums(
    planes: PackedBits, weights: PackedWeights, signed: bool, stride: Pair, padding: Pair
) -> Iterator[tuple[slice, Sums]]:
    """q.w of a batch of items at a time, columns rounded up to blocks."""
    n, n_bits = planes.shape[:2]
    flat = planes.reshape(n * n_bits, *planes.shape[2:])
    coefficients = plane_coefficients(n_bits, signed)
    in_bounds = _in_bounds(planes, weights, stride, padding) * np.int32(coefficients.sum())
    constant = np.pad(in_bounds, ((0, 0), (0, 0), (0, -in_bounds.shape[2] % COLUMNS)))
    yield from block_sums(flat, None, weights, stride, padding, 0, coefficients, constant)


def plane_conv_sums(
    planes: PackedBits, weights: PackedWeights, *, signed: bool, stride: Pair, padding: Pair
) -> Sums:
    """Exact q.w of planes (n, n_bits, h, w, words); padded taps contribute 0.

    Returns
    -------
    int32 sums (n, oh, ow, c_out); per item all dots s_b.w summed, and the driven taps of all planes
    """
    if _is_small(planes, weights, padding):
        return _combine(planes, weights, signed, stride, padding)
    parts = _plane_sums(planes, weights, signed, stride, padding)
    return gather_sums(parts, len(planes), output_shape(planes, weights, stride, padding))


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
    activation = (thresholds, pre_flip, post_flip, position_class, pool)
    if _is_small(planes, weights, padding):
        sums = _combine(planes, weights, signed, stride, padding)
        return plain.activate(sums, *activation, out_rows, n_out)
    act, out_rows = make_activation(*activation), np.require(out_rows, np.int64, ["C", "W"])
    out = np.zeros((n_out, *act.out_shape()), np.uint64)
    dot_total, rows_driven = np.empty(len(planes), np.int64), np.empty(len(planes), np.int64)
    for items, part in _plane_sums(planes, weights, signed, stride, padding):
        activate(act, part.sums, out_rows[items], out)
        dot_total[items], rows_driven[items] = part.dot_total, part.rows_driven
    return Bits(out, dot_total, rows_driven)
