"""Bits of modules that remember: some draws are the outcome before them from the same module again."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cimsim._jit import njit
from cimsim.sim.kernels.pack import PackedBits

__all__ = ["NEVER", "repeat_outcomes"]

NEVER = np.uint8(2)
"""Held by a module that has not drawn yet: what it draws first is no copy."""


@njit
def repeat_outcomes(
    bits: PackedBits, copies: PackedBits, n_channels: int, held: NDArray[np.uint8], n_before: int
) -> None:
    """Put copies in place of bits, in order, row after row and channel after channel.

    Modules draw in turn: bit i of all that were ever drawn is that of module ``i % len(held)``.

    Parameters
    ----------
    bits, copies : uint64 (n_rows, words); ``bits`` is changed where ``copies`` has ones
    held : (n_modules,) the last outcome of each module, kept up to date
    n_before : bits that were drawn before these
    """
    n_rows, n_words = bits.shape
    n_modules, n_bits = len(held), n_rows * n_channels
    for row in range(n_rows):
        for word in range(n_words):
            left, channel = copies[row, word], 64 * word
            while left != 0 and channel < n_channels:
                if left & np.uint64(1):
                    last = row * n_channels + channel - n_modules
                    outcome = (
                        held[(n_before + last) % n_modules] if last < 0 else _bit(bits, last, n_channels)
                    )
                    place = np.uint64(channel % 64)
                    if outcome != NEVER:
                        cleared = bits[row, word] & ~(np.uint64(1) << place)
                        bits[row, word] = cleared | (np.uint64(outcome) << place)
                left >>= np.uint64(1)
                channel += 1
    for i in range(max(0, n_bits - n_modules), n_bits):
        held[(n_before + i) % n_modules] = _bit(bits, i, n_channels)


@njit
def _bit(bits: PackedBits, i: int, n_channels: int) -> np.uint8:
    row, channel = divmod(i, n_channels)
    bit: np.uint8 = np.uint8(bits[row, channel // 64] >> np.uint64(channel % 64) & np.uint64(1))
    return bit
