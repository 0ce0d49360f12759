"""How far costs may be off: the counts of a ledger at drawn costs, and the range of what comes out."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from cimsim.arch.chip import Chip
from cimsim.circuits.cost import Scalar
from cimsim.mapping.program import Program
from cimsim.sim.ledger import Ledger, Row

__all__ = ["ENDS", "Drawn", "draw_costs", "ends", "ranged"]

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
    energy_j, area_m2 : (n_rows, n_draws)
    leakage_w : (n_draws,), of the whole chip
    """

    program: Program
    rows: tuple[Row, ...]
    energy_j: _Draws
    area_m2: _Draws
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
        return np.asarray(self.area_m2[[row.component in components for row in self.rows]].sum(axis=0))

    def parts(self) -> dict[str, dict[str, float]]:
        """Energy with its range by component, largest first; all leakage is one entry, "leakage"."""
        names = np.array([row.component if row.action != "leakage" else "leakage" for row in self.rows])
        nominal_j = np.array([row.energy_j for row in self.rows])
        found = [
            (str(name), ranged("energy_j", float(nominal_j[is_it].sum()), self.energy_j[is_it].sum(axis=0)))
            for name in dict.fromkeys(names)
            for is_it in (names == name,)
        ]
        found.sort(key=lambda part: -part[1]["energy_j"])
        return {name: part for name, part in found if part["energy_j"] > 0}


def draw_costs(program: Program, ledger: Ledger, latency_s: float) -> Drawn:
    """The ledger's counts on the program's chip, whose costs may be draws; ``latency_s`` is the image's."""
    costs = [cost for row in ledger.rows for cost in _costs(program.chip, row, latency_s)]
    wide = np.array(np.broadcast_arrays(*map(np.atleast_1d, costs)), np.float64)
    energy_j, area_m2, leakage_w = wide.reshape(len(ledger.rows), 3, -1).swapaxes(0, 1)
    return Drawn(program, ledger.rows, energy_j, area_m2, np.asarray(leakage_w.sum(axis=0)))


def _costs(chip: Chip, row: Row, latency_s: float) -> tuple[Scalar, Scalar, Scalar]:
    """Energy, area and leakage of a row."""
    component = chip.components[row.component]
    if row.action == "area":
        return 0.0, row.count * component.area_m2, 0.0
    if row.action == "leakage":
        leakage_w = row.count * component.leakage_w
        return leakage_w * latency_s, 0.0, leakage_w
    return row.count * component.actions[row.action].energy_j, 0.0, 0.0


def ranged(key: str, value: float, draws: Scalar) -> dict[str, float]:
    """A number with the range of its draws, each under its name.

    Examples
    --------
    >>> ranged("ops_per_j", 2.0, np.array([1.0, 3.0]))
    {'ops_per_j': 2.0, 'ops_low_per_j': 1.1, 'ops_high_per_j': 2.9}
    """
    low, high = ends(draws)
    low_key, high_key = (_UNIT.sub(rf"_{end}\g<0>", key) for end in ("low", "high"))
    return {key: value, low_key: low, high_key: high}


def ends(draws: Scalar) -> tuple[float, float]:
    """`ENDS` of the draws of a number."""
    low, high = np.quantile(draws, ENDS)
    return float(low), float(high)
