"""What the word lines of a MAC layer are driven with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cimsim.sim.kernels.pack import PackedBits, pack_flags, unpack_flags
from cimsim.sim.noise_keys import keys_of_positions
from cimsim.sim.tensors import channel_mask

__all__ = ["Operand"]

Pair = tuple[int, int]


@dataclass(frozen=True, eq=False)
class Operand:
    """Packed word lines.

    Attributes
    ----------
    words : uint64 (n, h, w, words), or bit planes (n, n_bits, h, w, words) of a multi-bit input
    driven : uint64 (n, h, w, words), None where all word lines are driven; always None for planes
    keys : (n,) what names the noise of each item's reads, where they have any
    """

    words: PackedBits
    driven: PackedBits | None
    channels: int
    keys: NDArray[np.uint64] | None = None

    @property
    def is_planes(self) -> bool:
        return self.words.ndim == 5

    def take(self, rows: NDArray[np.int64] | slice | None) -> Operand:
        """Some of the items; None takes all."""
        if rows is None:
            return self
        driven, keys = (None if part is None else part[rows] for part in (self.driven, self.keys))
        return Operand(self.words[rows], driven, self.channels, keys)

    def group(self, index: int, width: int) -> Operand:
        """Channels index*width .. (index+1)*width - 1."""
        at = slice(index * width, (index + 1) * width)
        words = pack_flags(unpack_flags(self.words, self.channels)[..., at])
        driven = (
            None if self.driven is None else pack_flags(unpack_flags(self.driven, self.channels)[..., at])
        )
        return Operand(words, driven, width)

    def unrolled(self, keep: PackedBits, stride: Pair, padding: Pair, pad_value: int) -> Operand:
        """Every MVM as an item of its own, its padding written out, only kept word lines driven.

        ``keep`` (n, h_out, w_out, k_h, k_w, words) gives n*h_out*w_out items of (k_h, k_w, words).
        """
        kernel: Pair = (keep.shape[3], keep.shape[4])
        if self.is_planes:
            n_bits = self.words.shape[1]
            taps = _windows(self.words.reshape(-1, *self.words.shape[2:]), 0, kernel, stride, padding)
            taps = taps.reshape(len(keep), n_bits, *taps.shape[1:]).transpose(0, 2, 3, 1, 4, 5, 6)
            words = (taps & keep[:, :, :, None]).reshape(-1, n_bits, *keep.shape[3:])
            return Operand(words, None, self.channels, self._keys_of_windows(len(words)))
        everywhere = channel_mask(self.channels)
        driven = np.broadcast_to(everywhere, self.words.shape) if self.driven is None else self.driven
        kept = _windows(driven, everywhere if pad_value else 0, kernel, stride, padding) & keep
        words = _windows(self.words, everywhere if pad_value > 0 else 0, kernel, stride, padding)
        shape = (-1, *keep.shape[3:])
        words = np.ascontiguousarray(words).reshape(shape)
        return Operand(words, kept.reshape(shape), self.channels, self._keys_of_windows(len(words)))

    def _keys_of_windows(self, n: int) -> NDArray[np.uint64] | None:
        return keys_of_positions(self.keys, n // len(self.words))


def _windows(
    words: PackedBits, outside: PackedBits | int, kernel: Pair, stride: Pair, padding: Pair
) -> PackedBits:
    """(n, h, w, words) as windows (n, h_out, w_out, k_h, k_w, words)."""
    (n, h, w, n_words), (pad_y, pad_x) = words.shape, padding
    padded = np.empty((n, h + 2 * pad_y, w + 2 * pad_x, n_words), dtype=np.uint64)
    padded[:] = outside
    padded[:, pad_y : pad_y + h, pad_x : pad_x + w] = words
    view = np.lib.stride_tricks.sliding_window_view(padded, kernel, axis=(1, 2))
    windows: PackedBits = view[:, :: stride[0], :: stride[1]].transpose(0, 1, 2, 4, 5, 3)
    return windows
