"""Word lines of every output position, as the rows lie on the array: tap by tap, channels fastest."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cimsim._jit import fused, njit
from cimsim.sim.kernels.pack import PackedBits, channel_mask

__all__ = ["WordLines", "word_lines"]

Pair = tuple[int, int]
_WORD = 64


class WordLines(NamedTuple):
    """What drives the rows of each output position, 16 rows to a quad; a row step begins with a new quad.

    Attributes
    ----------
    ups, downs : uint16 (n_quads, n_positions), rows driven with +1, with -1; bit 0 is a quad's first row
    n_driven : int32 (n_positions,)
    """

    ups: NDArray[np.uint16]
    downs: NDArray[np.uint16]
    n_driven: NDArray[np.int32]


def word_lines(
    bits: PackedBits,
    driven: PackedBits | None,
    channels: int,
    kernel: Pair,
    stride: Pair,
    padding: Pair,
    pad_value: int,
    first_row: NDArray[np.int64],
) -> WordLines:
    """Unroll packed signs into word lines.

    Parameters
    ----------
    bits, driven : uint64 (n, h, w, words); ``driven`` None drives all
    pad_value : 0 leaves padded taps undriven, -1 or +1 drives them with that sign
    first_row : int64 (n_steps + 1,), where each row step begins

    Returns
    -------
    word lines of n * h_out * w_out positions
    """
    n, h, w, _ = bits.shape
    sizes = zip((h, w), kernel, stride, padding, strict=True)
    out = tuple((size + 2 * p - k) // s + 1 for size, k, s, p in sizes)
    n_quads = int((-(-np.diff(first_row) // 16)).sum())
    ups, downs = np.empty((2, n_quads, n * out[0] * out[1]), np.uint16)
    everywhere = channel_mask(channels)
    mask = np.empty((0, *bits.shape[1:]), np.uint64) if driven is None else driven
    _unroll(
        np.ascontiguousarray(bits), np.ascontiguousarray(mask), channels, everywhere, kernel, stride, padding,
        pad_value, out, first_row, ups, downs,
    )  # fmt: skip
    n_driven = np.zeros(ups.shape[1], np.int32)
    _count(ups, downs, n_driven)
    return WordLines(ups, downs, n_driven)


@fused
def _quad(stream: PackedBits, position: int, n_bits: int) -> np.uint16:
    at, shift = np.uint64(position) >> np.uint64(6), np.uint64(position) & np.uint64(63)
    word = stream[at] >> shift
    if np.int64(shift) + n_bits > _WORD:
        word |= stream[at + np.uint64(1)] << (np.uint64(_WORD) - shift)
    found: np.uint16 = np.uint16(word & ((np.uint64(1) << np.uint64(n_bits)) - np.uint64(1)))
    return found


@njit
def _unroll(
    bits: PackedBits, mask: PackedBits, channels: int, everywhere: PackedBits, kernel: Pair, stride: Pair,
    padding: Pair, pad_value: int, out: Pair, first_row: NDArray[np.int64],
    ups: NDArray[np.uint16], downs: NDArray[np.uint16],
) -> None:  # fmt: skip
    """Without a ``mask`` (0, ...) all rows inside the image are driven."""
    n, h, w, words = bits.shape
    n_words = (kernel[0] * kernel[1] * channels >> 6) + 2
    signs, lines = np.empty(n_words, np.uint64), np.empty(n_words, np.uint64)
    flat, flat_mask, p = bits.reshape(-1), mask.reshape(-1), 0
    for item in range(n):
        for oy in range(out[0]):
            for ox in range(out[1]):
                y, x = oy * stride[0] - padding[0], ox * stride[1] - padding[1]
                is_inside = y >= 0 and x >= 0 and y + kernel[0] <= h and x + kernel[1] <= w
                first = item * h * w * words
                _take(
                    flat, first, h, w, words, y, x, kernel, channels, everywhere, pad_value > 0, signs
                )  # fmt: skip
                if len(mask) == 0 and (is_inside or pad_value != 0):
                    lines[:] = ~np.uint64(0)
                else:
                    _take(
                        flat_mask, first, h, w, words, y, x, kernel, channels, everywhere, pad_value != 0,
                        lines,
                    )  # fmt: skip
                _cut(signs, lines, first_row, ups, downs, p)
                p += 1


@fused
def _take(
    flat: PackedBits, first: int, h: int, w: int, words: int, y0: int, x0: int, kernel: Pair, channels: int,
    everywhere: PackedBits, pad: bool, stream: PackedBits,
) -> None:  # fmt: skip
    """Write the taps of one position one behind the other; of no bits (0,) those inside are 1."""
    at, fill, word = np.uint64(0), np.uint64(0), np.uint64(0)
    for y in range(y0, y0 + kernel[0]):
        for x in range(x0, x0 + kernel[1]):
            is_inside = 0 <= y < h and 0 <= x < w
            pixel = np.uint64(first + (y * w + x) * words)
            for part in range(np.uint64(words)):
                taps = everywhere[part] if is_inside or pad else np.uint64(0)
                if is_inside and len(flat) > 0:
                    taps &= flat[pixel + part]
                n_bits = np.uint64(min(_WORD, channels - _WORD * np.int64(part)))
                word |= taps << fill
                fill += n_bits
                if fill >= np.uint64(_WORD):
                    stream[at] = word
                    at += np.uint64(1)
                    fill -= np.uint64(_WORD)
                    word = taps >> (n_bits - fill) if fill > np.uint64(0) else np.uint64(0)
    stream[at], stream[at + np.uint64(1)] = word, np.uint64(0)


@njit
def _cut(
    signs: PackedBits, lines: PackedBits, first_row: NDArray[np.int64],
    ups: NDArray[np.uint16], downs: NDArray[np.uint16], position: int,
) -> None:  # fmt: skip
    """The rows of one position as quads."""
    quad = 0
    for s in range(len(first_row) - 1):
        for row in range(first_row[s], first_row[s + 1], 16):
            n_bits = min(16, first_row[s + 1] - row)
            up, line = _quad(signs, row, n_bits), _quad(lines, row, n_bits)
            ups[quad, position] = up & line
            downs[quad, position] = line & ~up
            quad += 1


@njit
def _count(ups: NDArray[np.uint16], downs: NDArray[np.uint16], n_driven: NDArray[np.int32]) -> None:
    for quad in range(len(ups)):
        for p in range(len(n_driven)):
            lines = np.uint32(ups[quad, p] | downs[quad, p])
            lines -= lines >> np.uint32(1) & np.uint32(0x5555)
            lines = (lines & np.uint32(0x3333)) + (lines >> np.uint32(2) & np.uint32(0x3333))
            lines = (lines + (lines >> np.uint32(4))) & np.uint32(0x0F0F)
            n_driven[p] += np.int32((lines + (lines >> np.uint32(8))) & np.uint32(31))
