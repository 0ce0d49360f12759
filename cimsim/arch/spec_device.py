"""What a device file holds: a junction, how pulses switch it, how devices differ, how it makes a bit."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from cimsim.arch.quantity import (
    Anisotropy,
    Attempt,
    Barrier,
    Curie,
    Current,
    Exponent,
    Fraction,
    Length,
    Loss,
    Magnetisation,
    Ratio,
    Resistance,
    ResistanceArea,
    RuleBroken,
    Slope,
    Time,
    Tmr,
    Vcma,
    Voltage,
)
from cimsim.arch.spec_base import PulseTime, Spec, Volts
from cimsim.units import short

__all__ = [
    "DeviceSpec",
    "EffectiveSpec",
    "MacrospinSpec",
    "MtjSpec",
    "RandomBitSpec",
    "ThresholdSpec",
]


class MtjSpec(Spec):
    """A junction: its parallel resistance, or RA and diameter to derive it from."""

    resistance_parallel_ohm: Resistance | None = None
    ra_product_ohm_m2: ResistanceArea | None = None
    diameter_m: Length | None = None
    tmr_zero_bias: Tmr
    tmr_half_voltage_v: Voltage
    polarisation_loss: Loss | None = None

    @model_validator(mode="after")
    def _one_resistance(self) -> MtjSpec:
        derived = self.ra_product_ohm_m2 is not None and self.diameter_m is not None
        half = (self.ra_product_ohm_m2 is None) != (self.diameter_m is None)
        if half or derived == (self.resistance_parallel_ohm is not None):
            rule = "must have either resistance_parallel_ohm, or ra_product_ohm_m2 and diameter_m"
            raise RuleBroken("", rule)
        return self


class BlochSpec(Spec):
    """Magnetisation 1 - (T / Tc)^q, anisotropy its power n."""

    curie_k: Curie
    magnetisation_exponent: Exponent
    anisotropy_exponent: Exponent


class MacrospinSpec(Spec):
    """Spin transfer on a perpendicular free layer, from its materials."""

    type: Literal["macrospin"]
    diameter_m: Length
    thickness_m: Length
    magnetisation_a_per_m: Magnetisation
    anisotropy_j_per_m2: Anisotropy
    damping: Fraction
    polarisation: Fraction
    critical_asymmetry: Ratio | None = None
    vcma_j_per_v_m: Vcma | None = None
    oxide_m: Length | None = None
    temperature: BlochSpec

    @model_validator(mode="after")
    def _vcma(self) -> MacrospinSpec:
        if (self.vcma_j_per_v_m is None) != (self.oxide_m is None):
            raise RuleBroken("", "must have both vcma_j_per_v_m and oxide_m, or neither")
        return self


class EffectiveSpec(Spec):
    """Spin transfer on a perpendicular free layer, known by its barrier and critical currents."""

    type: Literal["effective"]
    delta: Barrier
    critical_to_antiparallel_a: Current
    critical_to_parallel_a: Current
    relaxation_s: Attempt
    temperature: BlochSpec


class ThresholdSpec(Spec):
    """Spin-orbit torque, as a measured sigmoid in the voltage along the track."""

    type: Literal["threshold"]
    track_resistance_ohm: Resistance
    threshold_v: Voltage
    width_v: Voltage
    delta: Slope
    attempt_s: Attempt
    incubation_v: Voltage
    incubation_s: Attempt
    temperature: BlochSpec


Switching = Annotated[MacrospinSpec | EffectiveSpec | ThresholdSpec, Field(discriminator="type")]


class SpreadSpec(Spec):
    """Coefficients of variation: from device to device, and of one device from pulse to pulse."""

    resistance_cv: Fraction
    tmr_cv: Fraction
    delta_cv: Fraction
    critical_cv: Fraction
    track_cv: Fraction | None = None
    cycle_cv: Fraction
    ageing_per_decade: Fraction


class AmplitudePulse(Spec):
    """A voltage pulse: along the track, or over junction and transistor."""

    amplitude_v: Volts
    width_s: PulseTime


class SetWindow(Spec):
    """The pulse that switches with probability p; its level lies between two ends."""

    low_v: Volts
    high_v: Volts
    width_s: PulseTime

    @model_validator(mode="after")
    def _rises(self) -> SetWindow:
        if self.high_v <= self.low_v:
            raise RuleBroken("high_v", f"must be above low_v, {short(self.low_v)}", short(self.high_v))
        return self


class RandomBitSpec(Spec):
    """One random bit: reset to parallel, set to antiparallel with probability p, read; rest after pulses."""

    reset: AmplitudePulse
    set: SetWindow
    read: AmplitudePulse
    relax_s: Time
    access_resistance_ohm: Resistance


class DeviceSpec(Spec):
    """A device file of ``arch_configs/devices``."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    description: str = Field(default="", max_length=2000)
    junction: MtjSpec
    switching: Switching
    spread: SpreadSpec
    random_bit: RandomBitSpec | None = None

    @property
    def is_sot(self) -> bool:
        """Written along a track, not through the junction."""
        return isinstance(self.switching, ThresholdSpec)
