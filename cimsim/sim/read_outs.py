"""The read-outs behind the arrays of a layer, each with errors of its own: drawn once a chip."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cimsim.circuits.array_model import Converter, Sense

__all__ = ["ReadOuts", "draw_read_outs"]

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ReadOuts:
    """Errors of n read-outs.

    Attributes
    ----------
    offset : (n,) of a converter in steps between codes, of a sense amplifier in the unit of the signals
    gain : (n,) of a converter, about 1
    levels : (n, last_code) where a converter's code rises by one; (n, 0) where all levels are even
    """

    offset: Array
    gain: Array
    levels: Array


def draw_read_outs(kind: Converter | Sense, n: int, generator: np.random.Generator) -> ReadOuts:
    """``n`` of a kind, out of its spread; calibration takes offset and gain error out."""
    offset, gain = generator.standard_normal((2, n))
    if isinstance(kind, Sense):
        return ReadOuts(kind.offset * offset, np.ones(n), np.empty((n, 0)))
    half_way = np.arange(kind.last_code if kind.inl_steps else 0) + 0.5
    levels = half_way + kind.inl_steps * generator.standard_normal((n, len(half_way)))
    is_free = 0.0 if kind.is_calibrated else 1.0
    return ReadOuts(
        is_free * kind.offset_steps * offset, 1.0 + is_free * kind.gain_cv * gain, np.sort(levels, axis=-1)
    )
