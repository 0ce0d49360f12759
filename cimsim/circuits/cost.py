"""What a block costs: actions with energy and latency, area and leakage. SI units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cimsim.devices.scalar import Scalar

__all__ = ["Action", "Component", "Scalar"]


@dataclass(frozen=True)
class Action:
    """One thing a component can be asked to do.

    Attributes
    ----------
    energy_j : energy drawn from the supply, per action
    latency_s : time the component is held, per action (0 for actions that hide inside another)
    """

    energy_j: Scalar
    latency_s: float = 0.0


@dataclass(frozen=True)
class Component:
    """A kind of block, ``n_per_unit`` of it in each ``unit`` of the chip, each with this area and leakage.

    ``unit`` is "chip", "tile", "macro" or "subarray"; the placement decides how many of those there are.

    Composition: energies and areas add; the latency of a step is what its command says; leakage is booked
    once, over the whole run time.
    """

    name: str
    area_m2: Scalar
    leakage_w: Scalar
    actions: Mapping[str, Action] = field(default_factory=dict)
    unit: str = "chip"
    n_per_unit: int = 1
