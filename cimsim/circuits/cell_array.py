"""The bare matrix of 2T-2MTJ XNOR cells: what reading and writing one cell draws."""

from __future__ import annotations

from cimsim.circuits.cost import Action, Component, Scalar
from cimsim.devices.pulse import pulse_energy_j

__all__ = ["cell_array"]


def cell_array(
    *,
    n_rows: int,
    n_columns: int,
    cell_area_m2: Scalar,
    parallel_a: Scalar,
    antiparallel_a: Scalar,
    is_differential: bool,
    read_supply_v: Scalar,
    read_s: float,
    write_a: Scalar,
    write_supply_v: Scalar,
    write_s: float,
) -> Component:
    """Array of ``n_rows`` x ``n_columns`` cells.

    A summed read opens one of the two branches of a cell: parallel where input and weight agree. A
    differential read lets both conduct, so its two energies are equal. A write pulses both junctions, one
    after the other. Non-volatile cells leak nothing while no column is biased.

    Parameters
    ----------
    parallel_a, antiparallel_a : current of one branch while it is read
    read_supply_v : voltage that the read charge is drawn from (the supply, or read voltage over efficiency)
    read_s, write_s : how long current flows, per column conversion and per written junction
    """
    both = parallel_a + antiparallel_a
    match, mismatch = (both, both) if is_differential else (parallel_a, antiparallel_a)
    return Component(
        name="cell_array",
        unit="subarray",
        area_m2=n_rows * n_columns * cell_area_m2,
        leakage_w=0.0,
        actions={
            "read_parallel": Action(pulse_energy_j(read_supply_v, match, read_s)),
            "read_antiparallel": Action(pulse_energy_j(read_supply_v, mismatch, read_s)),
            "write": Action(2 * pulse_energy_j(write_supply_v, write_a, write_s), 2 * write_s),
        },
    )
