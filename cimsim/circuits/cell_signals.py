"""What single cells add to the signal of a column: nominal, and of cells out of the fabrication spread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from cimsim.circuits.drift import Drift
from cimsim.devices.junction import Junction, Unit

__all__ = ["CellSignals", "Faults", "JunctionSignals", "ResistorSignals"]

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]


class CellSignals(Protocol):
    """Signal of one branch of a cell: a current, or a share of charge."""

    def nominal(self) -> tuple[float, float]:
        """Of a branch in the parallel and in the antiparallel state, as written."""
        ...

    def draw(self, is_parallel: Flags, generator: np.random.Generator) -> Array:
        """Of branches in these states, each out of the spread; same shape.

        What spreads has streams of its own: one thing more or less leaves the others as they are.
        """
        ...


@dataclass(frozen=True)
class JunctionSignals:
    """Magnetic junctions behind access transistors, at a read voltage, in ampere.

    Attributes
    ----------
    resistance_cv, tmr_cv, access_cv : coefficients of variation; factors are log-normal of median 1
    """

    junction: Junction
    read_voltage_v: float
    temperature_k: float
    resistance_cv: float = 0.0
    tmr_cv: float = 0.0
    access_cv: float = 0.0

    def nominal(self) -> tuple[float, float]:
        parallel, antiparallel = (
            float(
                self.junction.current_a(self.read_voltage_v, parallel=state, temperature_k=self.temperature_k)
            )
            for state in (True, False)
        )
        return parallel, antiparallel

    def draw(self, is_parallel: Flags, generator: np.random.Generator) -> Array:
        if not (self.resistance_cv or self.tmr_cv or self.access_cv):
            return np.where(is_parallel, *self.nominal())
        resistance, tmr, access = (
            np.exp(cv * part.standard_normal(is_parallel.shape))
            for cv, part in zip(
                (self.resistance_cv, self.tmr_cv, self.access_cv), generator.spawn(3), strict=True
            )
        )
        found = np.empty(is_parallel.shape)
        for state in (True, False):
            chosen = is_parallel == state
            device = self.junction.of(Unit(resistance=resistance[chosen], tmr=tmr[chosen]))
            device = device.with_access(self.junction.access_ohm * access[chosen])
            found[chosen] = device.current_a(
                self.read_voltage_v, parallel=state, temperature_k=self.temperature_k
            )
        return found


@dataclass(frozen=True)
class ResistorSignals:
    """Two-valued cells with a spread of each value: resistive memories (ampere), capacitors (of their mean).

    Attributes
    ----------
    parallel, antiparallel : nominal signals
    parallel_cv, antiparallel_cv : coefficients of variation; factors are log-normal of median 1
    drift : of resistive memories since they were written
    """

    parallel: float
    antiparallel: float
    parallel_cv: float = 0.0
    antiparallel_cv: float = 0.0
    drift: Drift | None = None

    def nominal(self) -> tuple[float, float]:
        return self.parallel, self.antiparallel

    def draw(self, is_parallel: Flags, generator: np.random.Generator) -> Array:
        of_spread, of_drift = generator.spawn(2)
        found = np.where(is_parallel, self.parallel, self.antiparallel)
        if self.parallel_cv or self.antiparallel_cv:
            cv = np.where(is_parallel, self.parallel_cv, self.antiparallel_cv)
            found = found * np.exp(cv * of_spread.standard_normal(found.shape))
        if self.drift is not None:
            found = found * self.drift.draw(is_parallel, of_drift)
        return found


@dataclass(frozen=True)
class Faults:
    """Branches that are not in the state they should be in.

    Attributes
    ----------
    stuck_parallel, stuck_antiparallel : shares that never leave a state
    flipped : share that a failed write, or time, has left in the other state
    """

    stuck_parallel: float = 0.0
    stuck_antiparallel: float = 0.0
    flipped: float = 0.0

    def apply(self, is_parallel: Flags, generator: np.random.Generator) -> Flags:
        """States with faults drawn in; a stuck branch is neither written nor flipped.

        Larger shares add to what is stuck, or flipped, with smaller ones.
        """
        of_stuck, of_flipped = generator.spawn(2)
        found = is_parallel
        if self.flipped:
            found = found ^ (of_flipped.random(found.shape) < self.flipped)
        if self.stuck_parallel or self.stuck_antiparallel:
            u = of_stuck.random(found.shape)
            found = np.where(u < self.stuck_parallel, True, found)
            found = np.where(u >= 1.0 - self.stuck_antiparallel, False, found)
        return found
