"""The bare matrix of cells with resistances: what reading and writing one cell draws."""

from __future__ import annotations

from cimsim.circuits.cost import Action, Component, Scalar
from cimsim.devices.pulse import pulse_energy_j

__all__ = ["cell_array"]


def cell_array(
    *,
    n_rows: int,
    n_columns: int,
    n_references: int = 0,
    cell_area_m2: Scalar,
    parallel_a: Scalar,
    antiparallel_a: Scalar,
    n_branches: int,
    is_differential: bool,
    read_supply_v: Scalar,
    read_s: float,
    write_a: Scalar,
    write_supply_v: Scalar,
    write_s: float,
) -> Component:
    """Array of ``n_rows`` x ``n_columns`` cells.

    A summed read opens one branch of a cell: of two that are in opposite states, the parallel one where
    input and weight agree. A differential read lets both conduct, so its two energies are equal; against a
    single branch a reference of the mean current conducts. A write pulses the branches one after the other.
    Reference columns, antiparallel and parallel ones in turn, conduct beside them on the same word line.
    Non-volatile cells leak nothing while no column is biased.

    Parameters
    ----------
    n_references : reference columns, beside ``n_columns``
    parallel_a, antiparallel_a : current of one branch while it is read
    read_supply_v : voltage that the read charge is drawn from (the supply, or read voltage over efficiency)
    read_s, write_s : how long current flows, per column conversion and per written junction
    """
    match, mismatch, both = parallel_a, antiparallel_a, parallel_a + antiparallel_a
    if is_differential and n_branches == 2:
        match = mismatch = both
    elif is_differential:
        match, mismatch = match + both / 2, mismatch + both / 2
    references_a = n_references // 2 * parallel_a + (n_references + 1) // 2 * antiparallel_a
    of_references = {"read_reference": Action(pulse_energy_j(read_supply_v, references_a, read_s))}
    return Component(
        name="cell_array",
        unit="subarray",
        area_m2=n_rows * (n_columns + n_references) * cell_area_m2,
        leakage_w=0.0,
        actions={
            "read_parallel": Action(pulse_energy_j(read_supply_v, match, read_s)),
            "read_antiparallel": Action(pulse_energy_j(read_supply_v, mismatch, read_s)),
            **(of_references if n_references else {}),
            "write": Action(
                n_branches * pulse_energy_j(write_supply_v, write_a, write_s), n_branches * write_s
            ),
        },
    )
