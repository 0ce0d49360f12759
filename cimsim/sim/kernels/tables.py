"""Activations as the tables that `blocks.count_mismatches` looks up.

A code is a byte: signs of four taps in the low nibble, which of them are driven in the high one. `TABLES` holds
the 16-byte table of every code, as two words; a row pair's table is ``first + (second << 4)``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cimsim._jit import njit
from cimsim.sim.kernels.bits import count_ones
from cimsim.sim.kernels.pack import PackedBits

__all__ = ["TABLES", "pair_tables", "word_codes"]


def _code_tables() -> NDArray[np.uint64]:
    code, nibble = np.ogrid[:256, :16]
    differing = (code ^ nibble) & (code >> 4) & 15
    counts = np.array([bin(value).count("1") for value in range(16)], np.uint8)[differing]
    return np.ascontiguousarray(counts).view(np.uint64)


TABLES = _code_tables()
"""uint64 (256, 2): byte v of a code's table is the number of driven taps that differ from weight nibble v."""


@njit
def _spread(word: np.uint64) -> np.uint64:
    """The eight nibbles of the low half, one a byte."""
    wide = word & np.uint64(0xFFFFFFFF)
    wide = (wide | (wide << np.uint64(16))) & np.uint64(0x0000FFFF0000FFFF)
    wide = (wide | (wide << np.uint64(8))) & np.uint64(0x00FF00FF00FF00FF)
    return (wide | (wide << np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)


@njit
def word_codes(
    bits: PackedBits, driven: PackedBits, valid: PackedBits, octets: NDArray[np.uint64]
) -> int:
    """Codes of one pixel, eight to a word of ``octets``; bits outside ``valid`` are not driven.

    Returns
    -------
    driven taps of the pixel
    """
    rows = 0
    for octet in range(len(octets)):
        word, shift = octet >> 1, np.uint64(32 * (octet & 1))
        mask = ((driven[word] & valid[word]) >> shift) & np.uint64(0xFFFFFFFF)
        octets[octet] = _spread(bits[word] >> shift) | (_spread(mask) << np.uint64(4))
        rows += count_ones(mask)
    return rows


@njit
def pair_tables(
    first: NDArray[np.uint8], second: NDArray[np.uint8], lookup: NDArray[np.uint64], tables: NDArray[np.uint64]
) -> None:
    """Tables of a row pair from the codes of both rows, two words a code."""
    for i in range(len(tables) // 2):
        low, high = first[i], second[i]
        tables[2 * i] = lookup[low, 0] + (lookup[high, 0] << np.uint64(4))
        tables[2 * i + 1] = lookup[low, 1] + (lookup[high, 1] << np.uint64(4))
