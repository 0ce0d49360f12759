"""From spec to components, random bits and what acts on them."""

from __future__ import annotations

from cimsim.arch.parts_array import junction_currents
from cimsim.arch.quantity import Pick
from cimsim.arch.spec import ArchSpec
from cimsim.arch.spec_random import LfsrUnit, SmtjUnit
from cimsim.circuits import dropout, stochastic_unit
from cimsim.circuits.cost import Component

__all__ = [
    "build_arbiter",
    "build_dropout_gate",
    "build_gaussian_sampler",
    "build_stochastic_unit",
    "build_trim_dac",
]


def build_stochastic_unit(spec: ArchSpec, pick: Pick) -> Component:
    """The source that ``chip.random_source`` names."""
    unit = spec.chip.random_unit
    if isinstance(unit, LfsrUnit):
        return _lfsr(spec, unit, pick)
    return _smtj(spec, unit, pick) if isinstance(unit, SmtjUnit) else _sot_mtj(spec, pick)


def build_trim_dac(spec: ArchSpec, pick: Pick) -> Component:
    block = spec.chip.trim_dac
    return dropout.trim_dac(
        set_energy_j=pick(block.set_energy_j), area_m2=pick(block.area_m2), leakage_w=pick(block.leakage_w)
    )


def build_dropout_gate(spec: ArchSpec, pick: Pick) -> Component:
    block = spec.chip.dropout_gate
    return dropout.dropout_gate(
        gate_energy_j=pick(block.gate_energy_j), area_m2=pick(block.area_m2), leakage_w=pick(block.leakage_w)
    )


def build_gaussian_sampler(spec: ArchSpec, pick: Pick) -> Component:
    block = spec.chip.gaussian_sampler
    return dropout.gaussian_sampler(
        bit_energy_j=pick(block.bit_energy_j),
        multiply_add_energy_j=pick(block.multiply_add_energy_j),
        area_m2=pick(block.area_m2),
        leakage_w=pick(block.leakage_w),
    )


def build_arbiter(spec: ArchSpec, pick: Pick) -> Component:
    block = spec.chip.arbiter
    return dropout.arbiter(
        grant_energy_j=pick(block.grant_energy_j),
        area_m2=pick(block.area_m2),
        leakage_w=pick(block.leakage_w),
    )


def _sot_mtj(spec: ArchSpec, pick: Pick) -> Component:
    """The read is priced at the parallel state's current, an upper bound of both states."""
    unit = spec.chip.stochastic_unit
    track_ohm = pick(unit.track_resistance_ohm)
    read_a, _ = junction_currents(unit.mtj, pick(unit.access_resistance_ohm), unit.read.amplitude_v, pick)
    return stochastic_unit.sot_mtj(
        n_units=unit.n_units,
        write_supply_v=unit.write_supply_v,
        reset_a=unit.reset.amplitude_v / track_ohm,
        reset_s=unit.reset.width_s,
        set_a=unit.set.amplitude_v / track_ohm,
        set_s=unit.set.width_s,
        driver_overhead=pick(unit.driver_overhead),
        read_supply_v=spec.technology.supply_v,
        read_a=read_a,
        read_s=unit.read.width_s,
        sense_energy_j=pick(unit.read.sense_energy_j),
        relax_s=unit.relax_s.value,
        area_m2=pick(unit.area_m2),
        leakage_w=pick(unit.leakage_w),
    )


def _smtj(spec: ArchSpec, unit: SmtjUnit, pick: Pick) -> Component:
    """The read is priced at the parallel state's current, an upper bound of both states."""
    read_a, _ = junction_currents(unit.mtj, pick(unit.access_resistance_ohm), unit.read.amplitude_v, pick)
    return stochastic_unit.superparamagnetic_mtj(
        n_units=unit.n_units,
        supply_v=spec.technology.supply_v,
        read_a=read_a,
        read_s=unit.read.width_s,
        bias_a=pick(unit.bias_current_a),
        interval_s=unit.sample_interval_s,
        sense_energy_j=pick(unit.read.sense_energy_j),
        area_m2=pick(unit.area_m2),
        leakage_w=pick(unit.leakage_w),
    )


def _lfsr(spec: ArchSpec, unit: LfsrUnit, pick: Pick) -> Component:
    return stochastic_unit.lfsr(
        n_units=unit.n_units,
        bits=unit.bits,
        register_bit_energy_j=pick(unit.register_bit_energy_j),
        xor_bit_energy_j=pick(unit.xor_bit_energy_j),
        comparator_bit_energy_j=pick(unit.comparator_bit_energy_j),
        clock_s=1.0 / spec.chip.clock_hz,
        bit_area_m2=pick(unit.bit_area_m2),
        bit_leakage_w=pick(unit.bit_leakage_w),
    )
