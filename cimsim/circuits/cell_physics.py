"""What the junctions of the cells suffer: writes that fail, states that are lost, reads that disturb."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import exp, log1p

from cimsim.devices.escape import MOST_OVERDRIVE, escape_rate
from cimsim.devices.switch import Reduced, Switch
from cimsim.devices.switching_time import switching_time

__all__ = ["SHARE_LOST", "CellPhysics"]

SHARE_LOST = 0.01
"""Of a layer's cells: when so many have flipped, its budget of reads is spent."""


@dataclass(frozen=True)
class CellPhysics:
    """One cell: two junctions in opposite states, or one.

    Attributes
    ----------
    switch : of a junction
    write_a, write_s, max_pulses : a junction's write pulse, and how many are tried where a read checks each
    parallel_a, antiparallel_a, read_s : currents of a read through the states, and how long each flows
    favours_parallel : the state that reads push junctions to
    temperature_k : of the junctions
    n_junctions : of a cell
    """

    switch: Switch
    write_a: float
    write_s: float
    max_pulses: int
    parallel_a: float
    antiparallel_a: float
    read_s: float
    favours_parallel: bool
    temperature_k: float
    n_junctions: int

    def pulse_errors(self) -> tuple[float, float]:
        """That one pulse fails to make a junction antiparallel, and parallel."""
        return _pulse_errors(self.switch, self.write_a, self.write_s, self.temperature_k)

    def write_error(self) -> float | None:
        """That a junction is wrong after all its pulses, mean of both directions.

        None where one pulse fails more rarely than the model of the device was measured for.
        """
        errors = self.pulse_errors()
        if max(errors) < self.switch.known_error:
            return None
        return sum(error**self.max_pulses for error in errors) / 2

    def mean_pulses(self) -> float:
        """For one junction, mean of both directions: pulses stop when the check is passed."""
        return (
            sum(
                (1.0 - e**self.max_pulses) / (1.0 - e) if e < 1.0 else self.max_pulses
                for e in self.pulse_errors()
            )
            / 2
        )

    def disturbing_a(self) -> float:
        """Current of a read through a junction in the state that it pushes away from."""
        return self.antiparallel_a if self.favours_parallel else self.parallel_a

    def reads_until_lost(self) -> float | None:
        """Reads of a vulnerable junction until `SHARE_LOST` have flipped; None where that is not known."""
        found = self._read()
        if found is None:
            return None
        return -log1p(-SHARE_LOST) / (_rate(found) * self.read_s / found.relaxation_s)

    def overdrive(self) -> float | None:
        """Of a read that disturbs: its current over the critical one."""
        found = self._read()
        return None if found is None else found.overdrive

    def retention_s(self) -> float | None:
        """Until `SHARE_LOST` of the cells have lost a state without any current, by any junction."""
        idle = self._overdriven(0.0)
        if idle is None:
            return None
        return -log1p(-SHARE_LOST) * idle.relaxation_s / (self.n_junctions * _rate(idle))

    def _read(self) -> Reduced | None:
        return self._overdriven(self.disturbing_a())

    def _overdriven(self, current_a: float) -> Reduced | None:
        return self.switch.overdriven(
            current_a, to_parallel=self.favours_parallel, temperature_k=self.temperature_k
        )


@lru_cache(maxsize=1024)
def _pulse_errors(
    switch: Switch, write_a: float, write_s: float, temperature_k: float
) -> tuple[float, float]:
    """Chips of a sweep share them: see `CellPhysics.pulse_errors`."""
    to_antiparallel, to_parallel = (
        exp(switch.write_log_error(write_a, write_s, to_parallel=direction, temperature_k=temperature_k))
        for direction in (False, True)
    )
    return to_antiparallel, to_parallel


@lru_cache(maxsize=1024)
def _rate(found: Reduced) -> float:
    """In 1/tau_D; above the critical current, one over the mean switching time."""
    if found.overdrive <= MOST_OVERDRIVE:
        return escape_rate(found.overdrive, found.delta)
    return 1.0 / switching_time(found.overdrive, found.delta).mean
