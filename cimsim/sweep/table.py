"""The table of a sweep out of its journal: a row for each point, and whether it is on the front."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any

from cimsim.errors import InputError
from cimsim.sweep.base import Base
from cimsim.sweep.columns import Columns, find_columns
from cimsim.sweep.front import Objective, flag_front
from cimsim.sweep.journal import Journal, Outcome
from cimsim.sweep.noise import ENDS, SCORES
from cimsim.sweep.plan import Plan
from cimsim.sweep.wishes import check_table, constraints_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Progress", "Rows", "Table", "objectives_of", "series"]

Rows = list[list[Any]]
Progress = Callable[[str, int, int], None]

_ROWS_AT_ONCE = 2000
_FLAGS = ("pareto", "pareto_tie")


def objectives_of(plan: Plan) -> list[Objective]:
    """What the sweep wants less or more of."""
    return [Objective(column, word == "max") for column, word in plan.spec.objectives.items()]


class Table:
    """Rows of all points that count, in the order of the points.

    The journal is read twice: for the columns and the front, and for the rows. In between nothing is kept but
    what decides the front.

    Parameters
    ----------
    plan, journal : of the sweep
    progress : called with (stage, done, total)

    Attributes
    ----------
    problem : why no row is flagged, where an objective or a constraint names no column of numbers
    """

    def __init__(self, plan: Plan, journal: Journal, progress: Progress | None = None) -> None:
        self.problem: InputError | None = None
        self._plan, self._journal, self._base = plan, journal, Base(plan)
        self._tell = progress or (lambda stage, done, total: None)

    @cached_property
    def types(self) -> Mapping[str, type]:
        """Of every column, by name, in order."""
        types = dict(self._columns[0].types)
        if not self._plan.spec.objectives:
            return types
        at = list(types).index("duration_s") + 1
        names = [*list(types)[:at], *_FLAGS, *list(types)[at:]]
        return {name: types.get(name, bool) for name in names}

    def batches(self) -> Iterator[Rows]:
        """All rows, so many at a time; None where a cell has no value."""
        rows = self._rows()
        while batch := list(islice(rows, _ROWS_AT_ONCE)):
            yield batch

    @cached_property
    def _columns(self) -> tuple[Columns, dict[str, list[Any]]]:
        return find_columns(self._plan.columns, self._outcomes("columns"), {"status", *self._deciding()})

    def _deciding(self) -> Iterator[str]:
        """Columns that decide what is on the front, if there are such."""
        asked = [o.column for o in objectives_of(self._plan)]
        if asked:
            asked += [limit.column for limit in constraints_of(self._plan.spec)]
            yield from (*asked, *SCORES)
            yield from (f"{name}_{end}" for name in asked for end in ENDS)

    def _outcomes(self, stage: str) -> Iterator[tuple[Outcome, Mapping[str, Any]]]:
        """What counts, with what its point leaves alone."""
        n_all = sum(self._journal.counts().values())
        for n, outcome in enumerate(self._in_order()):
            if n % _ROWS_AT_ONCE == 0:
                self._tell(stage, n, n_all)
            yield outcome, self._base.left_alone(outcome.settings)

    def _in_order(self) -> Iterator[Outcome]:
        if self._plan.spec.sampler.budget is not None:
            yield from self._journal.outcomes()
            return
        for point in self._plan.points():
            if (outcome := self._journal.find(point.key)) is not None:
                yield replace(outcome, index=point.index)

    def _rows(self) -> Iterator[list[Any]]:
        columns = self._columns[0]
        rows = (columns.values(outcome, base) for outcome, base in self._outcomes("rows"))
        if not self._plan.spec.objectives:
            return rows
        at = list(self.types).index(_FLAGS[0])
        return ([*row[:at], *flags, *row[at:]] for row, flags in zip(rows, self._flags, strict=True))

    @cached_property
    def _flags(self) -> list[tuple[bool, bool]]:
        """For each row whether it is on the front, and whether only noise keeps it off."""
        import pandas as pd

        columns, cells = self._columns
        table = pd.DataFrame({name: series(cells[name], columns.types[name]) for name in cells})
        if not (table["status"] == "done").any():
            return [(False, False)] * len(table)
        try:
            check_table(self._plan, columns.types)
        except InputError as problem:
            self.problem = problem
            return [(False, False)] * len(table)
        flagged = flag_front(table, objectives_of(self._plan), constraints_of(self._plan.spec))
        return list(zip(flagged["pareto"].tolist(), flagged["pareto_tie"].tolist(), strict=True))


def series(values: list[Any], type_: type) -> pd.Series:
    """Numbers as numbers, whole ones too where none is missing; everything else as it is."""
    import pandas as pd

    kind = {int: "int64", float: "float64", str: "object"}.get(type_)
    found: pd.Series = pd.Series(values, dtype="float64" if type_ is int and None in values else kind)
    return found
