"""What flows between nodes: packed signs, encoded inputs or real values, one row per distinct value."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cimsim.sim.kernels.pack import PackedBits, pack_flags, unpack_flags, unpack_signs

__all__ = ["InputTensor", "RealTensor", "SignTensor", "Tensor", "channel_last", "channel_mask"]

Rows = NDArray[np.int64] | None


@dataclass(frozen=True, eq=False)
class SignTensor:
    """-gain, 0 (not driven) or +gain.

    Attributes
    ----------
    bits : uint64 (n, h, w, words), 1 for +1; a flattened tensor keeps the raster it came from
    driven : same shape, 0 where the value is 0; None where all are driven
    channels : channels per raster position
    shape : shape of one row as the graph sees it
    """

    bits: PackedBits
    driven: PackedBits | None
    channels: int
    shape: tuple[int, ...]
    gain: float = 1.0

    @classmethod
    def pack(cls, integers: NDArray[Any], gain: float = 1.0) -> SignTensor:
        """From -1, 0, +1 of shape (n, *shape)."""
        values = channel_last(integers)
        is_driven = values != 0
        driven = None if is_driven.all() else pack_flags(is_driven)
        return cls(pack_flags(values > 0), driven, values.shape[-1], integers.shape[1:], gain)

    def __len__(self) -> int:
        return len(self.bits)

    @property
    def raster(self) -> tuple[int, int, int]:
        """(h, w, channels) of the packed form."""
        return self.bits.shape[1], self.bits.shape[2], self.channels

    def take(self, rows: Rows) -> SignTensor:
        if rows is None:
            return self
        return replace(self, bits=self.bits[rows], driven=None if self.driven is None else self.driven[rows])

    def integers(self) -> NDArray[np.int8]:
        """-1, 0, +1 of shape (n, *shape)."""
        values = unpack_signs(self.bits, self.channels)
        if self.driven is not None:
            values *= unpack_flags(self.driven, self.channels)
        return np.ascontiguousarray(values.transpose(0, 3, 1, 2)).reshape(-1, *self.shape)

    def real(self) -> NDArray[np.float64]:
        return self.integers().astype(np.float64) * self.gain

    def keep(self, flags: PackedBits) -> SignTensor:
        """Zero where flags (broadcast to ``bits``) are 0."""
        flags = np.broadcast_to(flags & channel_mask(self.channels), self.bits.shape)
        driven = np.ascontiguousarray(flags) if self.driven is None else self.driven & flags
        return replace(self, driven=driven)


@dataclass(frozen=True, eq=False)
class InputTensor:
    """The encoded network input: integers q (n, *shape) that stand for (scale*gain)*q + offset."""

    codes: NDArray[np.integer[Any]]
    scale: float
    offset: float
    gain: float = 1.0

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def raster(self) -> tuple[int, int, int]:
        c, h, w = (*self.codes.shape[1:], 1, 1)[:3]
        return h, w, c

    def take(self, rows: Rows) -> InputTensor:
        return self if rows is None else replace(self, codes=self.codes[rows])

    def real(self) -> NDArray[np.float64]:
        return (self.scale * self.gain) * self.codes.astype(np.float64) + self.offset

    def keep(self, flags: PackedBits) -> InputTensor:
        """Zero where flags are 0; flags are packed over the raster, or one word vector per row."""
        return replace(self, codes=np.where(_unpacked(flags, self.codes.shape), self.codes, 0))


@dataclass(frozen=True, eq=False)
class RealTensor:
    """float64 values (n, *shape)."""

    values: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.values)

    @property
    def raster(self) -> tuple[int, int, int]:
        c, h, w = (*self.values.shape[1:], 1, 1)[:3]
        return h, w, c

    def take(self, rows: Rows) -> RealTensor:
        return self if rows is None else RealTensor(self.values[rows])

    def real(self) -> NDArray[np.float64]:
        return self.values

    def keep(self, flags: PackedBits) -> RealTensor:
        """Zero where flags are 0."""
        return RealTensor(np.where(_unpacked(flags, self.values.shape), self.values, 0.0))


Tensor = SignTensor | InputTensor | RealTensor


def channel_last(values: NDArray[Any]) -> NDArray[Any]:
    """(n, c, h, w) or (n, c) as (n, h, w, c)."""
    return values.transpose(0, 2, 3, 1) if values.ndim == 4 else values[:, None, None, :]


def channel_mask(channels: int) -> PackedBits:
    """(words,) with a 1 for every channel."""
    return pack_flags(np.ones(channels, dtype=np.bool_))


def _unpacked(flags: PackedBits, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Packed flags (n, h, w, words) or (n, 1, 1, words) as booleans that broadcast to (n, c, ...)."""
    kept = unpack_flags(flags, shape[1])
    return kept.transpose(0, 3, 1, 2) if len(shape) == 4 else kept[:, 0, 0, :]
