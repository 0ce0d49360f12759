"""Between cells and the counts that a macro tells: spread, noise, converters, sense amplifiers, wires."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from cimsim.circuits.cell_signals import CellSignals, Faults
from cimsim.circuits.ladder import Ladder

__all__ = ["ArrayModel", "Converter", "Sense"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Converter:
    """An analog-to-digital converter that reads counts of agreeing cells.

    Its references lie where the nominal cells put them, or, calibrated, where the mean cells of each
    subarray do; calibration also takes out its offset and gain error.

    Attributes
    ----------
    bits : codes are 0 to 2**bits - 1
    full_scale : counts from the lowest to the highest code
    is_centred : the codes lie around half of the driven rows, instead of from 0 on
    offset_steps, gain_cv, inl_steps : deviations from converter to converter: of all levels, of their
        distance, of each level
    noise_steps : from conversion to conversion
    """

    bits: int
    full_scale: int
    is_centred: bool = False
    is_calibrated: bool = False
    offset_steps: float = 0.0
    gain_cv: float = 0.0
    inl_steps: float = 0.0
    noise_steps: float = 0.0

    @property
    def last_code(self) -> int:
        return int(2**self.bits - 1)

    @property
    def step(self) -> float:
        """Counts that a code stands for: 1 where there are codes enough."""
        return max(1.0, self.full_scale / self.last_code)

    @property
    def span(self) -> float:
        """Counts from the lowest to the highest code where codes are centred, else 0."""
        return self.last_code * self.step if self.is_centred else 0.0

    def lowest(self, n_driven: Array) -> Array:
        """What code 0 stands for when so many rows are driven; whole where codes are."""
        if not self.is_centred:
            return np.zeros(np.shape(n_driven))
        found = 0.5 * (n_driven - self.span)
        return np.floor(found) if self.step == 1.0 else found


@dataclass(frozen=True)
class Sense:
    """A sense amplifier that compares the two branches of one cell, or its only one with a reference.

    Attributes
    ----------
    offset, noise : deviation from amplifier to amplifier, and from read to read, in the unit of the signals
    """

    offset: float = 0.0
    noise: float = 0.0


@dataclass(frozen=True)
class ArrayModel:
    """Errors of the arrays of a chip.

    Attributes
    ----------
    read_out : a `Converter`, or a `Sense` amplifier that reads one row at a time
    read_noise : deviation of a cell's signal from read to read, relative
    wires : of a column, for fidelity `circuit`; None: ideal
    n_branches : of a cell; two are in opposite states, and an input opens one of them
    """

    signals: CellSignals
    read_out: Converter | Sense
    faults: Faults = field(default_factory=Faults)
    read_noise: float = 0.0
    read_voltage_v: float = 0.0
    wires: Ladder | None = None
    n_branches: int = 2

    @property
    def is_noisy(self) -> bool:
        """Whether two reads of the same sum may differ."""
        converter = self.read_out
        own = converter.noise_steps if isinstance(converter, Converter) else converter.noise
        return self.read_noise > 0.0 or own > 0.0
