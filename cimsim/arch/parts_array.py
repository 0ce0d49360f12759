"""From spec to components, below the tile: each function reads one block of the file and prices it."""

from __future__ import annotations

import math

from cimsim.arch.chip import SUMS_PER_COLUMN
from cimsim.arch.parts_cell import read_supply_v
from cimsim.arch.quantity import Pick, nominal
from cimsim.arch.spec import ArchSpec
from cimsim.arch.spec_array import FlashAdc, SarAdc, WaldenAdc
from cimsim.circuits import adc as adcs
from cimsim.circuits import arithmetic, counters, lines
from cimsim.circuits.cost import Component, Scalar
from cimsim.circuits.registers import Registers
from cimsim.circuits.sense_amp import sense_amp

__all__ = [
    "build_adc",
    "build_bitline",
    "build_column_mux",
    "build_popcount_counter",
    "build_row_counter",
    "build_sense_amp",
    "build_shift_add",
    "build_wordline_driver",
    "readouts_per_macro",
    "wordline_latency",
]


def readouts_per_macro(spec: ArchSpec) -> int:
    """ADCs or sense amplifiers in a macro, shared by its subarrays."""
    macro = spec.tile.macro
    return math.ceil(macro.subarray.columns / macro.columns_per_readout)


def wordline_latency(spec: ArchSpec) -> float:
    """Decode and rise of a word line, at nominal values."""
    wordline = spec.tile.macro.subarray.wordline
    return lines.wordline_latency_s(
        wordline.driver_resistance_ohm.value,
        float(_wordline_f(spec, nominal)),
        wordline.decoder_latency_s.value,
    )


def build_wordline_driver(spec: ArchSpec, pick: Pick) -> Component:
    subarray = spec.tile.macro.subarray
    return lines.wordline_driver(
        n_lines=subarray.rows * subarray.cell.n_branches,
        line_f=_wordline_f(spec, pick),
        wordline_v=subarray.wordline.voltage_v,
        decoder_fraction=pick(subarray.wordline.decoder_fraction),
        latency_s=wordline_latency(spec),
        driver_area_m2=pick(subarray.wordline.driver_area_m2),
        driver_leakage_w=pick(subarray.wordline.driver_leakage_w),
    )


def build_bitline(spec: ArchSpec, pick: Pick) -> Component:
    macro = spec.tile.macro
    cell = macro.subarray.cell
    drains_per_line = 1 if macro.sense_amp is not None else cell.n_branches
    line_f = lines.line_capacitance_f(
        macro.subarray.rows,
        drains_per_line * pick(cell.drain_capacitance_f),
        pick(cell.area_m2) ** 0.5,
        _wire(spec, pick),
    )
    return lines.bitline(
        line_f=line_f,
        read_voltage_v=macro.read_voltage_v,
        read_supply_v=read_supply_v(spec),
        is_differential=macro.sense_amp is not None,
    )


def build_column_mux(spec: ArchSpec, pick: Pick) -> Component:
    macro, mux = spec.tile.macro, spec.tile.macro.subarray.column_mux
    if mux.energy_j is not None:
        energy_j = pick(mux.energy_j)
    else:
        assert mux.gate_capacitance_f is not None, "checked when the file was read"
        pitch_m = pick(macro.subarray.cell.area_m2) ** 0.5
        line_m = macro.columns_per_readout * pitch_m
        line_f = pick(mux.gate_capacitance_f) + line_m * _wire(spec, pick)
        energy_j = lines.select_energy_j(line_f, spec.technology.supply_v)
    return lines.column_mux(
        n_columns=macro.subarray.columns + macro.reference_columns,
        energy_j=energy_j,
        area_m2=pick(mux.area_m2),
        leakage_w=pick(mux.leakage_w),
    )


def build_adc(spec: ArchSpec, pick: Pick) -> Component:
    adc = spec.tile.macro.adc
    if isinstance(adc, WaldenAdc):
        return adcs.walden_adc(
            n_per_macro=readouts_per_macro(spec),
            effective_bits=adc.bits - adc.lost_bits,
            figure_of_merit_j=pick(adc.figure_of_merit_j),
            rate_hz=adc.rate_hz,
            area_m2=pick(adc.area_m2),
            leakage_w=pick(adc.leakage_w),
        )
    if isinstance(adc, SarAdc):
        return adcs.sar_adc(
            n_per_macro=readouts_per_macro(spec),
            bits=adc.bits,
            bit_energy_j=pick(adc.bit_energy_j),
            step_energy_j=pick(adc.step_energy_j),
            bit_latency_s=adc.bit_latency_s.value,
            bit_area_m2=pick(adc.bit_area_m2),
            step_area_m2=pick(adc.step_area_m2),
            leakage_w=pick(adc.leakage_w),
        )
    assert isinstance(adc, FlashAdc)
    return adcs.flash_adc(
        n_per_macro=readouts_per_macro(spec),
        bits=adc.bits,
        comparator_energy_j=pick(adc.comparator_energy_j),
        encoder_energy_j=pick(adc.encoder_energy_j),
        comparator_latency_s=adc.comparator_latency_s.value,
        encoder_latency_s=adc.encoder_latency_s.value,
        comparator_area_m2=pick(adc.comparator_area_m2),
        leakage_w=pick(adc.leakage_w),
    )


def build_sense_amp(spec: ArchSpec, pick: Pick) -> Component:
    sense = spec.tile.macro.sense_amp
    assert sense is not None
    return sense_amp(
        n_per_macro=readouts_per_macro(spec),
        decision_energy_j=pick(sense.decision_energy_j),
        latency_s=sense.latency_s.value,
        area_m2=pick(sense.area_m2),
        leakage_w=pick(sense.leakage_w),
    )


def build_shift_add(spec: ArchSpec, pick: Pick) -> Component:
    block = spec.tile.macro.accumulator
    return arithmetic.shift_add(
        n_per_macro=readouts_per_macro(spec),
        bits=block.bits,
        bit_energy_j=pick(block.bit_energy_j),
        bit_area_m2=pick(block.bit_area_m2),
        leakage_w=pick(block.leakage_w),
        registers=_registers(spec, pick, _sums_per_macro(spec) / readouts_per_macro(spec)),
    )


def build_popcount_counter(spec: ArchSpec, pick: Pick) -> Component:
    block = spec.tile.macro.accumulator
    return counters.popcount_counter(
        n_per_macro=readouts_per_macro(spec),
        bits=block.bits,
        bit_energy_j=pick(block.bit_energy_j),
        bit_area_m2=pick(block.bit_area_m2),
        leakage_w=pick(block.leakage_w),
        registers=_registers(spec, pick, _sums_per_macro(spec) / readouts_per_macro(spec)),
    )


def build_row_counter(spec: ArchSpec, pick: Pick) -> Component:
    block = spec.tile.macro.row_counter
    return counters.row_counter(
        n_per_macro=spec.tile.macro.subarrays,
        rows_active=spec.tile.macro.rows_active,
        full_adder_energy_j=pick(block.full_adder_energy_j),
        full_adder_area_m2=pick(block.full_adder_area_m2),
        leakage_w=pick(block.leakage_w),
        registers=_registers(spec, pick, SUMS_PER_COLUMN),
    )


def _sums_per_macro(spec: ArchSpec) -> int:
    macro = spec.tile.macro
    return SUMS_PER_COLUMN * macro.subarrays * macro.subarray.columns


def _registers(spec: ArchSpec, pick: Pick, n: float) -> Registers:
    """``n`` registers as wide as the sums of a column."""
    block = spec.tile.macro.accumulator
    return Registers(
        n,
        block.bits,
        pick(block.register_bit_energy_j),
        pick(block.register_bit_area_m2),
        pick(block.register_leakage_w),
    )


def _wire(spec: ArchSpec, pick: Pick) -> Scalar:
    return pick(spec.technology.wire_capacitance_f_per_m)


def _wordline_f(spec: ArchSpec, pick: Pick) -> Scalar:
    macro = spec.tile.macro
    cell = macro.subarray.cell
    return lines.line_capacitance_f(
        macro.subarray.columns + macro.reference_columns,
        pick(cell.gate_capacitance_f),
        pick(cell.area_m2) ** 0.5,
        _wire(spec, pick),
    )
