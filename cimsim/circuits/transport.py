"""What moves data and orders: the link between tiles, and the controllers."""

from __future__ import annotations

from cimsim.circuits.cost import Action, Component, Scalar

__all__ = ["controller", "link"]


def link(
    *,
    length_m: float,
    wire_f_per_m: Scalar,
    supply_v: float,
    activity_factor: float,
    router_bit_energy_j: Scalar,
    area_m2: Scalar,
    leakage_w: Scalar,
) -> Component:
    """One bit over the wire, charged on ``activity_factor`` of the bits, and through a router."""
    energy = activity_factor * length_m * wire_f_per_m * supply_v**2 + router_bit_energy_j
    return Component("link", area_m2, leakage_w, {"transfer_bit": Action(energy)}, unit="chip")


def controller(
    name: str, unit: str, *, issue_energy_j: Scalar, area_m2: Scalar, leakage_w: Scalar
) -> Component:
    """A state machine that issues commands, one in each ``unit``."""
    return Component(name, area_m2, leakage_w, {"issue": Action(issue_energy_j)}, unit=unit)
