"""Convolutions of packed signs: exact sums, or signs behind thresholds and a pool."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cimsim._jit import JIT, njit
from cimsim.sim.kernels import plain
from cimsim.sim.kernels.activation import Activation, activate_sums, make_activation, store_block
from cimsim.sim.kernels.bits import counts_at_least
from cimsim.sim.kernels.blocks import COLUMNS
from cimsim.sim.kernels.images import all_driven, batches, covers_image, kernel_ready
from cimsim.sim.kernels.pack import PackedBits
from cimsim.sim.kernels.plain import Bits, PoolWindow, Sums
from cimsim.sim.kernels.raster import Plan, Raster, count_block, count_total, load_image
from cimsim.sim.kernels.rows import row_sums
from cimsim.sim.kernels.weights import PackedWeights
from cimsim.sim.kernels.windows import gather_windows

__all__ = ["conv_bits", "conv_sums", "image_sums"]

Pair = tuple[int, int]
MAX_TAPS = 16383
"""Dots and thresholds of more taps do not fit 16 bits: NumPy takes over."""


@njit
def image_sums(plan: Plan, raster: Raster, weights: NDArray[np.uint8], out: NDArray[np.int32]) -> int:
    """Dots of the loaded image into ``out`` (oh, ow, c_out), and their sum."""
    even_width = (plan.out_width + 1) // 2 * 2
    total = np.int64(0)
    for block in range(len(weights)):
        count_block(plan, raster, weights, block)
        first = block * COLUMNS
        for y in range(plan.out_height):
            for x in range(plan.out_width):
                start, rows = (y * even_width + x) * COLUMNS, raster.rows[y, x]
                for column in range(min(COLUMNS, out.shape[2] - first)):
                    dot = rows - np.int32(2) * np.int32(raster.counts[start + column])
                    out[y, x, first + column] = dot
                    total += dot
    return total


@njit
def _flag_counts(plan: Plan, raster: Raster, act: Activation, state: int, block: int) -> None:
    """Compare the counts of a block with the thresholds of a state."""
    even_width = (plan.out_width + 1) // 2 * 2
    thresholds = act.thresholds.reshape(-1)
    columns = act.thresholds.shape[2]
    for y in range(plan.out_height):
        for x in range(plan.out_width):
            group = state * act.thresholds.shape[1] + act.position_class[y, x]
            limit = group * columns + block * COLUMNS
            start = (y * even_width + x) * COLUMNS
            word = counts_at_least(raster.counts, start, raster.rows[y, x], thresholds, limit)
            act.flags[state, y, x] = word ^ act.pre_flip[state, block]


@njit
def _image_bits(
    plan: Plan,
    raster: Raster,
    weights: NDArray[np.uint8],
    act: Activation,
    out_rows: NDArray[np.int64],
    out: PackedBits,
) -> int:
    """Signs of the loaded image for every state with an output row, and the sum of all mismatches."""
    total = np.int64(0)
    for block in range(len(weights)):
        count_block(plan, raster, weights, block)
        total += count_total(plan, raster)
        for state in range(len(out_rows)):
            if out_rows[state] >= 0:
                _flag_counts(plan, raster, act, state, block)
                store_block(act, state, block, out[out_rows[state]])
    return total


@njit
def _sums_of_images(
    bits: PackedBits, driven: PackedBits, plan: Plan, raster: Raster, weights: NDArray[np.uint8],
    sums: NDArray[np.int32], dot_total: NDArray[np.int64], rows_driven: NDArray[np.int64],
) -> None:
    for i in range(len(bits)):
        load_image(plan, raster, bits[i], driven[i if len(driven) > 1 else 0])
        dot_total[i] = image_sums(plan, raster, weights, sums[i])
        rows_driven[i] = raster.rows.sum()


@njit
def _bits_of_images(
    bits: PackedBits, driven: PackedBits, plan: Plan, raster: Raster, weights: NDArray[np.uint8], act: Activation,
    c_out: int, out_rows: NDArray[np.int64], out: PackedBits,
    dot_total: NDArray[np.int64], rows_driven: NDArray[np.int64],
) -> None:
    for i in range(len(bits)):
        load_image(plan, raster, bits[i], driven[i if len(driven) > 1 else 0])
        mismatches = _image_bits(plan, raster, weights, act, out_rows[i], out)
        rows_driven[i] = raster.rows.sum()
        dot_total[i] = rows_driven[i] * c_out - 2 * mismatches


@njit
def _activate_rows(act: Activation, sums: NDArray[np.int32], out_rows: NDArray[np.int64], out: PackedBits) -> None:
    for i in range(len(sums)):
        activate_sums(act, sums[i : i + 1].reshape(1, 1, sums.shape[1]), out_rows[i], out)


def _whole_image_sums(
    bits: PackedBits, driven: PackedBits, weights: PackedWeights, columns: int
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """`rows.row_sums` of images that one window covers."""
    if weights.prefers_windows:
        window = (weights.c_in, weights.kernel, (1, 1), (0, 0), False)
        rows, mask = (gather_windows(part, *window).reshape(len(part), 1, -1) for part in (bits, driven))
        return row_sums(rows, mask, weights.n_taps, weights.by_window, columns)
    rows, mask = (part.reshape(len(part), -1, part.shape[3]) for part in (bits, driven))
    return row_sums(rows, mask, weights.c_in, weights.by_pixel, columns)


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
    if not JIT or weights.n_taps > MAX_TAPS:
        return plain.conv_sums(bits, driven, weights.signs, stride, padding, pad_value)
    bits = kernel_ready(bits)
    driven = all_driven(bits) if driven is None else kernel_ready(driven)
    n = len(bits)
    if covers_image(bits, weights, padding):
        sums, rows = _whole_image_sums(bits, driven, weights, weights.c_out)
        return Sums(sums.reshape(n, 1, 1, -1), sums.sum(axis=1, dtype=np.int64), rows)
    axes = zip(bits.shape[1:3], weights.kernel, stride, padding, strict=True)
    shape = [(size + 2 * p - k) // s + 1 for size, k, s, p in axes]
    sums = np.empty((n, *shape, weights.c_out), np.int32)
    dot_total, rows_driven = np.empty(n, np.int64), np.empty(n, np.int64)
    for batch in batches(bits, driven, weights, stride, padding, pad_value):
        results = (part[batch.items] for part in (sums, dot_total, rows_driven))
        _sums_of_images(batch.bits, batch.driven, batch.plan, batch.raster, batch.weights, *results)
    return Sums(sums, dot_total, rows_driven)


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
    activation = (thresholds, pre_flip, post_flip, position_class, pool)
    if not JIT or weights.n_taps > MAX_TAPS:
        sums = plain.conv_sums(bits, driven, weights.signs, stride, padding, pad_value)
        return plain.activate(sums, *activation, out_rows, n_out)
    bits = kernel_ready(bits)
    driven = all_driven(bits) if driven is None else kernel_ready(driven)
    out_rows = np.require(out_rows, np.int64, ["C", "W"])
    if covers_image(bits, weights, padding):
        act = make_activation(*activation)
        dots, rows = _whole_image_sums(bits, driven, weights, act.thresholds.shape[2])
        out = np.zeros((n_out, *act.out_shape()), np.uint64)
        _activate_rows(act, dots, out_rows, out)
        return Bits(out, dots[:, : weights.c_out].sum(axis=1, dtype=np.int64), rows)
    act = make_activation(*activation, largest_dot=weights.n_taps)
    out = np.zeros((n_out, *act.out_shape()), np.uint64)
    dot_total, rows_driven = np.empty(len(bits), np.int64), np.empty(len(bits), np.int64)
    for batch in batches(bits, driven, weights, stride, padding, pad_value):
        totals = (part[batch.items] for part in (dot_total, rows_driven))
        _bits_of_images(
            batch.bits, batch.driven, batch.plan, batch.raster, batch.weights, act,
            weights.c_out, out_rows[batch.items], out, *totals,
        )  # fmt: skip
    return Bits(out, dot_total, rows_driven)
