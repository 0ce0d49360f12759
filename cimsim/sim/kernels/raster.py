"""One image on its way through a convolution: codes, tables of row pairs, mismatch counts.

Output positions x and x + 1 of a row (x even) are a row pair. Their windows lie one stride apart, so the
table of a padded pixel and its neighbour one stride to the right serves every tap that meets that pixel.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cimsim._jit import njit
from cimsim.sim.kernels.bits import sum_counts
from cimsim.sim.kernels.blocks import COLUMNS, TABLE_BYTES, TRIPLE, count_mismatches
from cimsim.sim.kernels.pack import PackedBits, channel_mask
from cimsim.sim.kernels.tables import SPILL, TABLES, Grid, mask_codes, pair_tables, sign_codes

__all__ = [
    "Plan",
    "Raster",
    "count_block",
    "count_total",
    "load_image",
    "load_mask",
    "make_plan",
    "make_raster",
]

Pair = tuple[int, int]


class Plan(NamedTuple):
    """Shape of one convolution as the compiled loops see it.

    Attributes
    ----------
    out_height, out_width : output positions
    kernel_y, kernel_x, stride_y, stride_x : window
    grid : where an image stands in its padded arrays
    valid : words of a pixel, 1 where a channel exists
    pairs : byte offset of the first table of every row pair
    offsets : byte offset from there of the table that each weight nibble meets
    lookup : `tables.TABLES`
    """

    out_height: int
    out_width: int
    kernel_y: int
    kernel_x: int
    stride_y: int
    stride_x: int
    grid: Grid
    valid: PackedBits
    pairs: NDArray[np.int64]
    offsets: NDArray[np.uint32]
    lookup: NDArray[np.uint64]


class Raster(NamedTuple):
    """Scratch of one image, written over and over.

    Attributes
    ----------
    codes, masks : codes of the padded image and their high nibbles (flat), lines of width + stride pixels
    driven : driven taps of every padded pixel
    tables : tables of row pairs, two words each
    counts : mismatches (out_height, out_width rounded up to pairs, 64 columns)
    rows : driven taps of every output position
    driven_until : driven taps above and left of every pixel corner
    """

    codes: NDArray[np.uint8]
    masks: NDArray[np.uint8]
    driven: NDArray[np.int32]
    tables: NDArray[np.uint64]
    counts: NDArray[np.uint16]
    rows: NDArray[np.int32]
    driven_until: NDArray[np.int32]


def make_plan(size: Pair, channels: int, kernel: Pair, stride: Pair, padding: Pair) -> Plan:
    """The plan of a convolution over (height, width) pixels of ``channels`` bits."""
    axes = zip(size, padding, kernel, stride, strict=True)
    out_height, out_width = ((s + 2 * p - k) // t + 1 for s, p, k, t in axes)
    n_codes = -(-channels // 4)
    width = size[1] + 2 * padding[1]
    code_line = (width + stride[1]) * n_codes
    first_code = padding[0] * code_line + padding[1] * n_codes
    grid = Grid(*size, n_codes, first_code, code_line, padding[0] * width + padding[1], width)
    pixel = n_codes * TABLE_BYTES
    y, x = np.mgrid[:out_height, :out_width:2]
    pairs = (y * stride[0] * width + x * stride[1]).ravel() * pixel
    ky, kx, code = np.mgrid[: kernel[0], : kernel[1], :n_codes]
    offsets = ((ky * width + kx) * pixel + code * TABLE_BYTES).ravel()
    return Plan(
        out_height, out_width, *kernel, *stride, grid, channel_mask(channels),
        pairs.astype(np.int64),
        np.pad(offsets, (0, -len(offsets) % TRIPLE)).astype(np.uint32),
        TABLES,
    )  # fmt: skip


def make_raster(plan: Plan, padding: Pair, pad_value: int) -> Raster:
    """Scratch for the images of a plan, its border already filled with ``pad_value``."""
    grid = plan.grid
    height, width = grid.height + 2 * padding[0], grid.pixel_line
    codes = np.zeros(height * grid.code_line + SPILL, np.uint8)
    masks = np.zeros_like(codes)
    driven = np.zeros((height, width), np.int32)
    if pad_value:
        pixel, one = np.zeros(grid.n_codes + SPILL, np.uint8), Grid(1, 1, grid.n_codes, 0, 0, 0, 0)
        mask_codes(plan.valid, one, plan.valid, pixel, driven.reshape(-1))
        driven[:] = driven[0, 0]
        masks[:-SPILL] = np.tile(pixel[: grid.n_codes], (len(masks) - SPILL) // grid.n_codes)
        codes[:] = masks | (15 if pad_value > 0 else 0)
    return Raster(
        codes,
        masks,
        driven,
        np.empty(height * width * grid.n_codes * TABLE_BYTES // 8, np.uint64),
        np.empty(len(plan.pairs) * 2 * COLUMNS, np.uint16),
        np.empty((plan.out_height, plan.out_width), np.int32),
        np.zeros((height + 1, width + 1), np.int32),
    )


@njit
def _window_rows(plan: Plan, raster: Raster) -> int:
    """Driven taps of every output position, from running sums over the image; returns their sum."""
    until = raster.driven_until
    for y in range(raster.driven.shape[0]):
        line = np.int32(0)
        for x in range(raster.driven.shape[1]):
            line += raster.driven[y, x]
            until[y + 1, x + 1] = until[y, x + 1] + line
    total = 0
    for y in range(plan.out_height):
        top, bottom = y * plan.stride_y, y * plan.stride_y + plan.kernel_y
        for x in range(plan.out_width):
            left, right = x * plan.stride_x, x * plan.stride_x + plan.kernel_x
            above, below = until[top, right] - until[top, left], until[bottom, right] - until[bottom, left]
            raster.rows[y, x] = below - above
            total += below - above
    return total


@njit
def load_mask(plan: Plan, raster: Raster, driven: PackedBits) -> int:
    """Which taps are driven, from one image (h, w, words), until the next call.

    Returns
    -------
    driven taps, summed over output positions
    """
    mask_codes(driven.reshape(-1), plan.grid, plan.valid, raster.masks, raster.driven.reshape(-1))
    return _window_rows(plan, raster)


@njit
def load_image(plan: Plan, raster: Raster, bits: PackedBits) -> None:
    """Codes and row-pair tables of one image (h, w, words)."""
    grid = plan.grid
    sign_codes(bits.reshape(-1), grid, raster.masks, raster.codes)
    pairs, second = grid.pixel_line * grid.n_codes, plan.stride_x * grid.n_codes
    for y in range(raster.driven.shape[0]):
        first = y * grid.code_line
        pair_tables(raster.codes, first, first + second, pairs, plan.lookup, raster.tables, 2 * y * pairs)


@njit
def count_block(plan: Plan, raster: Raster, weights: NDArray[np.uint8], block: int) -> None:
    """Mismatches of every output position with one block of 64 columns."""
    raster.counts[:] = 0
    n_nibbles = weights.shape[1]
    flat = weights.reshape(-1)
    for pair in range(len(plan.pairs)):
        count_mismatches(
            raster.tables, plan.pairs[pair], plan.offsets, flat, block * n_nibbles * COLUMNS,
            n_nibbles // TRIPLE, raster.counts, pair * 2 * COLUMNS,
        )  # fmt: skip


@njit
def count_total(plan: Plan, raster: Raster) -> int:
    """Sum of all counts of a block; positions that only fill up a pair are left out."""
    even_width = (plan.out_width + 1) // 2 * 2
    total = 0
    for y in range(plan.out_height):
        for x in range(plan.out_width):
            total += sum_counts(raster.counts, (y * even_width + x) * COLUMNS)
    return total
