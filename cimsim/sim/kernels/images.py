"""Images on their way into a convolution: as they are, or with kernel rows gathered into pixels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cimsim.sim.kernels.blocks import COLUMNS
from cimsim.sim.kernels.pack import PackedBits
from cimsim.sim.kernels.raster import Plan, Raster, make_plan, make_raster
from cimsim.sim.kernels.runs import gather_runs
from cimsim.sim.kernels.weights import PackedWeights

__all__ = ["Batch", "all_driven", "batches", "covers_image", "kernel_ready"]

Pair = tuple[int, int]
_GATHERED_BYTES = 1 << 20
_SUM_BYTES = 1 << 22


class Batch(NamedTuple):
    """Images that share a plan.

    Attributes
    ----------
    items : where they stand in the whole batch
    bits : uint64 (n, h, w, words)
    driven : same shape, or one image that serves all
    weights : nibbles that match the plan
    """

    items: slice
    bits: PackedBits
    driven: PackedBits
    plan: Plan
    raster: Raster
    weights: NDArray[np.uint8]


def kernel_ready(bits: PackedBits) -> PackedBits:
    """The array as compiled code wants it: contiguous and writable, copied only where it is not."""
    return np.require(bits, np.uint64, ["C", "W"])


def all_driven(bits: PackedBits) -> PackedBits:
    """One image with every word line driven."""
    return np.full((1, *bits.shape[1:]), ~np.uint64(0))


def covers_image(bits: PackedBits, weights: PackedWeights, padding: Pair) -> bool:
    """Whether the only window is the whole image."""
    return bits.shape[1:3] == weights.kernel and padding == (0, 0)


def _straight(
    bits: PackedBits,
    driven: PackedBits,
    weights: PackedWeights,
    stride: Pair,
    padding: Pair,
    pad_value: int,
    group: int,
) -> Iterator[Batch]:
    size = bits.shape[1], bits.shape[2]
    plan = make_plan(size, weights.c_in, weights.kernel, stride, padding)
    raster = make_raster(plan, padding, pad_value)
    sums = plan.out_height * plan.out_width * weights.by_pixel.shape[0] * COLUMNS * 4
    chunk = max(1, _SUM_BYTES // (sums * group)) * group
    for start in range(0, len(bits), chunk):
        items = slice(start, min(start + chunk, len(bits)))
        mask = driven if len(driven) == 1 else driven[items]
        yield Batch(items, bits[items], mask, plan, raster, weights.by_pixel)


def _gathered(
    bits: PackedBits,
    driven: PackedBits,
    weights: PackedWeights,
    stride: Pair,
    padding: Pair,
    pad_value: int,
    group: int,
) -> Iterator[Batch]:
    (kernel_y, kernel_x), (top, left) = weights.kernel, padding
    line = (weights.c_in, kernel_x, stride[1], left)
    shared = gather_runs(driven[:1], *line, pad_value != 0)
    size = shared.shape[1], shared.shape[2]
    plan = make_plan(size, kernel_x * weights.c_in, (kernel_y, 1), (stride[0], 1), (top, 0))
    raster = make_raster(plan, (top, 0), pad_value)
    chunk = max(1, _GATHERED_BYTES // (shared.nbytes * group)) * group
    for start in range(0, len(bits), chunk):
        items = slice(start, min(start + chunk, len(bits)))
        signs = gather_runs(bits[items], *line, pad_value > 0)
        mask = shared if len(driven) == 1 else gather_runs(driven[items], *line, pad_value != 0)
        yield Batch(items, signs, mask, plan, raster, weights.by_run)


def batches(
    bits: PackedBits,
    driven: PackedBits,
    weights: PackedWeights,
    stride: Pair,
    padding: Pair,
    pad_value: int,
    group: int = 1,
) -> Iterator[Batch]:
    """Split images (n, h, w, words) into runs of the kernels; ``group`` consecutive ones stay together.

    Other arguments are those of `conv.conv_sums`.
    """
    prepare = _gathered if weights.prefers_runs else _straight
    yield from prepare(bits, driven, weights, stride, padding, pad_value, group)
