"""From spec to components, random bits and what acts on them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cimsim.arch.parts_device import build_junction
from cimsim.arch.quantity import Pick
from cimsim.arch.sources import build_dropout_unit
from cimsim.arch.spec import ArchSpec
from cimsim.arch.spec_random import LfsrUnit, SmtjUnit
from cimsim.circuits import dropout, stochastic_unit
from cimsim.circuits.cost import Component, Scalar
from cimsim.circuits.dropout_unit import Condition, nominal_code

__all__ = [
    "build_arbiter",
    "build_dropout_gate",
    "build_gaussian_sampler",
    "build_stochastic_unit",
    "build_trim_dac",
]

PRICED_P = 0.2
"""The probability whose energy every draw has in a run; that of others is within a tenth of it."""


def build_stochastic_unit(spec: ArchSpec, pick: Pick) -> Component:
    """The source that ``chip.random_source`` names."""
    unit = spec.chip.random_unit
    if isinstance(unit, LfsrUnit):
        return _lfsr(spec, unit, pick)
    return _smtj(spec, unit, pick) if isinstance(unit, SmtjUnit) else _written(spec, pick)


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


def _written(spec: ArchSpec, pick: Pick) -> Component:
    unit = spec.chip.stochastic_unit
    model, nominal_model = build_dropout_unit(spec, pick), build_dropout_unit(spec)
    used = Condition(spec.technology.temperature_k)
    draw_j, fair_j = (
        model.energy_j(np.array(nominal_code(nominal_model, p, used)), used) for p in (PRICED_P, 0.5)
    )
    return stochastic_unit.written_mtj(
        n_units=unit.n_units,
        draw_energy_j=_plain(draw_j),
        fair_energy_j=_plain(fair_j),
        cycle_s=model.cycle_s,
        area_m2=pick(unit.area_m2),
        leakage_w=pick(unit.leakage_w),
    )


def _plain(number: NDArray[np.float64]) -> Scalar:
    return float(number) if number.ndim == 0 else number


def _smtj(spec: ArchSpec, unit: SmtjUnit, pick: Pick) -> Component:
    """The read is priced at the parallel state's current, an upper bound of both states."""
    junction = build_junction(unit.mtj, pick(unit.access_resistance_ohm), pick)
    return stochastic_unit.superparamagnetic_mtj(
        n_units=unit.n_units,
        supply_v=spec.technology.supply_v,
        read_a=junction.current_a(unit.read.amplitude_v, parallel=True),
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
