"""A matrix of SRAM bits with a capacitor each: sums are shared charge."""

from __future__ import annotations

from cimsim.circuits.cost import Action, Component, Scalar

__all__ = ["charge_array"]


def charge_array(
    *,
    n_cells: int,
    n_references: int = 0,
    cell_area_m2: Scalar,
    cell_leakage_w: Scalar,
    capacitance_f: Scalar,
    supply_v: float,
    write_energy_j: Scalar,
) -> Component:
    """Cells that charge their capacitor to the supply where input and weight agree, then share its charge.

    ``E = C V^2`` for a match, nothing for a mismatch: capacitors are emptied between reads.

    Parameters
    ----------
    n_cells : reference columns included
    n_references : reference columns, every second one charged

    References
    ----------
    Valavi et al., "A Mixed-Signal Binarized Convolutional-Neural-Network Accelerator", VLSI 2018, and Jia et
    al., JSSC 2020, doi 10.1109/JSSC.2020.2987714.
    """
    of_references = {"read_reference": Action(n_references // 2 * capacitance_f * supply_v**2)}
    return Component(
        name="cell_array",
        unit="subarray",
        area_m2=n_cells * cell_area_m2,
        leakage_w=n_cells * cell_leakage_w,
        actions={
            "read_parallel": Action(capacitance_f * supply_v**2),
            "read_antiparallel": Action(0.0),
            **(of_references if n_references else {}),
            "write": Action(write_energy_j),
        },
    )
