"""Gather the taps of every kernel row into one pixel: (kx, channel), channel fastest.

With one or two input channels a pixel fills no nibble; a kernel row of them does. What is left is a
convolution over (h, ow) pixels with a kernel one pixel wide.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cimsim._jit import njit
from cimsim.sim.kernels.pack import PackedBits, n_words

__all__ = ["gather_runs"]


@njit
def _fill_line(
    pixels: PackedBits,
    first: int,
    n_pixels: int,
    channels: int,
    left: int,
    pad: bool,
    line: NDArray[np.uint64],
) -> None:
    """Write pixels (flat words from ``first`` on) into a padded line, bit after bit without gaps."""
    ones = ~np.uint64(0)
    line[:] = np.uint64(0)
    words, position = (channels + 63) >> 6, left * channels
    for x in range(n_pixels):
        for part in range(words):
            n_bits = min(64, channels - 64 * part)
            bits = pixels[first + x * words + part] & (ones >> np.uint64(64 - n_bits))
            word, shift = position >> 6, position & 63
            line[word] |= bits << np.uint64(shift)
            if shift + n_bits > 64:
                line[word + 1] |= bits >> np.uint64(64 - shift)
            position += n_bits
    if pad:
        for border in range(left * channels):
            line[border >> 6] |= np.uint64(1) << np.uint64(border & 63)
        for border in range(position, position + left * channels):
            line[border >> 6] |= np.uint64(1) << np.uint64(border & 63)


@njit
def _cut_runs(
    line: NDArray[np.uint64], run: int, step: int, n_runs: int, runs: NDArray[np.uint64], first: int
) -> None:
    """Copy ``run`` bits at every ``step`` of a line to runs of whole words (flat, from ``first`` on)."""
    words = (run + 63) >> 6
    for part in range(words):
        n_bits = min(64, run - 64 * part)
        mask = ~np.uint64(0) >> np.uint64(64 - n_bits)
        for x in range(n_runs):
            position = x * step + 64 * part
            word, shift = position >> 6, position & 63
            bits = line[word] >> np.uint64(shift)
            if shift + n_bits > 64:
                bits |= line[word + 1] << np.uint64(64 - shift)
            runs[first + x * words + part] = bits & mask


@njit
def _gather(
    pixels: PackedBits, channels: int, kernel_x: int, stride_x: int, left: int, pad: bool, runs: PackedBits
) -> None:
    n_lines, width = pixels.shape[0] * pixels.shape[1], pixels.shape[2]
    line = np.empty(((width + 2 * left) * channels + 63) // 64 + 1, np.uint64)
    source, target = pixels.reshape(-1), runs.reshape(-1)
    n_runs, words = runs.shape[2], runs.shape[3]
    for y in range(n_lines):
        _fill_line(source, y * width * pixels.shape[3], width, channels, left, pad, line)
        _cut_runs(line, kernel_x * channels, stride_x * channels, n_runs, target, y * n_runs * words)


def gather_runs(
    pixels: PackedBits, channels: int, kernel_x: int, stride_x: int, left: int, pad: bool
) -> PackedBits:
    """Kernel rows of packed images.

    Parameters
    ----------
    pixels : uint64 (n, h, w, words)
    left : padded pixels on either side
    pad : bit of padded taps

    Returns
    -------
    uint64 (n, h, ow, words) of kernel_x * channels bits
    """
    n, height, width, _ = pixels.shape
    out_width = (width + 2 * left - kernel_x) // stride_x + 1
    runs = np.empty((n, height, out_width, n_words(kernel_x * channels)), np.uint64)
    _gather(pixels, channels, kernel_x, stride_x, left, pad, runs)
    return runs
