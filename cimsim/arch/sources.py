"""The source of random bits that an architecture builds, as a model of what its bits are like."""

from __future__ import annotations

from math import log10

from cimsim.arch.parts_device import build_spread, build_switch
from cimsim.arch.quantity import Pick, nominal
from cimsim.arch.spec import ArchSpec
from cimsim.arch.spec_random import LfsrUnit, SmtjUnit
from cimsim.circuits.bit_source import BitSource
from cimsim.circuits.dropout import GAUSSIAN_BITS
from cimsim.circuits.dropout_unit import Condition, DropoutUnit, SetDac, nominal_correlation
from cimsim.circuits.telegraph_unit import TelegraphUnit
from cimsim.circuits.trimming import TrimmedSource
from cimsim.devices.junction import Spread
from cimsim.devices.switch import Pulse

__all__ = [
    "ageing_after",
    "build_bit_source",
    "build_dropout_unit",
    "build_telegraph_unit",
    "build_trimmed_source",
]

_WORTH_MODELLING = 1e-4
"""Bits are drawn as independent where their correlation is below it."""

_BIAS_WIDTHS = 5.0
"""The bias of a superparamagnetic junction reaches so many of its widths to both sides of the balance."""


def build_dropout_unit(spec: ArchSpec, pick: Pick = nominal) -> DropoutUnit:
    """The junction that is reset, set and read."""
    unit = spec.chip.stochastic_unit
    bit = unit.device.random_bit
    assert bit is not None, "checked when the file was read"
    return DropoutUnit(
        switch=build_switch(unit.device, pick(bit.access_resistance_ohm), pick),
        reset=Pulse(bit.reset.amplitude_v, bit.reset.width_s, to_parallel=True),
        dac=SetDac(spec.chip.trim_dac.bits, bit.set.low_v, bit.set.high_v),
        set_width_s=bit.set.width_s,
        cycle=unit.device.spread.cycle_cv.value,
        read_v=bit.read.amplitude_v,
        read_s=bit.read.width_s,
        relax_s=bit.relax_s.value,
        write_supply_v=unit.write_supply_v,
        read_supply_v=spec.technology.supply_v,
        driver_overhead=pick(unit.driver_overhead),
        sense_energy_j=pick(unit.sense_energy_j),
    )


def build_telegraph_unit(spec: ArchSpec) -> TelegraphUnit:
    """The superparamagnetic junction."""
    unit = spec.chip.smtj_unit
    assert unit is not None
    balance_a, width_a = unit.bias_current_a.value, unit.bias_width_a.value
    reach_a = _BIAS_WIDTHS * width_a
    return TelegraphUnit(
        dac=SetDac(spec.chip.trim_dac.bits, balance_a - reach_a, balance_a + reach_a),
        balance_a=balance_a,
        width_a=width_a,
        autocorrelation_300k_s=unit.autocorrelation_s.value,
        delta_300k=unit.delta.value,
        interval_s=unit.sample_interval_s,
    )


def build_trimmed_source(spec: ArchSpec) -> TrimmedSource | None:
    """The source with its converter, trimming and use; None for bits of CMOS, which need none."""
    chip, unit = spec.chip, spec.chip.stochastic_unit
    if chip.random_source == "lfsr":
        return None
    telegraph = isinstance(chip.random_unit, SmtjUnit)
    return TrimmedSource(
        source=build_telegraph_unit(spec) if telegraph else build_dropout_unit(spec),
        spread=_telegraph_spread(chip.random_unit) if telegraph else build_spread(unit.device),
        gain_spread=chip.trim_dac.gain_spread.value,
        trimmed=Condition(unit.calibration.temperature_k, unit.calibration.level_error),
        used=Condition(
            spec.technology.temperature_k, unit.level_error, 0.0 if telegraph else ageing_after(spec)
        ),
        n_bits=unit.calibration.bits,
        stuck=unit.stuck,
        level_per=chip.trim_dac.per,
    )


def ageing_after(spec: ArchSpec, age_s: float | None = None) -> float:
    """Relative rise of the threshold after so much use; by default the architecture's, since trimming."""
    unit = spec.chip.stochastic_unit
    hours = (unit.calibration.age_s if age_s is None else age_s) / 3600.0
    return unit.device.spread.ageing_per_decade.value * log10(1.0 + hours)


def build_bit_source(spec: ArchSpec) -> BitSource:
    """How the bits hang together: what a source makes of p is `build_trimmed_source`'s."""
    unit, temperature_k = spec.chip.random_unit, spec.technology.temperature_k
    if isinstance(unit, LfsrUnit):
        return BitSource(
            n_levels=1 << unit.bits, n_units=unit.n_units, fair_bits=unit.bits, normal_bits=GAUSSIAN_BITS
        )
    if isinstance(unit, SmtjUnit):
        correlation = float(build_telegraph_unit(spec).correlation(0.5, temperature_k))
    else:
        correlation = nominal_correlation(build_dropout_unit(spec), 0.5, Condition(temperature_k))
    correlation = correlation if correlation > _WORTH_MODELLING else 0.0
    return BitSource(correlation=correlation, n_units=unit.n_units, normal_bits=GAUSSIAN_BITS)


def _telegraph_spread(unit: object) -> Spread:
    assert isinstance(unit, SmtjUnit)
    return Spread(critical=unit.bias_spread.value)
