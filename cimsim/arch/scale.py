"""What the node and the supply of the chip make of a quantity whose source says its own."""

from __future__ import annotations

from cimsim.arch.quantity import Quantity, RuleBroken
from cimsim.circuits.scaling import area_factor, energy_factor
from cimsim.units import unit_of

__all__ = ["scale_factor"]


def scale_factor(path: str, quantity: Quantity, node_m: float | None, supply_v: float) -> float:
    """From the source's node and supply to the chip's; 1 where the source does not say them.

    Raises
    ------
    RuleBroken
        One of the nodes or voltages is missing, or outside the law.
    """
    if quantity.node_m is None:
        if quantity.voltage_v is not None:
            raise RuleBroken(f"{path}.node_m", "must be given with voltage_v")
        return 1.0
    if node_m is None:
        raise RuleBroken("technology.node_m", f"must be given: {path} says the node of its source")
    is_energy = unit_of(path.rpartition(".")[2]) == "joule"
    if is_energy and quantity.voltage_v is None:
        raise RuleBroken(f"{path}.voltage_v", "must be given with node_m: energy depends on the supply")
    from_v = quantity.voltage_v or supply_v
    for place, node, voltage in ((path, quantity.node_m, from_v), ("technology", node_m, supply_v)):
        _check(place, node, voltage if is_energy else None)
    if is_energy:
        return energy_factor(quantity.node_m, from_v, node_m, supply_v)
    return area_factor(quantity.node_m, node_m)


def _check(place: str, node_m: float, voltage_v: float | None) -> None:
    """Refuse what the law does not cover, under the name that broke it."""
    try:
        area_factor(node_m, node_m)
    except ValueError as error:
        raise RuleBroken(f"{place}.node_m", str(error)) from error
    try:
        if voltage_v is not None:
            energy_factor(node_m, voltage_v, node_m, voltage_v)
    except ValueError as error:
        name = "supply_v" if place == "technology" else "voltage_v"
        raise RuleBroken(f"{place}.{name}", str(error), f"{voltage_v:g}") from error
