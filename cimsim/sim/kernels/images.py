"""Batches of images on their way into a convolution: straight, or with every window gathered into a pixel."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cimsim.sim.kernels.pack import PackedBits
from cimsim.sim.kernels.raster import Plan, Raster, make_plan, make_raster
from cimsim.sim.kernels.weights import PackedWeights
from cimsim.sim.kernels.windows import gather_windows

__all__ = ["Batch", "all_driven", "batches", "covers_image", "kernel_ready"]

Pair = tuple[int, int]
_GATHERED_BYTES = 1 << 20


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
    bits: PackedBits, driven: PackedBits, weights: PackedWeights, stride: Pair, padding: Pair, pad_value: int
) -> Iterator[Batch]:
    size = bits.shape[1], bits.shape[2]
    plan = make_plan(size, weights.c_in, weights.kernel, stride, padding)
    raster = make_raster(plan, size, pad_value)
    yield Batch(slice(0, len(bits)), bits, driven, plan, raster, weights.by_pixel)


def _gathered(
    bits: PackedBits, driven: PackedBits, weights: PackedWeights, stride: Pair, padding: Pair, pad_value: int
) -> Iterator[Batch]:
    window = (weights.c_in, weights.kernel, stride, padding)
    shared = gather_windows(driven[:1], *window, pad_value != 0)
    size = shared.shape[1], shared.shape[2]
    plan = make_plan(size, weights.n_taps, (1, 1), (1, 1), (0, 0))
    raster = make_raster(plan, size, 0)
    chunk = max(1, _GATHERED_BYTES // shared.nbytes)
    for start in range(0, len(bits), chunk):
        items = slice(start, min(start + chunk, len(bits)))
        signs = gather_windows(bits[items], *window, pad_value > 0)
        mask = shared if len(driven) == 1 else gather_windows(driven[items], *window, pad_value != 0)
        yield Batch(items, signs, mask, plan, raster, weights.by_window)


def batches(
    bits: PackedBits, driven: PackedBits, weights: PackedWeights, stride: Pair, padding: Pair, pad_value: int
) -> Iterator[Batch]:
    """Split a batch of images (n, h, w, words), arguments as in `conv.conv_sums`, into runs of the kernels."""
    prepare = _gathered if weights.prefers_windows else _straight
    yield from prepare(bits, driven, weights, stride, padding, pad_value)
