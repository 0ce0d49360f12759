"""Word lines of every output position, as the rows lie on the array: tap by tap, channels fastest."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cimsim._jit import fused, njit
from cimsim.sim.kernels.pack import PackedBits, channel_mask

__all__ = ["WordLines", "phases", "word_lines"]

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


def phases(lines: WordLines) -> tuple[WordLines, WordLines]:
    """The rows driven with +1 alone, and those with -1 alone, on the word lines that cells have for +1."""
    nothing, n_ups = np.zeros_like(lines.ups), np.zeros_like(lines.n_driven)
    _count(lines.ups, nothing, n_ups)
    return (
        WordLines(lines.ups, nothing, n_ups),
        WordLines(lines.downs, nothing, lines.n_driven - n_ups),
    )


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
    n, h, w = bits.shape[:3]
    n_bits = kernel[1] * channels
    n_words = (kernel[0] * n_bits >> 6) + 2
    signs, lines = np.empty((out[1], n_words), np.uint64), np.empty((out[1], n_words), np.uint64)
    line_words = ((w + 2 * padding[1]) * channels >> 6) + 2
    sign_rows, mask_rows = np.empty((2, h + 1, line_words), np.uint64)
    always = len(mask) == 0 and (pad_value != 0 or (padding[0] == 0 and padding[1] == 0))
    lines[:] = ~np.uint64(0)
    p, n_positions = 0, out[0] * out[1]
    for item in range(n):
        is_known = item > 0 and len(mask) == 0
        _lay_rows(bits, item, channels, everywhere, padding[1], pad_value > 0, sign_rows)
        if not always and not is_known:
            _lay_rows(mask, item, channels, everywhere, padding[1], pad_value != 0, mask_rows)
        for oy in range(out[0]):
            y = oy * stride[0] - padding[0]
            _take_all(sign_rows, h, y, stride[1] * channels, kernel[0], n_bits, signs)
            if not always and not is_known:
                _take_all(mask_rows, h, y, stride[1] * channels, kernel[0], n_bits, lines)
            _cut(signs, lines, first_row, ups, downs, p, p - n_positions if is_known else -1)
            p += out[1]


@njit
def _lay_rows(
    bits: PackedBits, item: int, channels: int, everywhere: PackedBits, left: int, pad: bool, rows: PackedBits
) -> None:
    """Rows of an image bit behind bit, padded on both sides, and a last one of padding; of no bits 1."""
    _, h, w, words = bits.shape
    flat = bits.reshape(-1)
    for y in range(h + 1):
        at, fill, word = np.uint64(0), np.uint64(0), np.uint64(0)
        for x in range(-left, w + left):
            is_inside = 0 <= x < w and y < h
            pixel = np.uint64(((item * h + y) * w + x) * words) if is_inside else np.uint64(0)
            for part in range(np.uint64(words)):
                taps = everywhere[part] if is_inside or pad else np.uint64(0)
                if is_inside and len(flat) > 0:
                    taps &= flat[pixel + part]
                n_bits = np.uint64(min(_WORD, channels - _WORD * np.int64(part)))
                word |= taps << fill
                fill += n_bits
                if fill >= np.uint64(_WORD):
                    rows[y, at] = word
                    at += np.uint64(1)
                    fill -= np.uint64(_WORD)
                    word = taps >> (n_bits - fill) if fill > np.uint64(0) else np.uint64(0)
        rows[y, at], rows[y, at + np.uint64(1)] = word, np.uint64(0)


@fused
def _take_all(
    rows: PackedBits, h: int, y0: int, step: int, n_rows: int, n_bits: int, streams: PackedBits
) -> None:
    """The bits under the kernel at each position of an output row, ``step`` bits apart."""
    if n_rows * n_bits > _WORD:
        for x in range(len(streams)):
            _take(rows, h, y0, x * step, n_rows, n_bits, streams[x])
        return
    keep = ~np.uint64(0) >> np.uint64(_WORD - n_bits)
    streams[:, 0] = np.uint64(0)
    for i in range(n_rows):
        row, fill = rows[y0 + i if 0 <= y0 + i < h else h], np.uint64(i * n_bits)
        for x in range(len(streams)):
            at, shift = np.uint64(x * step) >> np.uint64(6), np.uint64(x * step) & np.uint64(63)
            # Twice, as a shift by a whole word is not defined.
            above = row[at + np.uint64(1)] << np.uint64(1) << (np.uint64(63) - shift)
            streams[x, 0] |= ((row[at] >> shift | above) & keep) << fill


@fused
def _take(
    rows: PackedBits, h: int, y0: int, first_bit: int, n_rows: int, n_bits: int, stream: PackedBits
) -> None:
    """Copy a run of bits from each of the rows y0.., one behind the other; rows outside are the last one."""
    at, fill, word = np.uint64(0), np.uint64(0), np.uint64(0)
    shift, size = np.uint64(first_bit) & np.uint64(63), np.uint64(_WORD)
    for y in range(y0, y0 + n_rows):
        row = np.uint64(y if 0 <= y < h else h)
        source, left = np.uint64(first_bit) >> np.uint64(6), np.uint64(n_bits)
        while left > np.uint64(0):
            part = rows[row, source] >> shift
            if shift > np.uint64(0):
                part |= rows[row, source + np.uint64(1)] << (size - shift)
            length = min(left, size)
            if length < size:
                part &= (np.uint64(1) << length) - np.uint64(1)
            word |= part << fill
            fill += length
            if fill >= size:
                stream[at] = word
                at += np.uint64(1)
                fill -= size
                word = part >> (length - fill) if fill > np.uint64(0) else np.uint64(0)
            left -= length
            source += np.uint64(1)
    stream[at], stream[at + np.uint64(1)] = word, np.uint64(0)


@njit
def _cut(
    signs: PackedBits, lines: PackedBits, first_row: NDArray[np.int64], ups: NDArray[np.uint16],
    downs: NDArray[np.uint16], position: int, other: int,
) -> None:  # fmt: skip
    """Rows of positions, from one on, as quads; driven are those of ``lines``, or from 0 on of ``other``."""
    quad = 0
    for s in range(len(first_row) - 1):
        for row in range(first_row[s], first_row[s + 1], 16):
            n_bits = min(16, first_row[s + 1] - row)
            for x in range(len(signs)):
                up = _quad(signs[x], row, n_bits)
                if other >= 0:
                    line = ups[quad, other + x] | downs[quad, other + x]
                else:
                    line = _quad(lines[x], row, n_bits)
                ups[quad, position + x] = up & line
                downs[quad, position + x] = line & ~up
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
