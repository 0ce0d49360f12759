"""The dropout unit: a junction is reset, set at the level for p, and read; what comes out, what it costs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from cimsim.devices.junction import NOMINAL, Unit
from cimsim.devices.magnet import ROOM_K
from cimsim.devices.pulse import pulse_energy_j
from cimsim.devices.scalar import Scalar
from cimsim.devices.switch import Pulse, Switch

__all__ = ["Condition", "DropoutUnit", "SetDac", "nominal_code", "nominal_correlation"]

Array = NDArray[np.float64]

_TINY = 1e-300
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(7)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()


@dataclass(frozen=True)
class SetDac:
    """The converter that sets the level of the set pulse: ``2**bits`` levels from ``low_v`` to ``high_v``."""

    bits: int
    low_v: float
    high_v: float

    @property
    def codes(self) -> NDArray[np.int64]:
        return np.arange(1 << self.bits)

    @property
    def step_v(self) -> float:
        return (self.high_v - self.low_v) / ((1 << self.bits) - 1)

    def level_v(self, code: NDArray[np.int64]) -> Array:
        return self.low_v + self.step_v * np.asarray(code, np.float64)


@dataclass(frozen=True)
class Condition:
    """What has changed about a unit, and for whom it works.

    Attributes
    ----------
    temperature_k : of the junction
    level_error : relative error of the set pulse's level, (n,) or one number
    ageing : relative rise of the threshold since the level was found
    """

    temperature_k: float = ROOM_K
    level_error: Scalar = 0.0
    ageing: float = 0.0


@dataclass(frozen=True)
class DropoutUnit:
    """One junction with its drivers.

    Attributes
    ----------
    switch : the junction behind its transistor
    reset : the pulse that makes it parallel
    dac, set_width_s : the pulse that makes it antiparallel, which is a 1, with probability p
    cycle : relative deviation of the set level from pulse to pulse
    read_v, read_s, relax_s : of the read, and the rest after each write pulse
    write_supply_v, read_supply_v, driver_overhead, sense_energy_j : what charge and decisions cost
    """

    switch: Switch
    reset: Pulse
    dac: SetDac
    set_width_s: float
    cycle: float
    read_v: float
    read_s: float
    relax_s: float
    write_supply_v: float
    read_supply_v: float
    driver_overhead: Scalar = 0.0
    sense_energy_j: Scalar = 0.0

    @property
    def cycle_s(self) -> float:
        """From one bit to the next: reset, set, read, and a rest after each write pulse."""
        return float(self.reset.width_s) + self.set_width_s + self.read_s + 2.0 * self.relax_s

    def probability(self, code: NDArray[np.int64], condition: Condition, unit: Unit = NOMINAL) -> Array:
        """Share of ones that a code gives, in the long run.

        The set pulse's own probability is averaged over its noise; a junction that fired and that the reset
        left as it was fires again: with p of a set and r of a failing reset it is p / (1 - r (1 - p)).

        Parameters
        ----------
        code : broadcasts against the units

        Returns
        -------
        float64, from 0 to 1
        """
        p, log_r = self.set_probability(code, condition, unit), self._log_reset_error(condition, unit)
        # 1 - r (1 - p), no difference of near ones; where neither pulse ever switches, a 0 stays 0.
        return np.asarray(p / np.maximum(np.exp(log_r) * p - np.expm1(log_r), _TINY))

    def set_probability(self, code: NDArray[np.int64], condition: Condition, unit: Unit = NOMINAL) -> Array:
        """That one set pulse switches, mean over its noise from pulse to pulse."""
        level_v = self.dac.level_v(code) * (1.0 + condition.level_error) / (1.0 + condition.ageing)
        found: Array = np.zeros(())
        for node, weight in zip(_NODES, _WEIGHTS, strict=True):
            pulse = Pulse(level_v * (1.0 + self.cycle * node), self.set_width_s)
            found = found + weight * self.switch.switched(pulse, condition.temperature_k, unit)
        return found

    def reset_error(self, condition: Condition, unit: Unit = NOMINAL) -> Array:
        """That a reset leaves the junction as it was."""
        return np.exp(self._log_reset_error(condition, unit))

    def _log_reset_error(self, condition: Condition, unit: Unit) -> Array:
        return np.asarray(self.switch.log_error(self.reset, condition.temperature_k, unit))

    def correlation(self, code: NDArray[np.int64], condition: Condition, unit: Unit = NOMINAL) -> Array:
        """Of a bit with the one before: r (1 - p), from resets that fail."""
        return self.reset_error(condition, unit) * (1.0 - self.set_probability(code, condition, unit))

    def code_for(self, p: float, condition: Condition, unit: Unit = NOMINAL) -> int:
        """The code whose probability comes closest to p."""
        return int(np.argmin(np.abs(self.probability(self.dac.codes, condition, unit) - p)))

    def energy_j(self, code: NDArray[np.int64], condition: Condition, unit: Unit = NOMINAL) -> Array:
        """Mean energy of a bit: write pulses at the currents of the states they meet, drivers, read."""
        temperature_k = condition.temperature_k
        p = self.probability(code, condition, unit)
        set_ = Pulse(self.dac.level_v(code) * (1.0 + condition.level_error), self.set_width_s)
        set_c = self.switch.charge_c(set_, temperature_k, unit)
        reset_c = p * self.switch.charge_c(self.reset, temperature_k, unit)
        reset_c = reset_c + (1.0 - p) * self.switch.held_charge_c(self.reset, temperature_k, unit)
        written_j = (1.0 + self.driver_overhead) * self.write_supply_v * (set_c + reset_c)
        junction = self.switch.junction.of(unit)
        low_a, high_a = (
            junction.current_a(self.read_v, parallel=parallel, temperature_k=temperature_k)
            for parallel in (False, True)
        )
        read_j = pulse_energy_j(self.read_supply_v, p * low_a + (1.0 - p) * high_a, self.read_s)
        return np.asarray(written_j + read_j + self.sense_energy_j)

    def read_margin(self, condition: Condition, unit: Unit = NOMINAL) -> Array:
        """(I_P - I_AP) / (I_P + I_AP) of the read: what the sense amplifier has to tell the states by."""
        junction, t = self.switch.junction.of(unit), condition.temperature_k
        high = junction.current_a(self.read_v, parallel=True, temperature_k=t)
        low = junction.current_a(self.read_v, parallel=False, temperature_k=t)
        return np.asarray((high - low) / (high + low))


@lru_cache(maxsize=1024)
def nominal_code(unit: DropoutUnit, p: float, condition: Condition) -> int:
    """`DropoutUnit.code_for` of a unit without draws, which chips of a sweep share."""
    return unit.code_for(p, condition)


@lru_cache(maxsize=1024)
def nominal_correlation(unit: DropoutUnit, p: float, condition: Condition) -> float:
    """Of bits that are a 1 with probability p, of a unit without draws."""
    return float(unit.correlation(np.array(nominal_code(unit, p, condition)), condition))
