"""Which points of a sweep no other point beats, and which ones only noise keeps from that front."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cimsim.errors import InputError, closest
from cimsim.sweep.constraints import Constraint, is_feasible
from cimsim.sweep.noise import gain_and_noise

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Objective", "costs_of", "flag_front", "hypervolume", "is_on_front"]

_ROWS_AT_ONCE = 4096


@dataclass(frozen=True)
class Objective:
    """A column of the table and whether more of it is better."""

    column: str
    is_max: bool


def flag_front(
    table: pd.DataFrame, objectives: Sequence[Objective], constraints: Sequence[Constraint] = ()
) -> pd.DataFrame:
    """A copy with ``pareto`` and ``pareto_tie``, both boolean.

    ``pareto``: done, within the constraints, and no such row is as good in every objective and better in one.
    ``pareto_tie``: off that front by no more than the noise (`cimsim.sweep.noise`). It may take the place of
    a row of the front, being no worse in the exact objectives and not surely worse in noisy ones; and no row
    of the front surely beats it, being no worse in the exact objectives and surely no worse in noisy ones.

    Raises
    ------
    InputError : an objective or a constraint names no column of numbers
    """
    costs, allowed = costs_of(table, objectives), is_feasible(table, constraints)
    usable = np.flatnonzero(allowed & np.isfinite(costs).all(axis=1))
    front = usable[is_on_front(costs[usable])]
    off = np.setdiff1d(usable, front)
    flagged: pd.DataFrame = table.copy()
    for name, rows in (("pareto", front), ("pareto_tie", _tied(table, objectives, off, front))):
        marks = np.zeros(len(table), bool)
        marks[rows] = True
        flagged[name] = marks
    return flagged


def costs_of(table: pd.DataFrame, objectives: Sequence[Objective]) -> NDArray[np.float64]:
    """(n_rows, n_objectives): less is better in each; not a number where a point failed.

    Raises
    ------
    InputError : an objective names no column, or one without numbers
    """
    costs = np.empty((len(table), len(objectives)))
    for k, objective in enumerate(objectives):
        name = objective.column
        if name not in table:
            raise InputError(f"objective {name}", "must be a column", cure=closest(name, table.columns))
        try:
            costs[:, k] = table[name].astype(float)
        except (TypeError, ValueError) as error:
            raise InputError(f"objective {name}", "must be a column of numbers") from error
        if objective.is_max:
            costs[:, k] *= -1
    return costs


def is_on_front(costs: ArrayLike) -> NDArray[np.bool_]:
    """Rows (n_rows, n_objectives) that no row beats; equal rows are all on it. Less is better."""
    costs = np.asarray(costs, np.float64)
    order = np.lexsort(costs.T[::-1])
    found = np.empty((0, costs.shape[1]))
    marks = np.zeros(len(costs), bool)
    # Sorted, a row can only be beaten by rows before it, and if by any, then by one of the front.
    for row in order:
        cost = costs[row]
        as_good = (found <= cost).all(axis=1)
        if not (found[as_good] < cost).any():
            marks[row] = True
            found = np.vstack([found, cost])
    return marks


def hypervolume(costs: ArrayLike, reference: ArrayLike) -> float:
    """Volume between a reference point (n_objectives,) and the rows (n_rows, n_objectives) better than it.

    Less is better; the unit is the product of the units of the objectives.
    """
    reference = np.asarray(reference, np.float64)
    costs = np.asarray(costs, np.float64).reshape(-1, len(reference))
    costs = costs[(costs < reference).all(axis=1)]
    costs = np.unique(costs[is_on_front(costs)], axis=0)
    if not len(costs):
        return 0.0
    if len(reference) == 1:
        return float(reference[0] - costs.min())
    depths = np.diff(np.append(costs[:, 0], reference[0]))
    slices = (hypervolume(costs[: k + 1, 1:], reference[1:]) for k in range(len(costs)))
    return float(sum(depth * area for depth, area in zip(depths, slices, strict=True) if depth))


def _tied(
    table: pd.DataFrame, objectives: Sequence[Objective], off: NDArray[np.intp], front: NDArray[np.intp]
) -> NDArray[np.intp]:
    """Of the rows off the front those that are ties."""
    kept = []
    for start in range(0, len(off), _ROWS_AT_ONCE):
        rows = off[start : start + _ROWS_AT_ONCE]
        beaten, alike = np.ones((2, len(rows), len(front)), bool)
        for objective in objectives:
            gain, noise = gain_and_noise(table, objective.column, front, rows, objective.is_max)
            beaten &= (gain > noise) | ((gain >= 0) & (noise == 0))
            alike &= gain <= noise
        kept.append(rows[alike.any(axis=1) & ~beaten.any(axis=1)])
    return np.concatenate(kept) if kept else off
