"""Gather the taps of every window into one run of bits: (ky, kx, channel), channel fastest.

With few input channels a pixel fills no nibble; a whole window does.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cimsim._jit import njit
from cimsim.sim.kernels.pack import PackedBits, n_words

__all__ = ["gather_windows"]

Pair = tuple[int, int]


@njit
def _append(line: NDArray[np.uint64], position: int, bits: np.uint64, n_bits: int) -> None:
    """Put the low ``n_bits`` (at most 64, none set above) at ``position`` of a line of zeros."""
    word, shift = position >> 6, position & 63
    line[word] |= bits << np.uint64(shift)
    if shift + n_bits > 64:
        line[word + 1] |= bits >> np.uint64(64 - shift)


@njit
def _extract(line: NDArray[np.uint64], position: int, n_bits: int) -> np.uint64:
    """``n_bits`` (1 to 64) from ``position`` on."""
    word, shift = position >> 6, position & 63
    bits = line[word] >> np.uint64(shift)
    if shift + n_bits > 64:
        bits |= line[word + 1] << np.uint64(64 - shift)
    return bits & (~np.uint64(0) >> np.uint64(64 - n_bits))


@njit
def _fill_lines(
    pixels: PackedBits, channels: int, top: int, left: int, pad: bool, lines: NDArray[np.uint64]
) -> None:
    """Padded rows of an image (h, w, words) as runs of bits without gaps."""
    lines[:] = ~np.uint64(0) if pad else np.uint64(0)
    for y in range(pixels.shape[0]):
        line = lines[y + top]
        start = left * channels
        for word in range(start >> 6, len(line)):
            line[word] = 0
        if pad and start & 63:
            line[start >> 6] = ~np.uint64(0) >> np.uint64(64 - (start & 63))
        for x in range(pixels.shape[1]):
            for first in range(0, channels, 64):
                n_bits = min(64, channels - first)
                bits = pixels[y, x, first >> 6] & (~np.uint64(0) >> np.uint64(64 - n_bits))
                _append(line, start + x * channels + first, bits, n_bits)
        end = start + pixels.shape[1] * channels
        if pad:
            line[end >> 6] |= ~np.uint64(0) << np.uint64(end & 63)
            line[(end >> 6) + 1 :] = ~np.uint64(0)


@njit
def _gather(
    lines: NDArray[np.uint64], channels: int, kernel: Pair, stride: Pair, windows: NDArray[np.uint64]
) -> None:
    """Windows (oh, ow, words) of the padded rows of one image."""
    run = kernel[1] * channels
    windows[:] = 0
    for y in range(windows.shape[0]):
        for x in range(windows.shape[1]):
            out, position = windows[y, x], 0
            for ky in range(kernel[0]):
                line, start = lines[y * stride[0] + ky], x * stride[1] * channels
                end = start + run
                while start < end:
                    n_bits = min(end - start, 64 - (position & 63))
                    out[position >> 6] |= _extract(line, start, n_bits) << np.uint64(position & 63)
                    start += n_bits
                    position += n_bits


@njit
def _gather_items(
    pixels: PackedBits, channels: int, kernel: Pair, stride: Pair, padding: Pair, pad: bool, windows: PackedBits
) -> None:
    height, width = pixels.shape[1] + 2 * padding[0], pixels.shape[2] + 2 * padding[1]
    lines = np.empty((height, (width * channels + 63) // 64 + 1), np.uint64)
    for item in range(len(pixels)):
        _fill_lines(pixels[item], channels, padding[0], padding[1], pad, lines)
        _gather(lines, channels, kernel, stride, windows[item])


def gather_windows(
    pixels: PackedBits, channels: int, kernel: Pair, stride: Pair, padding: Pair, pad: bool
) -> PackedBits:
    """Windows of packed images.

    Parameters
    ----------
    pixels : uint64 (n, h, w, words)
    pad : bit of padded taps

    Returns
    -------
    uint64 (n, oh, ow, words) of k_h * k_w * channels bits
    """
    sizes = zip(pixels.shape[1:3], kernel, stride, padding, strict=True)
    shape = [(size + 2 * p - k) // s + 1 for size, k, s, p in sizes]
    windows = np.empty((len(pixels), *shape, n_words(kernel[0] * kernel[1] * channels)), np.uint64)
    _gather_items(pixels, channels, kernel, stride, padding, pad, windows)
    return windows
