"""Rows against columns: fully connected layers and the matrix product, 64 rows at a time.

Rows 2i and 2i + 1 are a row pair. Tables of all pairs for a run of nibbles stay in the second-level cache
while every block of columns passes over them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cimsim._jit import njit
from cimsim.sim.kernels.bits import add_dots
from cimsim.sim.kernels.blocks import COLUMNS, TABLE_BYTES, TRIPLE, count_mismatches
from cimsim.sim.kernels.pack import PackedBits, channel_mask
from cimsim.sim.kernels.tables import SPILL, TABLES, Grid, mask_codes, pair_tables, sign_codes

__all__ = ["MAX_ROW_TAPS", "row_sums"]

MAX_ROW_TAPS = 65535
"""More taps overflow the 16-bit counts."""
_ROWS = 64
_RUN_TRIPLES = 80


@njit
def _count_rows(
    codes: NDArray[np.uint8], weights: NDArray[np.uint8], lookup: NDArray[np.uint64],
    offsets: NDArray[np.uint32], tables: NDArray[np.uint64], counts: NDArray[np.uint16],
) -> None:  # fmt: skip
    """Mismatches of all rows of codes with all blocks of columns, into counts (blocks, rows, 64)."""
    n_nibbles = weights.shape[1]
    flat, flat_codes, flat_counts = weights.reshape(-1), codes.reshape(-1), counts.reshape(-1)
    counts[:] = 0
    run = TRIPLE * _RUN_TRIPLES
    for first in range(0, n_nibbles, run):
        length = min(run, n_nibbles - first)
        for row in range(0, len(codes), 2):
            start = row * n_nibbles + first
            pair_tables(flat_codes, start, start + n_nibbles, length, lookup, tables, row * run)
        for block in range(len(weights)):
            for pair in range(len(codes) // 2):
                count_mismatches(
                    tables, pair * run * TABLE_BYTES, offsets, flat, (block * n_nibbles + first) * COLUMNS,
                    length // TRIPLE, flat_counts, (block * len(codes) + 2 * pair) * COLUMNS,
                )  # fmt: skip


@njit
def _add_sums(counts: NDArray[np.uint16], driven: NDArray[np.int64], sums: NDArray[np.int32]) -> None:
    """Dots (rows, columns) of the counts (blocks, rows, 64)."""
    flat, flat_counts = sums.reshape(-1), counts.reshape(-1)
    for row in range(len(sums)):
        for block in range(len(counts)):
            target = row * sums.shape[1] + block * COLUMNS
            add_dots(flat, target, flat_counts, (block * counts.shape[1] + row) * COLUMNS, driven[row], 1)


@njit
def _row_sums(
    bits: PackedBits, driven: PackedBits, valid: PackedBits, n_codes: int, weights: NDArray[np.uint8],
    lookup: NDArray[np.uint64], offsets: NDArray[np.uint32], sums: NDArray[np.int32], rows: NDArray[np.int64],
) -> None:  # fmt: skip
    n_rows = min(_ROWS, (len(bits) + 1) // 2 * 2)
    taps = np.empty(bits.shape[1], np.int32)
    codes = np.zeros((n_rows, weights.shape[1]), np.uint8)
    grid = Grid(1, bits.shape[1], n_codes, 0, 0, 0, 0)
    masks = np.zeros(bits.shape[1] * n_codes + SPILL, np.uint8)
    signs = np.zeros_like(masks)
    scratch = np.empty(len(weights) * n_rows * COLUMNS, np.uint16)
    tables = np.empty(n_rows // 2 * TRIPLE * _RUN_TRIPLES * 2, np.uint64)
    for start in range(0, len(bits), n_rows):
        end = min(start + n_rows, len(bits))
        for i in range(start, end):
            if i == 0 or len(driven) > 1:
                mask_codes(driven[i].reshape(-1), grid, valid, masks, taps)
            sign_codes(bits[i].reshape(-1), grid, masks, signs)
            for nibble in range(len(signs) - SPILL):
                codes[i - start, nibble] = signs[nibble]
            rows[i] = 0
            for pixel in range(len(taps)):
                rows[i] += taps[pixel]
        used = (end - start + 1) // 2 * 2
        counts = scratch[: len(weights) * used * COLUMNS].reshape(len(weights), used, COLUMNS)
        _count_rows(codes[:used], weights, lookup, offsets, tables, counts)
        _add_sums(counts, rows[start:end], sums[start:end])


def row_sums(
    bits: PackedBits, driven: PackedBits, channels: int, weights: NDArray[np.uint8]
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Dots of packed rows with all columns.

    Parameters
    ----------
    bits : uint64 (n, pixels, words) of ``channels`` bits a pixel, at most `MAX_ROW_TAPS` in all
    driven : same shape, or one row that serves all
    weights : `weights.pack_nibbles` of (columns, pixels, channels)

    Returns
    -------
    int32 sums (n, columns rounded up to blocks) and int64 driven taps (n,)
    """
    sums, rows = np.zeros((len(bits), len(weights) * COLUMNS), np.int32), np.empty(len(bits), np.int64)
    offsets = np.arange(TRIPLE * _RUN_TRIPLES, dtype=np.uint32) * np.uint32(TABLE_BYTES)
    valid = channel_mask(channels)
    _row_sums(bits, driven, valid, -(-channels // 4), weights, TABLES, offsets, sums, rows)
    return sums, rows
