"""What random bits need beside their source: a level for p, gates on word lines, sums, choices."""

from __future__ import annotations

from cimsim.circuits.cost import Action, Component, Scalar

__all__ = ["GAUSSIAN_BITS", "arbiter", "dropout_gate", "gaussian_sampler", "trim_dac"]

GAUSSIAN_BITS = 16
"""Fair bits summed into one normal number (central limit: 16 bits spread by two steps)."""


def trim_dac(*, set_energy_j: Scalar, area_m2: Scalar, leakage_w: Scalar) -> Component:
    """Gives junctions the level for their p; it is stepped for each draw."""
    return Component("trim_dac", area_m2, leakage_w, {"set": Action(set_energy_j)})


def dropout_gate(*, gate_energy_j: Scalar, area_m2: Scalar, leakage_w: Scalar) -> Component:
    """Lets a word line rise only where its value is kept."""
    return Component("dropout_gate", area_m2, leakage_w, {"gate": Action(gate_energy_j)})


def gaussian_sampler(
    *,
    bit_energy_j: Scalar,
    multiply_add_energy_j: Scalar,
    area_m2: Scalar,
    leakage_w: Scalar,
) -> Component:
    """A normal number: `GAUSSIAN_BITS` fair bits counted, times the deviation, plus the mean."""
    sample = Action(GAUSSIAN_BITS * bit_energy_j + multiply_add_energy_j)
    return Component("gaussian_sampler", area_m2, leakage_w, {"sample": sample})


def arbiter(*, grant_energy_j: Scalar, area_m2: Scalar, leakage_w: Scalar) -> Component:
    """Turns random bits into one of several select lines."""
    return Component("arbiter", area_m2, leakage_w, {"grant": Action(grant_energy_j)})
