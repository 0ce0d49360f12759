"""One junction as a circuit sees it: resistances of both states, and who is who among many of them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from cimsim.devices.magnet import ROOM_K
from cimsim.devices.mtj import read_current_a, tmr_at
from cimsim.devices.scalar import Scalar

__all__ = ["NOMINAL", "Junction", "Spread", "Unit"]


@dataclass(frozen=True)
class Unit:
    """One device out of the fabrication spread, or (n,) of them: factors on the nominal values.

    Attributes
    ----------
    resistance, tmr : of the junction
    track : of the spin-orbit track's resistance
    delta : of the energy barrier; critical currents of spin transfer follow it
    critical : of the critical current, or of the threshold of a spin-orbit device, beyond that
    """

    resistance: Scalar = 1.0
    tmr: Scalar = 1.0
    track: Scalar = 1.0
    delta: Scalar = 1.0
    critical: Scalar = 1.0


NOMINAL = Unit()


@dataclass(frozen=True)
class Spread:
    """Relative deviations from device to device, of the factors of a `Unit`."""

    resistance: float = 0.0
    tmr: float = 0.0
    track: float = 0.0
    delta: float = 0.0
    critical: float = 0.0

    def draw(self, generator: np.random.Generator, n: int) -> Unit:
        """(n,) devices; each factor log-normal of median 1, so that none is below 0."""
        z = generator.standard_normal((5, n))
        names = ("resistance", "tmr", "track", "delta", "critical")
        return Unit(**{name: np.exp(getattr(self, name) * row) for name, row in zip(names, z, strict=True)})


@dataclass(frozen=True)
class Junction:
    """A junction with its access transistor in series.

    Attributes
    ----------
    parallel_ohm : low-bias resistance of the parallel state
    tmr_300k, half_voltage_v : zero-bias TMR, and the bias that halves it
    polarisation_loss_300k : how much of the polarisation is lost between 0 and 300 K
    access_ohm : of the transistor
    """

    parallel_ohm: Scalar
    tmr_300k: Scalar
    half_voltage_v: Scalar
    polarisation_loss_300k: Scalar = 0.0
    access_ohm: Scalar = 0.0

    def of(self, unit: Unit) -> Junction:
        """The same junction on a device out of the spread."""
        return replace(
            self, parallel_ohm=self.parallel_ohm * unit.resistance, tmr_300k=self.tmr_300k * unit.tmr
        )

    def with_access(self, access_ohm: Scalar) -> Junction:
        """The same junction behind another transistor."""
        return replace(self, access_ohm=access_ohm)

    def current_a(self, voltage_v: Scalar, *, parallel: bool, temperature_k: float = ROOM_K) -> Scalar:
        """With ``voltage_v`` across junction and transistor, in one of the two states."""
        ratio = 0.0 if parallel else tmr_at(temperature_k, self.tmr_300k, self.polarisation_loss_300k)
        return read_current_a(
            voltage_v,
            resistance_parallel=self.parallel_ohm,
            access_resistance=self.access_ohm,
            tmr_zero_bias=ratio,
            tmr_half_voltage_v=self.half_voltage_v,
        )
