"""Digital counts behind the read-out: how many rows were driven, how many cells agreed."""

from __future__ import annotations

from cimsim.circuits.cost import Action, Component, Scalar

__all__ = ["popcount_counter", "row_counter"]


def row_counter(
    *, rows_active: int, full_adder_energy_j: Scalar, full_adder_area_m2: Scalar, leakage_w: Scalar
) -> Component:
    """Counts the driven rows of a step (dot = 2 pop - n_active): a full adder for each row read at once."""
    energy, area = rows_active * full_adder_energy_j, rows_active * full_adder_area_m2
    return Component("row_counter", area, leakage_w, {"count": Action(energy)}, unit="macro")


def popcount_counter(
    *, n_per_macro: int, bits: int, bit_energy_j: Scalar, bit_area_m2: Scalar, leakage_w: Scalar
) -> Component:
    """Counts the agreeing cells of a column, one row at a time: exact."""
    return Component(
        "popcount_counter",
        area_m2=bits * bit_area_m2,
        leakage_w=leakage_w,
        actions={"add": Action(bits * bit_energy_j)},
        unit="macro",
        n_per_unit=n_per_macro,
    )
