"""The sense amplifier: one bit per decision."""

from __future__ import annotations

from cimsim.circuits.cost import Action, Component, Scalar

__all__ = ["sense_amp"]


def sense_amp(
    *, n_per_macro: int, decision_energy_j: Scalar, latency_s: float, area_m2: Scalar, leakage_w: Scalar
) -> Component:
    """A pre-charged differential latch on the two branches of a cell."""
    return Component(
        "sense_amp",
        area_m2=area_m2,
        leakage_w=leakage_w,
        actions={"convert": Action(decision_energy_j, latency_s)},
        unit="macro",
        n_per_unit=n_per_macro,
    )
