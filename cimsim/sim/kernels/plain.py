"""The kernels in NumPy: what the compiled ones compute, and what runs under ``CIMSIM_JIT=0``.

Activations become float64 -1, 0 (not driven) or +1 and go through a matrix product, exact for these integers.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from cimsim.sim.kernels.pack import PackedBits, pack_flags, unpack_flags, unpack_signs

__all__ = [
    "Bits",
    "PoolWindow",
    "Sums",
    "activate",
    "combine_planes",
    "conv_sums",
    "gemm",
    "plane_coefficients",
    "pool_signs",
    "weigh_planes",
]

Pair = tuple[int, int]
_WORKING_SET_BYTES = 1 << 26


class PoolWindow(Protocol):
    """A max-pool window (rows, columns), as in `cimsim.mapping.program.Pool`."""

    @property
    def kernel(self) -> Pair: ...
    @property
    def stride(self) -> Pair: ...
    @property
    def padding(self) -> Pair: ...


class Sums(NamedTuple):
    """Exact sums of one MAC layer and the activity behind them.

    Attributes
    ----------
    sums : int32 (n, oh, ow, c_out)
    dot_total : int64 (n,), all dots of -1/+1 taps of an item, over positions, channels and bit planes
    rows_driven : int64 (n,), driven taps of an item, over positions and bit planes
    """

    sums: NDArray[np.int32]
    dot_total: NDArray[np.int64]
    rows_driven: NDArray[np.int64]


class Bits(NamedTuple):
    """Packed signs behind one MAC layer, (n_out, oh, ow, words), and the activity as in `Sums`."""

    bits: PackedBits
    dot_total: NDArray[np.int64]
    rows_driven: NDArray[np.int64]


def _windows(values: NDArray[np.float64], kernel: Pair, stride: Pair) -> NDArray[np.float64]:
    """(n, h, w, c) to (n, oh, ow, c, k_h, k_w), a view."""
    view = np.lib.stride_tricks.sliding_window_view(values, kernel, axis=(1, 2))
    return view[:, :: stride[0], :: stride[1]]


def _dot(
    values: NDArray[np.float64], signs: NDArray[np.int8], stride: Pair, padding: Pair, pad_value: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Sums (n, oh, ow, c_out) of -1/0/+1 values, and driven taps (n, oh, ow)."""
    border = ((0, 0), (padding[0],) * 2, (padding[1],) * 2, (0, 0))
    taps = _windows(np.pad(values, border, constant_values=pad_value), signs.shape[2:4], stride)
    flat = taps.reshape(*taps.shape[:3], signs[0].size)
    return flat @ signs.reshape(len(signs), -1).T.astype(np.float64), np.abs(flat).sum(axis=-1)


def _values(bits: PackedBits, driven: PackedBits | None, channels: int) -> NDArray[np.float64]:
    values = unpack_signs(bits, channels).astype(np.float64)
    return values if driven is None else values * unpack_flags(driven, channels)


def conv_sums(
    bits: PackedBits,
    driven: PackedBits | None,
    signs: NDArray[np.int8],
    stride: Pair,
    padding: Pair,
    pad_value: int,
) -> Sums:
    """Exact sums of a convolution, `cimsim.sim.kernels.conv_sums` with int8 weights."""
    positions = (bits.shape[1] + 2 * padding[0]) * (bits.shape[2] + 2 * padding[1])
    chunk = max(1, _WORKING_SET_BYTES // (8 * signs[0].size * positions))
    parts = []
    for start in range(0, max(1, len(bits)), chunk):
        items = slice(start, start + chunk)
        mask = None if driven is None else driven[items]
        dots, rows = _dot(_values(bits[items], mask, signs.shape[1]), signs, stride, padding, pad_value)
        parts.append((dots.astype(np.int32), dots.sum(axis=(1, 2, 3)), rows.sum(axis=(1, 2))))
    sums, dot_total, rows_driven = (np.concatenate(part) for part in zip(*parts, strict=True))
    return Sums(sums, dot_total.astype(np.int64), rows_driven.astype(np.int64))


def plane_coefficients(n_bits: int, signed: bool) -> NDArray[np.int64]:
    """Weight of each bit plane, 2^b, the top one negative in two's complement."""
    coefficients = np.left_shift(1, np.arange(n_bits, dtype=np.int64))
    if signed:
        coefficients[-1] *= -1
    return coefficients


def combine_planes(dots: Sums, in_bounds: NDArray[np.int32], n_bits: int, signed: bool) -> Sums:
    """q.w of items whose bit planes were convolved one by one (n * n_bits items).

    Parameters
    ----------
    in_bounds : sum of the weights whose taps lie inside the image (oh, ow, c_out)
    """
    n = len(dots.sums) // n_bits
    totals = (part.reshape(n, n_bits).sum(axis=1) for part in (dots.dot_total, dots.rows_driven))
    return Sums(weigh_planes(dots.sums, in_bounds, n_bits, signed), *totals)


def weigh_planes(
    dots: NDArray[np.int32], in_bounds: NDArray[np.int32], n_bits: int, signed: bool
) -> NDArray[np.int32]:
    """q.w of the dots of bit planes (n * n_bits, ...), below 2^30; ``in_bounds`` as in `combine_planes`."""
    by_plane = dots.reshape(-1, n_bits, *dots.shape[1:])
    doubled = -by_plane[:, -1] if signed else by_plane[:, -1].copy()
    for plane in reversed(range(n_bits - 1)):
        doubled *= 2
        doubled += by_plane[:, plane]
    doubled += np.asarray(plane_coefficients(n_bits, signed).sum() * in_bounds, np.int32)
    return doubled >> 1


def _any_in_window(flags: NDArray[np.bool_], pool: PoolWindow) -> NDArray[np.bool_]:
    """OR over pool windows of (n, h, w, c); padding contributes nothing."""
    border = ((0, 0), (pool.padding[0],) * 2, (pool.padding[1],) * 2, (0, 0))
    view = np.lib.stride_tricks.sliding_window_view(np.pad(flags, border), pool.kernel, axis=(1, 2))
    return np.asarray(view[:, :: pool.stride[0], :: pool.stride[1]].any(axis=(-2, -1)))


def activate(
    result: Sums,
    thresholds: NDArray[np.int32],
    pre_flip: NDArray[np.bool_],
    post_flip: NDArray[np.bool_],
    position_class: NDArray[np.uint8],
    pool: PoolWindow | None,
    out_rows: NDArray[np.int64],
    n_out: int,
) -> Bits:
    """Compare sums with the thresholds of every wanted state, pool and pack."""
    planes: list[tuple[NDArray[np.int64], PackedBits]] = []
    for state in range(out_rows.shape[1]):
        limits = thresholds[state][position_class]
        flags = (result.sums >= limits) ^ pre_flip[state]
        if pool is not None:
            flags = _any_in_window(flags, pool)
        wanted = np.flatnonzero(out_rows[:, state] >= 0)
        planes.append((out_rows[wanted, state], pack_flags(flags[wanted] ^ post_flip[state])))
    out = np.zeros((n_out, *planes[0][1].shape[1:]), np.uint64)
    for rows, packed in planes:
        out[rows] = packed
    return Bits(out, result.dot_total, result.rows_driven)


def pool_signs(
    bits: PackedBits, driven: PackedBits | None, channels: int, pool: PoolWindow
) -> tuple[PackedBits, PackedBits | None]:
    """Max over windows of -1, 0 (not driven) and +1; padding contributes nothing."""
    signs = unpack_flags(bits, channels)
    mask = np.ones_like(signs) if driven is None else unpack_flags(driven, channels)
    positive, idle = _any_in_window(signs & mask, pool), _any_in_window(~mask, pool)
    driven_out = None if driven is None else pack_flags(positive | ~idle)
    return pack_flags(positive), driven_out


def gemm(a: PackedBits, b: PackedBits, k: int) -> NDArray[np.int32]:
    """Dots of -1/+1 rows: (m, words) and (n, words), k bits each, to int32 (m, n)."""
    left, right = (unpack_signs(side, k).astype(np.float64) for side in (a, b))
    return np.asarray(left @ right.T, np.int32)
