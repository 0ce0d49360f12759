"""Thresholds, flips and pools as the compiled loops read them: 64 columns to a block."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cimsim._jit import njit
from cimsim.sim.kernels.bits import at_least
from cimsim.sim.kernels.blocks import COLUMNS
from cimsim.sim.kernels.pack import PackedBits, channel_mask, n_words, pack_flags
from cimsim.sim.kernels.plain import PoolWindow

__all__ = ["Activation", "activate", "activate_rows", "activate_sums", "make_activation", "store_block"]

_NO_POOL = ((1, 1), (1, 1), (0, 0))


class Activation(NamedTuple):
    """How sums become bits.

    Attributes
    ----------
    thresholds : int16 or int32 (states, classes, columns rounded up to blocks)
    pre_flip, post_flip : words (states, blocks), flips before and after the pool
    valid : words (blocks,), 1 where a column exists
    position_class : uint8 (oh, ow)
    pool_* : max-pool window
    flags : scratch, words (states, oh, ow) of one block
    """

    thresholds: NDArray[Any]
    pre_flip: PackedBits
    post_flip: PackedBits
    valid: PackedBits
    position_class: NDArray[np.uint8]
    pool_kernel_y: int
    pool_kernel_x: int
    pool_stride_y: int
    pool_stride_x: int
    pool_top: int
    pool_left: int
    flags: PackedBits

    def out_shape(self) -> tuple[int, int, int]:
        """Rows, columns and words of one result."""
        height, width = self.position_class.shape
        return (
            (height + 2 * self.pool_top - self.pool_kernel_y) // self.pool_stride_y + 1,
            (width + 2 * self.pool_left - self.pool_kernel_x) // self.pool_stride_x + 1,
            len(self.valid),
        )


def make_activation(
    thresholds: NDArray[np.int32],
    pre_flip: NDArray[np.bool_],
    post_flip: NDArray[np.bool_],
    position_class: NDArray[np.uint8],
    pool: PoolWindow | None,
    largest_dot: int | None = None,
) -> Activation:
    """Lay out the arguments of `conv_bits`; with ``largest_dot`` thresholds are clipped to fit 16 bits."""
    n_states, n_classes, c_out = thresholds.shape
    blocks = n_words(c_out)
    dtype = np.int32 if largest_dot is None else np.int16
    padded = np.zeros((n_states, n_classes, blocks * COLUMNS), dtype)
    clipped = thresholds if largest_dot is None else thresholds.clip(-largest_dot, largest_dot + 1)
    padded[..., :c_out] = clipped
    kernel, stride, padding = (pool.kernel, pool.stride, pool.padding) if pool is not None else _NO_POOL
    return Activation(
        padded,
        pack_flags(np.asarray(pre_flip, np.bool_)),
        pack_flags(np.asarray(post_flip, np.bool_)),
        channel_mask(c_out),
        np.ascontiguousarray(position_class, np.uint8),
        *kernel,
        *stride,
        *padding,
        np.empty((n_states, *position_class.shape), np.uint64),
    )


@njit
def store_block(act: Activation, state: int, block: int, out: PackedBits) -> None:
    """Pool the flags of a state and store them in word ``block`` of ``out`` (oh', ow', words)."""
    flags = act.flags[state]
    height, width = flags.shape
    for y in range(out.shape[0]):
        top = y * act.pool_stride_y - act.pool_top
        for x in range(out.shape[1]):
            left = x * act.pool_stride_x - act.pool_left
            word = np.uint64(0)
            for row in range(max(top, 0), min(top + act.pool_kernel_y, height)):
                for column in range(max(left, 0), min(left + act.pool_kernel_x, width)):
                    word |= flags[row, column]
            out[y, x, block] = (word ^ act.post_flip[state, block]) & act.valid[block]


@njit
def activate_sums(
    act: Activation, sums: NDArray[np.int32], out_rows: NDArray[np.int64], out: PackedBits
) -> None:
    """Bits of one item's sums (oh, ow, columns rounded up to blocks), for every state with an output row."""
    height, width, columns = sums.shape
    flat, thresholds = sums.reshape(-1), act.thresholds.reshape(-1)
    for state in range(len(out_rows)):
        if out_rows[state] < 0:
            continue
        for block in range(columns // COLUMNS):
            for y in range(height):
                for x in range(width):
                    group = state * act.thresholds.shape[1] + act.position_class[y, x]
                    limit = group * columns + block * COLUMNS
                    word = at_least(flat, (y * width + x) * columns + block * COLUMNS, thresholds, limit)
                    act.flags[state, y, x] = word ^ act.pre_flip[state, block]
            store_block(act, state, block, out[out_rows[state]])


@njit
def activate_rows(
    act: Activation, sums: NDArray[np.int32], out_rows: NDArray[np.int64], out: PackedBits
) -> None:
    """`activate_sums` where each item has one output position: (items, columns) into (rows, words)."""
    flat, thresholds, flips = sums.reshape(-1), act.thresholds.reshape(-1), act.pre_flip ^ act.post_flip
    columns, first_class = sums.shape[1], np.int64(act.position_class[0, 0])
    for item in range(len(sums)):
        for state in range(out_rows.shape[1]):
            row = out_rows[item, state]
            if row < 0:
                continue
            limit = (state * act.thresholds.shape[1] + first_class) * columns
            for block in range(columns // COLUMNS):
                first = block * COLUMNS
                word = at_least(flat, item * columns + first, thresholds, limit + first)
                out[row, block] = (word ^ flips[state, block]) & act.valid[block]


@njit
def _activate_images(
    act: Activation, sums: NDArray[np.int32], out_rows: NDArray[np.int64], out: PackedBits
) -> None:
    for item in range(len(sums)):
        activate_sums(act, sums[item], out_rows[item], out)


def activate(act: Activation, sums: NDArray[np.int32], out_rows: NDArray[np.int64], out: PackedBits) -> None:
    """Bits of sums (n, oh, ow, columns rounded up to blocks) into ``out`` (n_out, oh', ow', words)."""
    if sums.shape[1:3] == out.shape[1:3] == (1, 1):
        activate_rows(act, sums[:, 0, 0], out_rows, out[:, 0, 0])
    else:
        _activate_images(act, sums, out_rows, out)
