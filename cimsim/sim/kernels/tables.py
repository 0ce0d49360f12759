"""Activations as the tables that `blocks.count_mismatches` looks up.

A code is a byte: signs of four taps in the low nibble, which of them are driven in the high one. `TABLES`
holds the 16-byte table of every code, as two words; a row pair's table is ``first + (second << 4)``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cimsim._jit import njit
from cimsim.sim.kernels.bits import count_ones, load_octet, store_octet, store_pair_table
from cimsim.sim.kernels.pack import PackedBits

__all__ = ["SPILL", "TABLES", "Grid", "mask_codes", "pair_tables", "sign_codes"]


def _code_tables() -> NDArray[np.uint64]:
    code, nibble = np.ogrid[:256, :16]
    differing = (code ^ nibble) & (code >> 4) & 15
    counts = np.array([bin(value).count("1") for value in range(16)], np.uint8)[differing]
    return np.ascontiguousarray(counts).view(np.uint64)


TABLES = _code_tables()
"""uint64 (256, 2): byte v of a code's table is the number of driven taps that differ from weight nibble v."""
SPILL = 8
"""Bytes that arrays of codes extend beyond the last one."""


class Grid(NamedTuple):
    """Where the pixels of an image stand in its padded arrays.

    Attributes
    ----------
    height, width : pixels
    n_codes : codes of a pixel
    first_code, code_line : index of the first pixel's codes, and codes of a padded line
    first_pixel, pixel_line : index of the first pixel, and pixels of a padded line
    """

    height: int
    width: int
    n_codes: int
    first_code: int
    code_line: int
    first_pixel: int
    pixel_line: int


@njit
def _spread(word: np.uint64) -> np.uint64:
    """The eight nibbles of the low half, one a byte."""
    wide = word & np.uint64(0xFFFFFFFF)
    wide = (wide | (wide << np.uint64(16))) & np.uint64(0x0000FFFF0000FFFF)
    wide = (wide | (wide << np.uint64(8))) & np.uint64(0x00FF00FF00FF00FF)
    octet: np.uint64 = (wide | (wide << np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return octet


@njit
def mask_codes(
    driven: PackedBits, grid: Grid, valid: PackedBits, masks: NDArray[np.uint8], rows: NDArray[np.int32]
) -> None:
    """High nibbles of the codes of one image, and the driven taps of its pixels.

    Eight codes are written at once; what spills over belongs to the next pixel, or is put back at the end.

    Parameters
    ----------
    driven : flat words of the pixels
    valid : bits of a pixel that count
    masks, rows : written where ``grid`` says
    """
    for y in range(grid.height):
        start = grid.first_code + y * grid.code_line
        end = start + grid.width * grid.n_codes
        behind = load_octet(masks, end)
        for x in range(grid.width):
            word, taps = (y * grid.width + x) * len(valid), 0
            for first in range(0, grid.n_codes, 8):
                i, shift = first >> 4, np.uint64((first & 8) << 2)
                mask = ((driven[word + i] & valid[i]) >> shift) & np.uint64(0xFFFFFFFF)
                taps += count_ones(mask)
                store_octet(masks, start + x * grid.n_codes + first, _spread(mask) << np.uint64(4))
            rows[grid.first_pixel + y * grid.pixel_line + x] = taps
        store_octet(masks, end, behind)


@njit
def sign_codes(bits: PackedBits, grid: Grid, masks: NDArray[np.uint8], codes: NDArray[np.uint8]) -> None:
    """Codes of one image: its masks, with the signs of the pixels (flat words) in the low nibbles."""
    words = (grid.n_codes + 15) >> 4
    for y in range(grid.height):
        start = grid.first_code + y * grid.code_line
        end = start + grid.width * grid.n_codes
        behind = load_octet(codes, end)
        for x in range(grid.width):
            word, at = (y * grid.width + x) * words, start + x * grid.n_codes
            for first in range(0, grid.n_codes, 8):
                signs = _spread(bits[word + (first >> 4)] >> np.uint64((first & 8) << 2))
                store_octet(codes, at + first, signs | load_octet(masks, at + first))
        store_octet(codes, end, behind)


@njit
def pair_tables(
    codes: NDArray[np.uint8], first: int, second: int, n: int,
    lookup: NDArray[np.uint64], tables: NDArray[np.uint64], start: int,
) -> None:  # fmt: skip
    """Tables of a row pair from ``n`` codes of both rows, two words a code, to ``tables[start]`` and on."""
    for i in range(n):
        store_pair_table(lookup, codes[first + i], codes[second + i], tables, start + 2 * i)
