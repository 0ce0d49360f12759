"""Binary weights, prepared once for the kernels."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from cimsim.sim.kernels.blocks import COLUMNS, NO_TAP, TRIPLE

__all__ = ["PackedWeights", "empty_nibbles", "pack_nibbles", "prepare_weights"]

_RUN_GAIN = 1.5
_CACHE_LINE = 64


def empty_nibbles(c_out: int, n_nibbles: int) -> NDArray[np.uint8]:
    """No taps yet: (blocks, nibbles rounded up to triples, 64); no vector straddles cache lines."""
    shape = (-(-c_out // COLUMNS), -(-n_nibbles // TRIPLE) * TRIPLE, COLUMNS)
    size = shape[0] * shape[1] * shape[2]
    memory = np.full(size + _CACHE_LINE, NO_TAP, np.uint8)
    start = -memory.ctypes.data % _CACHE_LINE
    return memory[start : start + size].reshape(shape)


def pack_nibbles(taps: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Weight nibbles as the innermost loop reads them.

    Parameters
    ----------
    taps : (c_out, pixels, c), True for +1; the taps of a pixel begin a new nibble

    Returns
    -------
    uint8 (blocks, nibbles, 64), nibbles rounded up to triples; missing taps and columns are `NO_TAP`
    """
    c_out, pixels, channels = taps.shape
    codes = -(-channels // 4)
    padded = np.zeros((c_out, pixels, 4 * codes), np.uint8)
    padded[..., :channels] = taps
    quads = padded.reshape(c_out, pixels * codes, 4)
    nibbles = quads[..., 0] | quads[..., 1] << 1 | quads[..., 2] << 2 | quads[..., 3] << 3
    packed = empty_nibbles(c_out, pixels * codes)
    for block, columns in enumerate(packed):
        part = nibbles[block * COLUMNS : (block + 1) * COLUMNS].T
        columns[: part.shape[0], : part.shape[1]] = part
    return packed


@dataclass(frozen=True, eq=False)
class PackedWeights:
    """Weights of one MAC layer in the layouts that kernels read, each made when first asked for.

    Attributes
    ----------
    signs : int8 (c_out, c_in, k_h, k_w), -1 or +1
    """

    signs: NDArray[np.int8]

    @property
    def c_out(self) -> int:
        return int(self.signs.shape[0])

    @property
    def c_in(self) -> int:
        return int(self.signs.shape[1])

    @property
    def kernel(self) -> tuple[int, int]:
        return self.signs.shape[2], self.signs.shape[3]

    @property
    def n_taps(self) -> int:
        return int(self.signs[0].size)

    @cached_property
    def by_pixel(self) -> NDArray[np.uint8]:
        """Nibbles of the channels of one pixel after the other."""
        taps = self.signs.transpose(0, 2, 3, 1) > 0
        return pack_nibbles(taps.reshape(self.c_out, -1, self.c_in))

    @cached_property
    def by_run(self) -> NDArray[np.uint8]:
        """Nibbles of one kernel row after the other: fewer of them when there are few channels."""
        taps = self.signs.transpose(0, 2, 3, 1) > 0
        return pack_nibbles(taps.reshape(self.c_out, self.kernel[0], -1))

    @property
    def prefers_runs(self) -> bool:
        """Whether gathering kernel rows into pixels saves enough nibbles."""
        run = self.kernel[1] * self.c_in
        return self.kernel[1] * -(-self.c_in // 4) >= _RUN_GAIN * -(-run // 4)


def prepare_weights(weight: NDArray[np.int8]) -> PackedWeights:
    """Prepare int8 (c_out, c_in, k_h, k_w) of -1/+1."""
    return PackedWeights(np.ascontiguousarray(weight, np.int8))
