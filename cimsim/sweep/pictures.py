"""What a finished sweep is looked at with: ``sensitivity.csv`` and ``figures/``."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from functools import partial
from itertools import combinations
from typing import TYPE_CHECKING, Any

from cimsim.reporting.figures import save_drawings
from cimsim.reporting.figures.sweep import Limit, draw_heat_map, draw_parallel, draw_pareto
from cimsim.reporting.figures.sweep_effects import draw_main_effects, draw_sensitivity
from cimsim.sweep.axes import Axis
from cimsim.sweep.constraints import Constraint, is_feasible
from cimsim.sweep.front import Objective
from cimsim.sweep.journal import unwritable
from cimsim.sweep.plan import Plan
from cimsim.sweep.run import Finished
from cimsim.sweep.sensitivity import DESIGNS, sensitivity
from cimsim.sweep.table import objectives_of
from cimsim.sweep.wishes import constraints_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["drawings_of", "write_pictures"]

_OUTPUTS = (Objective("energy_j", False), Objective("latency_s", False), Objective("accuracy", True))
"""Looked at where the sweep names no objectives."""

_FRESH = ".figures"

Drawings = dict[str, Callable[[], Any]]


def write_pictures(finished: Finished) -> None:
    """Write the indices and the pictures, of objectives and axes that change; none where no point is done.

    Pictures that are there already are replaced as a whole.

    Raises
    ------
    InputError : there is no room
    """
    try:
        _write(finished)
    except OSError as error:
        raise unwritable(finished.directory, error.strerror or str(error)) from error
    finally:
        shutil.rmtree(finished.directory / _FRESH, ignore_errors=True)


def _write(finished: Finished) -> None:
    plan, directory = finished.plan, finished.directory
    constraints = constraints_of(plan.spec)
    frame = finished.frame(_needed(plan, constraints))
    if not is_feasible(frame, ()).any():
        return
    outputs = [o for o in objectives_of(plan) or _OUTPUTS if o.column in frame]
    indices = _sensitivity(plan, frame, [o.column for o in outputs])
    if len(indices):
        indices.to_csv(directory / "sensitivity.csv", index=False, lineterminator="\n")
    fresh = directory / _FRESH
    save_drawings(drawings_of(frame, plan.axes, outputs, constraints, indices), fresh)
    shutil.rmtree(directory / "figures", ignore_errors=True)
    fresh.rename(directory / "figures")


def _needed(plan: Plan, constraints: Sequence[Constraint]) -> set[str]:
    wanted = [o.column for o in objectives_of(plan) or _OUTPUTS]
    limited = [limit.column for limit in constraints]
    return {"point", "status", "pareto", "pareto_tie", *plan.columns, *wanted, *limited}


def _sensitivity(plan: Plan, frame: pd.DataFrame, outputs: Sequence[str]) -> pd.DataFrame:
    """`sensitivity` as the sampler of the sweep allows; axes are named by their first path."""
    sampler = plan.spec.sampler
    names = [axis.paths[0] for axis in plan.axes]
    if sampler.kind not in DESIGNS:
        names = [name for name in names if frame[name].nunique() > 1]
    return sensitivity(frame, names, outputs, kind=sampler.kind, n=sampler.n or 0, seed=sampler.seed)


def drawings_of(
    frame: pd.DataFrame,
    axes: Sequence[Axis],
    outputs: Sequence[Objective],
    constraints: Sequence[Constraint] = (),
    indices: pd.DataFrame | None = None,
) -> Drawings:
    """Pictures by name: fronts, parallel coordinates, effects, maps over the two strongest axes, indices."""
    done = frame[is_feasible(frame, ())]
    done = done.assign(is_allowed=is_feasible(done, constraints))
    changing = [axis.paths[0] for axis in axes if done[axis.paths[0]].nunique() > 1]
    shown = [o for o in outputs if done[o.column].notna().any()]
    drawings: Drawings = _fronts(done, shown, constraints) if "pareto" in done else {}
    if not changing:
        return drawings
    drawings["parallel"] = partial(draw_parallel, done, [*changing, *(o.column for o in shown)])
    for o in shown:
        drawings[f"effects_{o.column}"] = partial(draw_main_effects, done, changing, o.column)
        if len(changing) > 1:
            across, up = _strongest(changing, o.column, indices)
            drawings[f"map_{o.column}"] = partial(draw_heat_map, done, across, up, o.column)
    if indices is not None and len(indices):
        drawings["sensitivity"] = partial(draw_sensitivity, indices)
    return drawings


def _fronts(done: pd.DataFrame, outputs: Sequence[Objective], constraints: Sequence[Constraint]) -> Drawings:
    limits: list[Limit] = [
        (limit.column, limit.relation, limit.limit)
        for limit in constraints
        if not isinstance(limit.limit, str)
    ]
    is_max = {o.column: o.is_max for o in outputs}
    if not constraints:
        done = done.drop(columns="is_allowed")
    return {
        f"pareto_{x}_{y}": partial(draw_pareto, done, x, y, is_max, limits)
        for x, y in combinations(is_max, 2)
    }


def _strongest(axes: Sequence[str], output: str, indices: pd.DataFrame | None) -> tuple[str, str]:
    """The two axes with most effect, in their own order."""
    if indices is None or not (indices["output"] == output).any():
        return axes[0], axes[1]
    own = indices[indices["output"] == output].groupby("axis")["value"].max()
    strength = [float(own.get(axis, 0.0)) for axis in axes]
    first, second = sorted(sorted(range(len(axes)), key=lambda k: -strength[k])[:2])
    return axes[first], axes[second]
