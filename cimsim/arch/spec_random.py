"""What can be built to draw random bits and to act on them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from cimsim.arch.quantity import (
    Area,
    Barrier,
    Current,
    Energy,
    Fraction,
    Leakage,
    Ratio,
    Resistance,
    RuleBroken,
    Time,
)
from cimsim.arch.spec_base import PulseTime, Spec, Temperature, Volts
from cimsim.arch.spec_device import DeviceSpec, MtjSpec
from cimsim.units import short

__all__ = ["ArbiterSpec", "GateSpec", "LfsrUnit", "SamplerSpec", "SmtjUnit", "TrimDacSpec", "WrittenUnit"]

LevelError = Annotated[float, Field(gt=-1, le=1)]
Units = Annotated[int, Field(ge=1, le=4096)]


class SensedRead(Spec):
    """A read of the junction and the decision of its sense amplifier."""

    amplitude_v: Volts
    width_s: PulseTime
    sense_energy_j: Energy


class Calibration(Spec):
    """How the level of each p is found, once: by bisection, counting so many bits at each step.

    Without bits the levels are those of the nominal device. ``temperature_k`` and ``level_error`` are those
    that the loop met; ``age_s`` is the use since then.
    """

    bits: int = Field(default=4096, ge=0, le=10**7)
    temperature_k: Temperature = 300.0
    level_error: LevelError = 0.0
    age_s: float = Field(default=0.0, ge=0, le=1e10)


class WrittenUnit(Spec):
    """Random bits from junctions that are reset, set with probability p and read; the device says how."""

    n_units: Units = 1
    device: DeviceSpec
    write_supply_v: Volts
    sense_energy_j: Energy
    driver_overhead: Ratio
    level_error: LevelError = 0.0
    stuck: Literal["no", "never", "always"] = "no"
    calibration: Calibration = Calibration()
    area_m2: Area
    leakage_w: Leakage

    @model_validator(mode="after")
    def _consistent(self) -> WrittenUnit:
        bit = self.device.random_bit
        if bit is None:
            raise RuleBroken("device", "must say how it makes a random bit (random_bit)", self.device.name)
        for name, volts in (("reset.amplitude_v", bit.reset.amplitude_v), ("set.high_v", bit.set.high_v)):
            if volts > self.write_supply_v:
                rule = f"must be at most write_supply_v, {short(self.write_supply_v)}"
                cure = f"set chip.stochastic_unit.write_supply_v to at least {short(volts)}"
                raise RuleBroken(f"device.random_bit.{name}", rule, short(volts), cure)
        return self


class SmtjUnit(Spec):
    """Random bits from superparamagnetic junctions: they fluctuate, and are read now and then."""

    n_units: Units = 1
    read: SensedRead
    mtj: MtjSpec
    access_resistance_ohm: Resistance
    bias_current_a: Current
    bias_width_a: Current
    bias_spread: Fraction
    delta: Barrier
    sample_interval_s: PulseTime
    autocorrelation_s: Time
    area_m2: Area
    leakage_w: Leakage

    @model_validator(mode="after")
    def _times(self) -> SmtjUnit:
        if self.read.width_s > self.sample_interval_s:
            rule = f"must be at most sample_interval_s, {short(self.sample_interval_s)}"
            raise RuleBroken("read.width_s", rule, short(self.read.width_s))
        if self.autocorrelation_s.value == 0:
            raise RuleBroken("autocorrelation_s.value", "must be above 0", "0")
        return self


class LfsrUnit(Spec):
    """Random bits in CMOS: a linear-feedback shift register and a comparator of ``bits`` bits."""

    n_units: Units = 1
    bits: int = Field(ge=2, le=32)
    register_bit_energy_j: Energy
    xor_bit_energy_j: Energy
    comparator_bit_energy_j: Energy
    bit_area_m2: Area
    bit_leakage_w: Leakage


class TrimDacSpec(Spec):
    """The converter behind the level that sets p.

    ``per``: one for all junctions that draw side by side, or one for each, so that each can be trimmed.
    ``bits`` divide the window of the set pulse; ``gain_spread`` is the relative deviation of all levels of a
    chip from those asked for.
    """

    per: Literal["bank", "module"] = "bank"
    bits: int = Field(default=8, ge=1, le=12)
    gain_spread: Fraction
    set_energy_j: Energy
    area_m2: Area
    leakage_w: Leakage


class GateSpec(Spec):
    """The gate between a word line's driver and its kept flag; area and leakage of one."""

    gate_energy_j: Energy
    area_m2: Area
    leakage_w: Leakage


class SamplerSpec(Spec):
    """From fair bits to normal numbers."""

    bit_energy_j: Energy
    multiply_add_energy_j: Energy
    area_m2: Area
    leakage_w: Leakage


class ArbiterSpec(Spec):
    """From random bits to one of several select lines."""

    grant_energy_j: Energy
    area_m2: Area
    leakage_w: Leakage
