"""What can be built to draw random bits and to act on them."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import Field, model_validator

from cimsim.arch.quantity import Area, Current, Energy, Leakage, Ratio, Resistance, RuleBroken, Time
from cimsim.arch.spec_array import MtjSpec, PulseTime, Spec, Volts
from cimsim.circuits.bit_source import BitSource
from cimsim.circuits.dropout import GAUSSIAN_BITS
from cimsim.units import short

__all__ = ["ArbiterSpec", "GateSpec", "LfsrUnit", "SamplerSpec", "SmtjUnit", "SotMtjUnit", "TrimDacSpec"]

Units = Annotated[int, Field(ge=1, le=4096)]


class WritePulse(Spec):
    """A voltage pulse along the spin-orbit track."""

    amplitude_v: Volts
    width_s: PulseTime


class ReadPulse(Spec):
    """A read of the junction and the decision of its sense amplifier."""

    amplitude_v: Volts
    width_s: PulseTime
    sense_energy_j: Energy


class SotMtjUnit(Spec):
    """Random bits from spin-orbit junctions: reset, set with probability p, read; then relax."""

    type: Literal["sot_mtj"]
    n_units: Units = 1
    write_supply_v: Volts
    reset: WritePulse
    set: WritePulse
    read: ReadPulse
    track_resistance_ohm: Resistance
    mtj: MtjSpec
    access_resistance_ohm: Resistance
    driver_overhead: Ratio
    relax_s: Time
    area_m2: Area
    leakage_w: Leakage

    @model_validator(mode="after")
    def _amplitudes(self) -> SotMtjUnit:
        for name, pulse in (("reset", self.reset), ("set", self.set)):
            if pulse.amplitude_v > self.write_supply_v:
                rule = f"must be at most write_supply_v, {short(self.write_supply_v)}"
                raise RuleBroken(f"{name}.amplitude_v", rule, short(pulse.amplitude_v))
        return self

    @property
    def bit_source(self) -> BitSource:
        """Every bit is armed anew, and any level can be set."""
        return BitSource(n_units=self.n_units, normal_bits=GAUSSIAN_BITS)


class SmtjUnit(Spec):
    """Random bits from superparamagnetic junctions: they fluctuate, and are read now and then."""

    n_units: Units = 1
    read: ReadPulse
    mtj: MtjSpec
    access_resistance_ohm: Resistance
    bias_current_a: Current
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

    @property
    def bit_source(self) -> BitSource:
        """The state of a junction is forgotten exponentially."""
        correlation = math.exp(-self.sample_interval_s / self.autocorrelation_s.value)
        return BitSource(correlation=correlation, n_units=self.n_units, normal_bits=GAUSSIAN_BITS)


class LfsrUnit(Spec):
    """Random bits in CMOS: a linear-feedback shift register and a comparator of ``bits`` bits."""

    n_units: Units = 1
    bits: int = Field(ge=2, le=32)
    register_bit_energy_j: Energy
    xor_bit_energy_j: Energy
    comparator_bit_energy_j: Energy
    bit_area_m2: Area
    bit_leakage_w: Leakage

    @property
    def bit_source(self) -> BitSource:
        """A word is compared with p in as many levels as it has values; fair bits are taken as they are."""
        return BitSource(
            n_levels=1 << self.bits, n_units=self.n_units, fair_bits=self.bits, normal_bits=GAUSSIAN_BITS
        )


class TrimDacSpec(Spec):
    """The converter behind the level that sets p.

    ``per``: one for all junctions that draw side by side, or one for each, so that each can be trimmed.
    """

    per: Literal["bank", "module"] = "bank"
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
