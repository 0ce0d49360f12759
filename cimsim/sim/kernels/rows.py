"""Rows against columns: fully connected layers and the matrix product, 64 rows at a time.

Rows 2i and 2i + 1 are a row pair. Tables of all pairs for a run of nibbles stay in the second-level cache while
every block of columns passes over them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cimsim._jit import njit
from cimsim.sim.kernels.blocks import COLUMNS, TABLE_BYTES, TRIPLE, count_mismatches
from cimsim.sim.kernels.pack import PackedBits, channel_mask
from cimsim.sim.kernels.tables import TABLES, pair_tables, word_codes

__all__ = ["row_sums"]

MAX_TAPS = 65535
"""More taps overflow the 16-bit counts."""
_ROWS = 64
_RUN_TRIPLES = 80


@njit
def _load_codes(bits: PackedBits, driven: PackedBits, valid: PackedBits, n_codes: int, codes: NDArray[np.uint8]) -> int:
    """Codes of one row (pixels, words), pixel after pixel; returns its driven taps."""
    octets = np.empty((n_codes + 7) // 8, np.uint64)
    pixel = octets.view(np.uint8)
    rows = 0
    for i in range(len(bits)):
        rows += word_codes(bits[i], driven[i], valid, octets)
        codes[i * n_codes : (i + 1) * n_codes] = pixel[:n_codes]
    return rows


@njit
def _count_rows(
    codes: NDArray[np.uint8], weights: NDArray[np.uint8], lookup: NDArray[np.uint64],
    offsets: NDArray[np.uint32], tables: NDArray[np.uint64], counts: NDArray[np.uint16],
) -> None:
    """Mismatches of all rows of codes with all blocks of columns, into counts (blocks, rows, 64)."""
    n_nibbles = weights.shape[1]
    flat, flat_counts = weights.reshape(-1), counts.reshape(-1)
    counts[:] = 0
    run = TRIPLE * _RUN_TRIPLES
    for first in range(0, n_nibbles, run):
        length = min(run, n_nibbles - first)
        for pair in range(len(codes) // 2):
            table = tables[pair * 2 * run : pair * 2 * run + 2 * length]
            pair_tables(
                codes[2 * pair, first : first + length], codes[2 * pair + 1, first : first + length], lookup, table
            )
        for block in range(len(weights)):
            for pair in range(0, len(codes) // 2, 2):
                target = (block * len(codes) + 2 * pair) * COLUMNS
                count_mismatches(
                    tables, pair * run * TABLE_BYTES, (pair + 1) * run * TABLE_BYTES, offsets,
                    flat, (block * n_nibbles + first) * COLUMNS, length // TRIPLE,
                    flat_counts, target, target + 2 * COLUMNS,
                )  # fmt: skip


@njit
def _write_sums(counts: NDArray[np.uint16], driven: NDArray[np.int64], out: NDArray[np.int32]) -> None:
    """Dots (rows, columns) of the counts (blocks, rows, 64)."""
    for row in range(len(out)):
        rows = np.int32(driven[row])
        for block in range(len(counts)):
            first = block * COLUMNS
            for column in range(min(COLUMNS, out.shape[1] - first)):
                out[row, first + column] = rows - 2 * np.int32(counts[block, row, column])


@njit
def _row_sums(
    bits: PackedBits, driven: PackedBits, valid: PackedBits, n_codes: int, weights: NDArray[np.uint8],
    lookup: NDArray[np.uint64], offsets: NDArray[np.uint32], sums: NDArray[np.int32], rows: NDArray[np.int64],
) -> None:
    n_rows = min(_ROWS, (len(bits) + 3) // 4 * 4)
    codes = np.zeros((n_rows, weights.shape[1]), np.uint8)
    scratch = np.empty(len(weights) * n_rows * COLUMNS, np.uint16)
    tables = np.empty(n_rows // 2 * TRIPLE * _RUN_TRIPLES * 2, np.uint64)
    for start in range(0, len(bits), n_rows):
        end = min(start + n_rows, len(bits))
        for i in range(start, end):
            mask = driven[i if len(driven) > 1 else 0]
            rows[i] = _load_codes(bits[i], mask, valid, n_codes, codes[i - start])
        used = (end - start + 3) // 4 * 4
        counts = scratch[: len(weights) * used * COLUMNS].reshape(len(weights), used, COLUMNS)
        _count_rows(codes[:used], weights, lookup, offsets, tables, counts)
        _write_sums(counts, rows[start:end], sums[start:end])


def row_sums(
    bits: PackedBits, driven: PackedBits, channels: int, weights: NDArray[np.uint8], c_out: int
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Dots of packed rows with all columns.

    Parameters
    ----------
    bits : uint64 (n, pixels, words) of ``channels`` bits a pixel, at most `MAX_TAPS` in all
    driven : same shape, or one row that serves all
    weights : `weights.pack_nibbles` of (c_out, pixels, channels)

    Returns
    -------
    int32 sums (n, c_out) and int64 driven taps (n,)
    """
    sums, rows = np.empty((len(bits), c_out), np.int32), np.empty(len(bits), np.int64)
    offsets = np.arange(TRIPLE * _RUN_TRIPLES, dtype=np.uint32) * np.uint32(TABLE_BYTES)
    valid = channel_mask(channels)
    _row_sums(bits, driven, valid, -(-channels // 4), weights, TABLES, offsets, sums, rows)
    return sums, rows
