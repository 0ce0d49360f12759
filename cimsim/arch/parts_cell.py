"""From spec to the matrix of cells: what the kinds of cell have in common ends here."""

from __future__ import annotations

from cimsim.arch.parts_device import build_junction, build_switch
from cimsim.arch.quantity import Pick, nominal
from cimsim.arch.spec import ArchSpec
from cimsim.arch.spec_array import CellRram, CellSram, JunctionCell
from cimsim.circuits.cell_array import cell_array
from cimsim.circuits.cell_physics import CellPhysics
from cimsim.circuits.charge_array import charge_array
from cimsim.circuits.cost import Component, Scalar

__all__ = ["build_cell_array", "build_cell_physics", "cell_currents", "read_supply_v"]


def cell_currents(spec: ArchSpec, pick: Pick = nominal) -> tuple[Scalar, Scalar]:
    """Current of the branch of a resistive cell that is read, in its parallel and antiparallel state."""
    macro = spec.tile.macro
    cell = macro.subarray.cell
    assert not isinstance(cell, CellSram), "no current flows through a capacitor"
    access_ohm = pick(cell.access_resistance_ohm)
    if isinstance(cell, CellRram):
        low_ohm, high_ohm = pick(cell.resistance_low_ohm), pick(cell.resistance_high_ohm)
        return macro.read_voltage_v / (low_ohm + access_ohm), macro.read_voltage_v / (high_ohm + access_ohm)
    junction = build_junction(cell.device.junction, access_ohm, pick)
    temperature_k = spec.technology.temperature_k
    parallel, antiparallel = (
        junction.current_a(macro.read_voltage_v, parallel=state, temperature_k=temperature_k)
        for state in (True, False)
    )
    return parallel, antiparallel


def read_supply_v(spec: ArchSpec) -> float:
    """The voltage that read charge costs: the supply, or the read voltage over the regulator's efficiency."""
    macro = spec.tile.macro
    if macro.regulator_efficiency is None:
        return spec.technology.supply_v
    return macro.read_voltage_v / macro.regulator_efficiency


def build_cell_array(spec: ArchSpec, pick: Pick) -> Component:
    macro = spec.tile.macro
    rows, columns, cell = macro.subarray.rows, macro.subarray.columns, macro.subarray.cell
    n_references = macro.reference_columns
    if isinstance(cell, CellSram):
        return charge_array(
            n_cells=rows * (columns + n_references),
            n_references=n_references,
            cell_area_m2=pick(cell.area_m2),
            cell_leakage_w=pick(cell.leakage_w),
            capacitance_f=pick(cell.capacitance_f),
            supply_v=spec.technology.supply_v,
            write_energy_j=pick(cell.write_energy_j),
        )
    parallel, antiparallel = cell_currents(spec, pick)
    return cell_array(
        n_rows=rows,
        n_columns=columns,
        n_references=n_references,
        cell_area_m2=pick(cell.area_m2),
        parallel_a=parallel,
        antiparallel_a=antiparallel,
        n_branches=cell.n_branches,
        is_differential=macro.sense_amp is not None,
        read_supply_v=read_supply_v(spec),
        read_s=macro.read_time_s,
        write_a=pick(cell.write.current_a),
        write_supply_v=cell.write.supply_v,
        write_s=cell.write.width_s,
    )


def build_cell_physics(spec: ArchSpec) -> CellPhysics | None:
    """Writes, reads and retention of the cells, at nominal values; None where they have no junctions."""
    macro = spec.tile.macro
    cell = macro.subarray.cell
    if not isinstance(cell, JunctionCell):
        return None
    parallel_a, antiparallel_a = cell_currents(spec)
    return CellPhysics(
        switch=build_switch(cell.device),
        write_a=cell.write.current_a.value,
        write_s=cell.write.width_s,
        max_pulses=cell.write.max_pulses,
        parallel_a=float(parallel_a),
        antiparallel_a=float(antiparallel_a),
        read_s=macro.read_time_s,
        favours_parallel=macro.read_favours == "parallel",
        temperature_k=spec.technology.temperature_k,
        n_junctions=cell.n_branches,
    )
