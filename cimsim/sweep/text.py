"""A finished sweep as people read it: how many points, what failed, the front."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cimsim.reporting.columns import shown
from cimsim.reporting.quantities import things
from cimsim.sweep.front import Objective
from cimsim.sweep.run import Finished
from cimsim.sweep.table import objectives_of

__all__ = ["first_error", "front_of", "lines_of"]

_ROWS_SHOWN = 20


def lines_of(finished: Finished) -> Iterator[str]:
    """What was swept, and what became of its points."""
    plan, spec = finished.plan, finished.plan.spec
    names = ", ".join([spec.architecture, *spec.workloads])
    n_rows = finished.n_done + finished.n_failed
    yield f"{spec.name}: {things(n_rows, 'point')} of {names}, fidelity {spec.fidelity}"
    new, kept = finished.n_new, n_rows - finished.n_new
    if kept:
        yield f"computed {new:,} now, {kept:,} were in the journal"
    if finished.n_failed:
        yield f"failed   {things(finished.n_failed, 'point')}, the first: {first_error(finished)}"
    if plan.spec.objectives:
        table = finished.decided
        n_front, n_ties = int(table["pareto"].sum()), int(table["pareto_tie"].sum())
        ties = f", {things(n_ties, 'tie')} within the noise" if n_ties else ""
        wishes = ", ".join(f"{'most' if o.is_max else 'least'} {o.column}" for o in objectives_of(plan))
        yield f"front    {things(n_front, 'point')}{ties}: {wishes}"
    yield from finished.notes


def first_error(finished: Finished) -> str:
    """Why the first point that failed did."""
    errors = finished.frame({"status", "error"})
    return str(errors[errors["status"] == "failed"]["error"].iloc[0])


def front_of(finished: Finished) -> tuple[list[str], list[list[str]], int]:
    """Header and rows of the front, best in the first objective first, and how many rows are left out."""
    objectives = objectives_of(finished.plan)
    header = ["point", *finished.plan.columns, *(o.column for o in objectives)]
    front = finished.decided[finished.decided["pareto"]].sort_values(
        [o.column for o in objectives], ascending=[not o.is_max for o in objectives], kind="stable"
    )
    rows = [
        _row(row, finished.plan.columns, objectives) for row in front.head(_ROWS_SHOWN).to_dict("records")
    ]
    return header, rows, len(front) - len(rows)


def _row(row: dict[Any, Any], axes: tuple[str, ...], objectives: list[Objective]) -> list[str]:
    settings = [shown(path, row[path]) for path in axes]
    return [str(row["point"]), *settings, *(shown(o.column, row[o.column]) for o in objectives)]
