"""Convolutions of packed signs: exact sums, or signs behind thresholds and a pool."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from cimsim._jit import JIT
from cimsim.sim.kernels import plain
from cimsim.sim.kernels.activation import activate, make_activation
from cimsim.sim.kernels.blocks import COLUMNS
from cimsim.sim.kernels.images import all_driven, batches, covers_image, kernel_ready
from cimsim.sim.kernels.loops import bits_of_images, sums_of_images
from cimsim.sim.kernels.pack import PackedBits
from cimsim.sim.kernels.plain import Bits, PoolWindow, Sums
from cimsim.sim.kernels.rows import MAX_ROW_TAPS, row_sums
from cimsim.sim.kernels.runs import gather_runs
from cimsim.sim.kernels.weights import PackedWeights

__all__ = ["MAX_TAPS", "block_sums", "conv_bits", "conv_sums", "gather_sums", "output_shape"]

Pair = tuple[int, int]
MAX_TAPS = 16383
"""Dots and thresholds of more taps do not fit 16 bits."""


def _in_numpy(bits: PackedBits, weights: PackedWeights, padding: Pair) -> bool:
    """Whether NumPy must do the work."""
    limit = MAX_ROW_TAPS if covers_image(bits, weights, padding) else MAX_TAPS
    return not JIT or weights.n_taps > limit


def _whole_image_sums(bits: PackedBits, driven: PackedBits, weights: PackedWeights) -> Sums:
    """Sums of images that one window covers, columns rounded up to blocks."""
    if weights.prefers_runs:
        channels, packed = weights.kernel[1] * weights.c_in, weights.by_run
        run = (weights.c_in, weights.kernel[1], 1, 0, False)
        signs, mask = (gather_runs(part, *run)[:, :, 0] for part in (bits, driven))
    else:
        channels, packed = weights.c_in, weights.by_pixel
        n_pixels, words = bits.shape[1] * bits.shape[2], bits.shape[3]
        signs, mask = (part.reshape(len(part), n_pixels, words) for part in (bits, driven))
    sums, rows = row_sums(signs, mask, channels, packed)
    return Sums(sums[:, None, None], sums[:, : weights.c_out].sum(axis=1, dtype=np.int64), rows)


def block_sums(
    bits: PackedBits,
    driven: PackedBits | None,
    weights: PackedWeights,
    stride: Pair,
    padding: Pair,
    pad_value: int,
    coefficients: NDArray[np.int64],
    constant: NDArray[np.int32],
) -> Iterator[tuple[slice, Sums]]:
    """Half of ``constant`` + sum of coefficient x dots over consecutive images, a batch of items at a time.

    Parameters
    ----------
    bits : uint64 (n * len(coefficients), h, w, words)
    constant : int32 (oh, ow, columns rounded up to blocks), or one that broadcasts to it

    Yields
    ------
    where the items stand, and their sums, columns rounded up to blocks; the next batch overwrites them
    """
    mask = all_driven(bits) if driven is None else kernel_ready(driven)
    group = len(coefficients)
    scratch, start = np.empty(0, np.int32), constant
    for batch in batches(kernel_ready(bits), mask, weights, stride, padding, pad_value, group):
        n = len(batch.bits) // group
        shape = (batch.plan.out_height, batch.plan.out_width, len(batch.weights) * COLUMNS)
        if not scratch.size:
            scratch = np.empty(n * shape[0] * shape[1] * shape[2], np.int32)
            start = np.broadcast_to(constant, shape).copy()
        sums, totals = scratch[: n * start.size].reshape(n, *shape), np.empty((2, n), np.int64)
        sums_of_images(
            batch.bits, batch.driven, batch.plan, batch.raster, batch.weights, weights.c_out,
            coefficients, start, sums, totals[0], totals[1],
        )  # fmt: skip
        yield slice(batch.items.start // group, batch.items.stop // group), Sums(sums, totals[0], totals[1])


def output_shape(
    bits: PackedBits, weights: PackedWeights, stride: Pair, padding: Pair
) -> tuple[int, int, int]:
    """Rows, columns and channels behind images (..., h, w, words)."""
    height, width = (
        (size + 2 * p - k) // s + 1
        for size, k, s, p in zip(bits.shape[-3:-1], weights.kernel, stride, padding, strict=True)
    )
    return height, width, weights.c_out


def gather_sums(parts: Iterable[tuple[slice, Sums]], n: int, shape: tuple[int, int, int]) -> Sums:
    """Batches of `block_sums` as one result, without the columns that fill up blocks."""
    sums, totals = np.empty((n, *shape), np.int32), np.empty((2, n), np.int64)
    for items, part in parts:
        sums[items] = part.sums[..., : shape[2]]
        totals[:, items] = part.dot_total, part.rows_driven
    return Sums(sums, totals[0], totals[1])


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
    if _in_numpy(bits, weights, padding):
        return plain.conv_sums(bits, driven, weights.signs, stride, padding, pad_value)
    if covers_image(bits, weights, padding):
        mask = all_driven(bits) if driven is None else kernel_ready(driven)
        whole = _whole_image_sums(kernel_ready(bits), mask, weights)
        return whole._replace(sums=np.ascontiguousarray(whole.sums[..., : weights.c_out]))
    halves = (np.array([2]), np.zeros(1, np.int32))
    parts = block_sums(bits, driven, weights, stride, padding, pad_value, *halves)
    return gather_sums(parts, len(bits), output_shape(bits, weights, stride, padding))


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
    if _in_numpy(bits, weights, padding):
        sums = plain.conv_sums(bits, driven, weights.signs, stride, padding, pad_value)
        return plain.activate(sums, *activation, out_rows, n_out)
    mask = all_driven(bits) if driven is None else kernel_ready(driven)
    bits, out_rows = kernel_ready(bits), np.require(out_rows, np.int64, ["C", "W"])
    if covers_image(bits, weights, padding):
        act = make_activation(*activation)
        whole = _whole_image_sums(bits, mask, weights)
        out = np.zeros((n_out, *act.out_shape()), np.uint64)
        activate(act, whole.sums, out_rows, out)
        return Bits(out, whole.dot_total, whole.rows_driven)
    act = make_activation(*activation, largest_dot=weights.n_taps)
    out = np.zeros((n_out, *act.out_shape()), np.uint64)
    dot_total, rows_driven = np.empty(len(bits), np.int64), np.empty(len(bits), np.int64)
    for batch in batches(bits, mask, weights, stride, padding, pad_value):
        bits_of_images(
            batch.bits, batch.driven, batch.plan, batch.raster, batch.weights, act, weights.c_out,
            out_rows[batch.items], out, dot_total[batch.items], rows_driven[batch.items],
        )  # fmt: skip
    return Bits(out, dot_total, rows_driven)
