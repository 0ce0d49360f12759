"""Loops over images: every image is loaded, counted block by block of columns, and compared."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cimsim._jit import njit
from cimsim.sim.kernels.activation import Activation, store_block
from cimsim.sim.kernels.bits import add_dots, counts_at_least
from cimsim.sim.kernels.blocks import COLUMNS
from cimsim.sim.kernels.pack import PackedBits
from cimsim.sim.kernels.raster import Plan, Raster, count_block, count_total, load_image, load_mask

__all__ = ["bits_of_images", "sums_of_images"]


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
    total = 0
    for block in range(len(weights)):
        count_block(plan, raster, weights, block)
        total += count_total(plan, raster)
        for state in range(len(out_rows)):
            if out_rows[state] >= 0:
                _flag_counts(plan, raster, act, state, block)
                store_block(act, state, block, out[out_rows[state]])
    return total


@njit
def bits_of_images(
    bits: PackedBits, driven: PackedBits, plan: Plan, raster: Raster, weights: NDArray[np.uint8],
    act: Activation, c_out: int, out_rows: NDArray[np.int64], out: PackedBits,
    dot_total: NDArray[np.int64], rows_driven: NDArray[np.int64],
) -> None:  # fmt: skip
    """Signs of every image (n, h, w, words); ``driven`` holds as many images, or one that serves all."""
    rows = 0
    for i in range(len(bits)):
        if i == 0 or len(driven) > 1:
            rows = load_mask(plan, raster, driven[i])
        load_image(plan, raster, bits[i])
        mismatches = _image_bits(plan, raster, weights, act, out_rows[i], out)
        rows_driven[i] = rows
        dot_total[i] = rows * c_out - 2 * mismatches


@njit
def _add_image(
    plan: Plan, raster: Raster, weights: NDArray[np.uint8], factor: int, sums: NDArray[np.int32]
) -> int:
    """Add factor x dots of the loaded image to ``sums`` (oh, ow, columns); returns all mismatches."""
    even_width = (plan.out_width + 1) // 2 * 2
    flat, total = sums.reshape(-1), 0
    for block in range(len(weights)):
        count_block(plan, raster, weights, block)
        total += count_total(plan, raster)
        for y in range(plan.out_height):
            for x in range(plan.out_width):
                target = ((y * plan.out_width + x) * len(weights) + block) * COLUMNS
                start = (y * even_width + x) * COLUMNS
                add_dots(flat, target, raster.counts, start, raster.rows[y, x], factor)
    return total


@njit
def sums_of_images(
    bits: PackedBits, driven: PackedBits, plan: Plan, raster: Raster, weights: NDArray[np.uint8], c_out: int,
    coefficients: NDArray[np.int64], constant: NDArray[np.int32], sums: NDArray[np.int32],
    dot_total: NDArray[np.int64], rows_driven: NDArray[np.int64],
) -> None:  # fmt: skip
    """Half of the constant and of the dots of consecutive images, each times its coefficient.

    Parameters
    ----------
    bits : (n * len(coefficients), h, w, words)
    driven : as many images, or one that serves all
    constant : int32 (oh, ow, columns rounded up to blocks)
    sums : int32 (n, oh, ow, columns rounded up to blocks)
    """
    image_rows, start = 0, constant.reshape(-1)
    for i in range(len(sums)):
        halves = sums[i].reshape(-1)
        for j in range(len(halves)):
            halves[j] = start[j]
        mismatches, rows = 0, 0
        for plane in range(len(coefficients)):
            image = i * len(coefficients) + plane
            if image == 0 or len(driven) > 1:
                image_rows = load_mask(plan, raster, driven[image])
            load_image(plan, raster, bits[image])
            mismatches += _add_image(plan, raster, weights, coefficients[plane], sums[i])
            rows += image_rows
        for j in range(len(halves)):
            halves[j] >>= 1
        rows_driven[i] = rows
        dot_total[i] = rows * c_out - 2 * mismatches
