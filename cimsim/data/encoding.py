"""From pixels to the integers that a network's input takes."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["InputEncoding", "decode_pixels", "encode_pixels", "value_range"]


class InputEncoding(Protocol):
    """What data must know of a network's input: its shape, its integers, and where a pixel becomes +1."""

    @property
    def shape(self) -> tuple[int, ...]: ...
    @property
    def bits(self) -> int: ...
    @property
    def signed(self) -> bool: ...
    @property
    def binarize_at(self) -> int: ...


def value_range(encoding: InputEncoding) -> tuple[int, int]:
    """Lowest and highest integer of the encoding; a 1-bit input takes only these two."""
    if encoding.bits == 1:
        return -1, 1
    half = 1 << (encoding.bits - 1)
    return (-half, half - 1) if encoding.signed else (0, 2 * half - 1)


def storage_type(encoding: InputEncoding) -> type[np.int8] | type[np.uint8]:
    """The byte type that holds the encoding."""
    return np.int8 if encoding.signed or encoding.bits == 1 else np.uint8


def encode_pixels(pixels: NDArray[np.uint8], encoding: InputEncoding) -> NDArray[Any]:
    """The highest bits of each pixel, centred at 128 when signed; -1/+1 when one bit. int8 or uint8."""
    if encoding.bits == 1:
        return np.where(pixels >= encoding.binarize_at, 1, -1).astype(np.int8)
    # Flipping the top bit of a byte subtracts 128 in two's complement.
    centred = (pixels ^ np.uint8(128)).view(np.int8) if encoding.signed else pixels
    return np.right_shift(centred, 8 - encoding.bits)


def decode_pixels(codes: NDArray[Any], encoding: InputEncoding) -> NDArray[np.uint8]:
    """Pixels that `encode_pixels` takes to these integers: the lowest ones, or 0 and 255 for one bit."""
    if encoding.bits == 1:
        return np.where(codes > 0, 255, 0).astype(np.uint8)
    raised = codes.astype(np.int64) << (8 - encoding.bits)
    return (raised + 128 if encoding.signed else raised).astype(np.uint8)
