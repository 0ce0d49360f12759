"""Signs and integers to packed bits and back.

Bit ``c % 64`` of word ``c // 64`` is channel c; 1 stands for +1; bits beyond the last channel are 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "PackedBits",
    "channel_mask",
    "n_words",
    "pack_flags",
    "pack_planes",
    "pack_signs",
    "unpack_flags",
    "unpack_signs",
]

PackedBits = NDArray[np.uint64]
_FEW_CHANNELS = 8
"""Bits of a pixel that are packed one by one: faster than `numpy.packbits` on so short an axis."""


def n_words(channels: int) -> int:
    """64-bit words that hold ``channels`` bits."""
    return -(-channels // 64)


def channel_mask(channels: int) -> PackedBits:
    """Words of one pixel, 1 where a channel exists."""
    return pack_flags(np.ones(channels, np.bool_))


def pack_flags(flags: NDArray[np.bool_]) -> PackedBits:
    """Pack the last axis (..., c) of booleans into (..., ceil(c / 64)) words."""
    channels = flags.shape[-1]
    if 0 < channels <= _FEW_CHANNELS:
        return _pack_few(flags)
    octets = np.packbits(flags, axis=-1, bitorder="little")
    padded = np.zeros((*flags.shape[:-1], 8 * n_words(channels)), np.uint8)
    padded[..., : octets.shape[-1]] = octets
    return padded.view("<u8").astype(np.uint64, copy=False)


def _pack_few(flags: NDArray[np.bool_]) -> PackedBits:
    words = flags[..., 0].astype(np.uint64)
    for channel in range(1, flags.shape[-1]):
        words |= flags[..., channel].astype(np.uint64) << np.uint64(channel)
    return words[..., None]


def unpack_flags(bits: PackedBits, channels: int) -> NDArray[np.bool_]:
    """Inverse of `pack_flags`: (..., words) to (..., channels)."""
    octets = np.ascontiguousarray(bits).astype("<u8", copy=False).view(np.uint8)
    return np.unpackbits(octets, axis=-1, count=channels, bitorder="little").view(np.bool_)


def pack_signs(signs: NDArray[np.integer[Any]]) -> PackedBits:
    """Pack (n, h, w, c) of -1/+1 into uint64 (n, h, w, words)."""
    return pack_flags(signs > 0)


def unpack_signs(bits: PackedBits, channels: int) -> NDArray[np.int8]:
    """Unpack uint64 (n, h, w, words) into int8 -1/+1 (n, h, w, channels)."""
    signs: NDArray[np.int8] = 2 * unpack_flags(bits, channels).view(np.int8) - np.int8(1)
    return signs


def pack_planes(values: NDArray[np.integer[Any]], n_bits: int, signed: bool) -> PackedBits:
    """Bit planes of integers in two's complement, or unsigned.

    Parameters
    ----------
    values : integers (n, h, w, c); signed: -2^(n_bits-1) to 2^(n_bits-1) - 1, else 0 to 2^n_bits - 1
    n_bits : 1 to 16

    Returns
    -------
    uint64 (n, n_bits, h, w, words): plane b holds bit b of every value
    """
    low, high = (-(1 << (n_bits - 1)), (1 << (n_bits - 1)) - 1) if signed else (0, (1 << n_bits) - 1)
    if values.size and (int(values.min()) < low or int(values.max()) > high):
        raise ValueError(f"values must lie in {low}..{high} for {n_bits} bits, signed={signed}")
    codes = values.astype(np.int32)
    planes = [pack_flags((codes >> b & 1).astype(np.bool_)) for b in range(n_bits)]
    return np.stack(planes, axis=1)
