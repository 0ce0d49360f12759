"""One image on its way through a convolution: codes, tables of row pairs, mismatch counts.

Output positions x and x + 1 of a row (x even) are a row pair. Their windows lie one stride apart, so the table of
a padded pixel and its neighbour one stride to the right serves every tap that meets that pixel.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cimsim._jit import njit
from cimsim.sim.kernels.blocks import COLUMNS, TABLE_BYTES, TRIPLE, count_mismatches
from cimsim.sim.kernels.pack import PackedBits, channel_mask
from cimsim.sim.kernels.tables import TABLES, pair_tables, word_codes

__all__ = ["Plan", "Raster", "count_block", "count_total", "load_image", "make_plan", "make_raster"]

Pair = tuple[int, int]


class Plan(NamedTuple):
    """Shape of one convolution as the compiled loops see it.

    Attributes
    ----------
    out_height, out_width : output positions
    top, left : padding
    kernel_y, kernel_x, stride_y, stride_x : window
    n_codes : codes of a pixel
    valid : words of a pixel, 1 where a channel exists
    pairs : byte offset of the first table of every row pair, and once more the last one's
    offsets : byte offset from there of the table that each weight nibble meets
    lookup : `tables.TABLES`
    """

    out_height: int
    out_width: int
    top: int
    left: int
    kernel_y: int
    kernel_x: int
    stride_y: int
    stride_x: int
    n_codes: int
    valid: PackedBits
    pairs: NDArray[np.int64]
    offsets: NDArray[np.uint32]
    lookup: NDArray[np.uint64]


class Raster(NamedTuple):
    """Scratch of one image, written over and over.

    Attributes
    ----------
    octets : codes of the padded image, eight a word (height, width + stride, octets)
    driven : driven taps of every padded pixel
    tables : tables of row pairs, two words each
    counts : mismatches (out_height, out_width rounded up to pairs, 64 columns)
    rows : driven taps of every output position
    """

    octets: NDArray[np.uint64]
    driven: NDArray[np.int32]
    tables: NDArray[np.uint64]
    counts: NDArray[np.uint16]
    rows: NDArray[np.int32]


def make_plan(size: Pair, channels: int, kernel: Pair, stride: Pair, padding: Pair) -> Plan:
    """The plan of a convolution over (height, width) pixels of ``channels`` bits."""
    out_height, out_width = ((s + 2 * p - k) // t + 1 for s, p, k, t in zip(size, padding, kernel, stride, strict=True))
    n_codes = -(-channels // 4)
    pixel = n_codes * TABLE_BYTES
    line = (size[1] + 2 * padding[1]) * pixel
    y, x = np.mgrid[:out_height, : out_width : 2]
    pairs = (y * stride[0] * line + x * stride[1] * pixel).ravel()
    ky, kx, code = np.mgrid[: kernel[0], : kernel[1], :n_codes]
    offsets = (ky * line + kx * pixel + code * TABLE_BYTES).ravel()
    return Plan(
        out_height, out_width, *padding, *kernel, *stride, n_codes, channel_mask(channels),
        np.append(pairs, pairs[-1]).astype(np.int64),
        np.pad(offsets, (0, -len(offsets) % TRIPLE)).astype(np.uint32),
        TABLES,
    )  # fmt: skip


def make_raster(plan: Plan, size: Pair, pad_value: int) -> Raster:
    """Scratch for images of ``size``, its border already filled with ``pad_value``."""
    height, width = size[0] + 2 * plan.top, size[1] + 2 * plan.left
    octets = np.zeros((height, width + plan.stride_x, -(-plan.n_codes // 8)), np.uint64)
    driven = np.zeros((height, width), np.int32)
    if pad_value:
        signs = np.full_like(plan.valid, ~np.uint64(0) if pad_value > 0 else np.uint64(0))
        driven[:] = word_codes(signs, plan.valid, plan.valid, octets[0, 0])
        octets[:] = octets[0, 0].copy()
    return Raster(
        octets,
        driven,
        np.empty(height * width * plan.n_codes * TABLE_BYTES // 8, np.uint64),
        np.empty(len(plan.pairs) * 2 * COLUMNS, np.uint16),
        np.empty((plan.out_height, plan.out_width), np.int32),
    )


@njit
def _window_rows(plan: Plan, raster: Raster) -> None:
    """Driven taps of every output position: down the columns first, then along the row."""
    column = np.empty(raster.driven.shape[1], np.int32)
    for y in range(plan.out_height):
        column[:] = raster.driven[y * plan.stride_y]
        for ky in range(1, plan.kernel_y):
            column += raster.driven[y * plan.stride_y + ky]
        for x in range(plan.out_width):
            rows = 0
            for kx in range(plan.kernel_x):
                rows += column[x * plan.stride_x + kx]
            raster.rows[y, x] = rows


@njit
def load_image(plan: Plan, raster: Raster, bits: PackedBits, driven: PackedBits) -> None:
    """Codes, row-pair tables and driven taps of one image (h, w, words)."""
    for y in range(bits.shape[0]):
        for x in range(bits.shape[1]):
            octets = raster.octets[y + plan.top, x + plan.left]
            raster.driven[y + plan.top, x + plan.left] = word_codes(bits[y, x], driven[y, x], plan.valid, octets)
    codes = raster.octets.view(np.uint8)
    height, width = raster.driven.shape
    words = 2 * plan.n_codes
    for y in range(height):
        for x in range(width):
            start = (y * width + x) * words
            tables = raster.tables[start : start + words]
            pair_tables(codes[y, x], codes[y, x + plan.stride_x], plan.lookup, tables)
    _window_rows(plan, raster)


@njit
def count_block(plan: Plan, raster: Raster, weights: NDArray[np.uint8], block: int) -> None:
    """Mismatches of every output position with one block of 64 columns."""
    raster.counts[:] = 0
    n_nibbles = weights.shape[1]
    flat = weights.reshape(-1)
    for pair in range(0, len(plan.pairs) - 1, 2):
        count_mismatches(
            raster.tables, plan.pairs[pair], plan.pairs[pair + 1], plan.offsets,
            flat, block * n_nibbles * COLUMNS, n_nibbles // TRIPLE,
            raster.counts, pair * 2 * COLUMNS, (pair + 1) * 2 * COLUMNS,
        )  # fmt: skip


@njit
def count_total(plan: Plan, raster: Raster) -> int:
    """Sum of all counts of a block, four to a word; positions that only fill up a pair are left out."""
    even = np.uint64(0x0000FFFF0000FFFF)
    words = raster.counts.view(np.uint64)
    line = (plan.out_width + 1) // 2 * 2 * COLUMNS // 4
    total = np.int64(0)
    for y in range(plan.out_height):
        sums = np.uint64(0)
        for word in words[y * line : y * line + plan.out_width * COLUMNS // 4]:
            sums += (word & even) + ((word >> np.uint64(16)) & even)
        total += np.int64(sums & np.uint64(0xFFFFFFFF)) + np.int64(sums >> np.uint64(32))
    return total
