"""How a voltage pulse switches a junction: by spin transfer through it, or by spin-orbit torque from a track.

Both kinds answer the same questions, so that cells and dropout units need not know which they have.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from math import log
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from cimsim.devices.junction import NOMINAL, Junction, Unit
from cimsim.devices.magnet import ROOM_K, Bloch, Magnet
from cimsim.devices.scalar import Scalar
from cimsim.devices.switching_table import DELTAS, switching_table

__all__ = ["Pulse", "Reduced", "SotSwitch", "SttSwitch", "Switch"]

Array = NDArray[np.float64]

_QUADRATURE = 33


@dataclass(frozen=True)
class Pulse:
    """A square voltage pulse over junction and transistor, or along the track; which state it drives to."""

    amplitude_v: Scalar
    width_s: Scalar
    to_parallel: bool = False


@dataclass(frozen=True)
class Reduced:
    """A current over the critical one, the barrier over k_B T, and tau_D."""

    overdrive: float
    delta: float
    relaxation_s: float


class Switch(Hashable, Protocol):
    """A junction that pulses can switch.

    ``temperature_k`` is that of the junction, ``unit`` the device or devices; results broadcast over them and
    over the pulse.
    """

    @property
    def junction(self) -> Junction: ...

    @property
    def known_error(self) -> float:
        """Write errors below it are an extrapolation of the model."""
        ...

    def switched(self, pulse: Pulse, temperature_k: float = ROOM_K, unit: Unit = NOMINAL) -> Array:
        """Probability that the pulse switches the junction out of the other state."""
        ...

    def log_error(self, pulse: Pulse, temperature_k: float = ROOM_K, unit: Unit = NOMINAL) -> Array:
        """Natural logarithm of the probability that it does not."""
        ...

    def charge_c(self, pulse: Pulse, temperature_k: float = ROOM_K, unit: Unit = NOMINAL) -> Array:
        """Mean charge that the pulse takes from its supply, on a junction that starts in the other state."""
        ...

    def held_charge_c(self, pulse: Pulse, temperature_k: float = ROOM_K, unit: Unit = NOMINAL) -> Array:
        """The same on a junction that is in the pulse's state already."""
        ...

    def write_log_error(
        self, current_a: float, width_s: float, *, to_parallel: bool, temperature_k: float = ROOM_K
    ) -> float:
        """Natural logarithm of the error of a write with a given current, through junction or track."""
        ...

    def overdriven(
        self, current_a: float, *, to_parallel: bool, temperature_k: float = ROOM_K
    ) -> Reduced | None:
        """A current through the junction in the units of switching; None where its effect is not known."""
        ...


@dataclass(frozen=True)
class SttSwitch:
    """Spin-transfer torque on a perpendicular junction, from the Fokker-Planck equation.

    The current is that of the state before the pulse, at its own bias: until the junction flips, nothing
    changes.
    """

    junction: Junction
    magnet: Magnet
    known_error: float = 1e-12

    def switched(self, pulse: Pulse, temperature_k: float = ROOM_K, unit: Unit = NOMINAL) -> Array:
        return switching_table().switched(*self._reduced(pulse, temperature_k, unit))

    def log_error(self, pulse: Pulse, temperature_k: float = ROOM_K, unit: Unit = NOMINAL) -> Array:
        return switching_table().log_error(*self._reduced(pulse, temperature_k, unit))

    def charge_c(self, pulse: Pulse, temperature_k: float = ROOM_K, unit: Unit = NOMINAL) -> Array:
        """At the old state's current until the flip, then at the new one's."""
        old_a, new_a = self._currents(pulse, temperature_k, unit)
        overdrive, tau, delta = self._reduced(pulse, temperature_k, unit)
        shares = (np.arange(_QUADRATURE) + 0.5) / _QUADRATURE
        passed = np.multiply.outer(shares, tau)
        kept = 1.0 - switching_table().switched(overdrive, passed, delta).mean(axis=0)
        return np.asarray(pulse.width_s * (new_a + (old_a - new_a) * kept))

    def held_charge_c(self, pulse: Pulse, temperature_k: float = ROOM_K, unit: Unit = NOMINAL) -> Array:
        return np.asarray(pulse.width_s * self._currents(pulse, temperature_k, unit)[1])

    def write_log_error(
        self, current_a: float, width_s: float, *, to_parallel: bool, temperature_k: float = ROOM_K
    ) -> float:
        found = self.overdriven(current_a, to_parallel=to_parallel, temperature_k=temperature_k)
        delta = np.clip(found.delta, *DELTAS)
        return float(switching_table().log_error(found.overdrive, width_s / found.relaxation_s, delta))

    def overdriven(self, current_a: float, *, to_parallel: bool, temperature_k: float = ROOM_K) -> Reduced:
        found = self.magnet.barrier(temperature_k)
        overdrive = current_a / found.critical_a(to_parallel=to_parallel)
        return Reduced(float(overdrive), float(found.delta), float(found.relaxation_s))

    def _currents(self, pulse: Pulse, temperature_k: float, unit: Unit) -> tuple[Scalar, Scalar]:
        """Before the flip and after it."""
        junction = self.junction.of(unit)
        was_parallel = not pulse.to_parallel
        before, after = (
            junction.current_a(pulse.amplitude_v, parallel=parallel, temperature_k=temperature_k)
            for parallel in (was_parallel, not was_parallel)
        )
        return before, after

    def _reduced(self, pulse: Pulse, temperature_k: float, unit: Unit) -> tuple[Array, Array, Array]:
        """Overdrive, pulse over tau_D, and delta (outliers at the ends of the table), broadcast."""
        barrier = self.magnet.barrier(temperature_k)
        critical_a = barrier.critical_a(to_parallel=pulse.to_parallel) * unit.delta * unit.critical
        overdrive = self._currents(pulse, temperature_k, unit)[0] / critical_a
        delta = np.clip(barrier.delta * unit.delta, *DELTAS)
        numbers = np.broadcast_arrays(overdrive, pulse.width_s / barrier.relaxation_s, delta)
        return numbers[0], numbers[1], numbers[2]


@dataclass(frozen=True)
class SotSwitch:
    """Spin-orbit torque, as measured: a sigmoid in the voltage along the track, with a threshold.

    P = 1 / (1 + exp(-(V - V_th) / V_T)), V_th(t) = V_c (1 - ln(t / (tau_0 ln 2)) / Delta) + V_1 exp(-t /
    t_1): Neel and Brown's threshold of a pulse, and what more a short one needs. V_c follows the anisotropy
    with temperature, Delta the anisotropy over T, V_T follows T.

    Attributes
    ----------
    track_ohm : of the track, which decides its current
    nominal_track_ohm : that the threshold was measured with; a unit's larger one raises it in volts
    threshold_v, width_v : V_c and V_T at 300 K
    delta, attempt_s : Delta and tau_0 of the threshold's fit over pulse widths; not the barrier of retention
    incubation_v, incubation_s : V_1 and t_1
    """

    junction: Junction
    track_ohm: Scalar
    nominal_track_ohm: Scalar
    threshold_v: Scalar
    width_v: Scalar
    delta: Scalar
    attempt_s: Scalar
    incubation_v: Scalar
    incubation_s: Scalar
    temperature: Bloch
    known_error: float = 1e-2

    def switched(self, pulse: Pulse, temperature_k: float = ROOM_K, unit: Unit = NOMINAL) -> Array:
        return np.exp(-np.logaddexp(0.0, -self._logit(pulse, temperature_k, unit)))

    def log_error(self, pulse: Pulse, temperature_k: float = ROOM_K, unit: Unit = NOMINAL) -> Array:
        return np.asarray(-np.logaddexp(0.0, self._logit(pulse, temperature_k, unit)))

    def charge_c(self, pulse: Pulse, temperature_k: float = ROOM_K, unit: Unit = NOMINAL) -> Array:
        return np.asarray(pulse.width_s * pulse.amplitude_v / (self.track_ohm * unit.track))

    def held_charge_c(self, pulse: Pulse, temperature_k: float = ROOM_K, unit: Unit = NOMINAL) -> Array:
        return self.charge_c(pulse, temperature_k, unit)

    def write_log_error(
        self, current_a: float, width_s: float, *, to_parallel: bool, temperature_k: float = ROOM_K
    ) -> float:
        volts = float(current_a * self.nominal_track_ohm)
        return float(self.log_error(Pulse(volts, width_s, to_parallel), temperature_k))

    def overdriven(self, current_a: float, *, to_parallel: bool, temperature_k: float = ROOM_K) -> None:
        return None

    def _logit(self, pulse: Pulse, temperature_k: float, unit: Unit) -> Array:
        anisotropy = self.temperature.anisotropy(temperature_k)
        delta = self.delta * unit.delta * anisotropy * ROOM_K / temperature_k
        thermal = 1.0 - np.log(pulse.width_s / (self.attempt_s * log(2.0))) / delta
        incubation = self.incubation_v * np.exp(-pulse.width_s / self.incubation_s)
        threshold = (self.threshold_v * anisotropy * thermal + incubation) * unit.critical * unit.track
        return np.asarray((pulse.amplitude_v - threshold) / (self.width_v * temperature_k / ROOM_K))
