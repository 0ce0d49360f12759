"""How far costs may be off: the counts of a ledger at drawn costs, and the range of what comes out."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from cimsim.arch.chip import Chip
from cimsim.circuits.cost import Scalar
from cimsim.mapping.program import Program
from cimsim.sim.ledger import Ledger, Row

__all__ = ["ENDS", "Drawn", "draw_costs", "ends", "ranged", "ranges"]

ENDS = (0.05, 0.95)
"""The quantiles that ``_low`` and ``_high`` stand for."""

_UNIT = re.compile(r"(_per)?_[a-z0-9]+$")

_Draws = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Drawn:
    """A ledger at draws of its sources. A draw is one chip throughout, so ratios of its numbers are right.

    Attributes
    ----------
    program : the network on the chip whose costs are draws
    rows : of the ledger
    energy_j : (n_rows, n_draws)
    area_m2 : by component, (n_draws,)
    leakage_w : (n_draws,), of the whole chip
    """

    program: Program
    rows: tuple[Row, ...]
    energy_j: _Draws
    area_m2: Mapping[str, _Draws]
    leakage_w: _Draws

    @cached_property
    def total_j(self) -> _Draws:
        """(n_draws,) energies of an image."""
        return np.asarray(self.energy_j.sum(axis=0))

    @cached_property
    def range_j(self) -> _Draws:
        """(2, n_rows): `ENDS` of the energy of each row."""
        return np.asarray(np.quantile(self.energy_j, ENDS, axis=1))

    def energy_of_j(self, components: Collection[str]) -> _Draws:
        """(n_draws,) energies of some components, their leakage included."""
        return np.asarray(self.energy_j[[row.component in components for row in self.rows]].sum(axis=0))

    def layer_energy_j(self, layer: str) -> _Draws:
        return np.asarray(self.energy_j[[row.layer == layer for row in self.rows]].sum(axis=0))

    def area_of_m2(self, components: Collection[str]) -> _Draws:
        """(n_draws,) areas of some components."""
        return sum((area for name, area in self.area_m2.items() if name in components), np.zeros(1))

    def parts(self) -> dict[str, dict[str, float]]:
        """Energy with its range by component, largest first; all leakage is one entry, "leakage"."""
        places: dict[str, list[int]] = {}
        for place, row in enumerate(self.rows):
            places.setdefault(row.component if row.action != "leakage" else "leakage", []).append(place)
        nominal_j = np.array([row.energy_j for row in self.rows])
        costs = [
            ("energy_j", float(nominal_j[here].sum()), self.energy_j[here].sum(axis=0))
            for here in places.values()
        ]
        found = sorted(zip(places, ranges(costs), strict=True), key=lambda part: -part[1]["energy_j"])
        return {name: part for name, part in found if part["energy_j"] > 0}


def draw_costs(program: Program, ledger: Ledger, latency_s: float) -> Drawn:
    """The ledger's counts on the program's chip, whose costs may be draws; ``latency_s`` is the image's."""
    components = program.chip.components
    energy_j = np.empty((len(ledger.rows), _n_draws(program.chip)))
    area_m2, leakage_w = {}, np.zeros(energy_j.shape[1])
    for place, row in enumerate(ledger.rows):
        component = components[row.component]
        if row.action == "area":
            area_m2[row.component] = np.atleast_1d(row.count * component.area_m2)
            energy_j[place] = 0.0
        elif row.action == "leakage":
            power_w = row.count * component.leakage_w
            leakage_w += power_w
            energy_j[place] = power_w * latency_s
        else:
            energy_j[place] = row.count * component.actions[row.action].energy_j
    return Drawn(program, ledger.rows, energy_j, area_m2, leakage_w)


def _n_draws(chip: Chip) -> int:
    """Of the costs of a chip; 1 where they are nominal."""
    return max(np.size(component.area_m2) for component in chip.components.values())


def ranged(key: str, value: float, draws: Scalar) -> dict[str, float]:
    """A number with the range of its draws, each under its name.

    Examples
    --------
    >>> ranged("ops_per_j", 2.0, np.array([1.0, 3.0]))
    {'ops_per_j': 2.0, 'ops_low_per_j': 1.1, 'ops_high_per_j': 2.9}
    """
    return ranges([(key, value, draws)])[0]


def ranges(costs: Sequence[tuple[str, float, Scalar]]) -> list[dict[str, float]]:
    """`ranged` of each: many at once cost little more than one."""
    draws = np.array(np.broadcast_arrays(*(np.atleast_1d(draws) for _, _, draws in costs)))
    # NumPy sorts faster than it partitions, and finds quantiles of what is sorted at once.
    found = np.quantile(np.sort(draws, axis=1), ENDS, axis=1).T.tolist()
    return [
        dict(zip(_keys(key), (value, low, high), strict=True))
        for (key, value, _), (low, high) in zip(costs, found, strict=True)
    ]


def ends(draws: Scalar) -> tuple[float, float]:
    """`ENDS` of the draws of a number."""
    low, high = np.quantile(draws, ENDS)
    return float(low), float(high)


@lru_cache(maxsize=256)
def _keys(key: str) -> tuple[str, str, str]:
    """Of a number, its low and its high."""
    low, high = (_UNIT.sub(rf"_{end}\g<0>", key) for end in ("low", "high"))
    return key, low, high
