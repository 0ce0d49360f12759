"""Digital counts behind the read-out: how many rows were driven, how many cells agreed."""

from __future__ import annotations

from cimsim.circuits.cost import Action, Component, Scalar
from cimsim.circuits.registers import Registers

__all__ = ["popcount_counter", "row_counter"]


def row_counter(
    *,
    n_per_macro: int,
    rows_active: int,
    full_adder_energy_j: Scalar,
    full_adder_area_m2: Scalar,
    leakage_w: Scalar,
    registers: Registers,
) -> Component:
    """Counts the driven rows of a step (dot = 2 pop - n_active) and adds them up over steps and planes.

    A full adder for each row read at once and for each bit of the running count.
    """
    adders = rows_active + registers.bits
    return Component(
        "row_counter",
        area_m2=adders * full_adder_area_m2 + registers.area_m2,
        leakage_w=leakage_w + registers.leakage_w,
        actions={"count": Action(adders * full_adder_energy_j + registers.write_j)},
        unit="macro",
        n_per_unit=n_per_macro,
    )


def popcount_counter(
    *,
    n_per_macro: int,
    bits: int,
    bit_energy_j: Scalar,
    bit_area_m2: Scalar,
    leakage_w: Scalar,
    registers: Registers,
) -> Component:
    """Counts the agreeing cells of columns, one row at a time, into their registers: exact.

    Input planes come highest bit first: between two of them a column's count is shifted and goes on.
    """
    return Component(
        "popcount_counter",
        area_m2=bits * bit_area_m2 + registers.area_m2,
        leakage_w=leakage_w + registers.leakage_w,
        actions={"add": Action(bits * bit_energy_j), "shift": Action(registers.write_j)},
        unit="macro",
        n_per_unit=n_per_macro,
    )
