"""The table of a sweep out of its journal: CSV and parquet row by row, or columns in memory."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cimsim.sweep.base import Base
from cimsim.sweep.columns import Columns, find_columns
from cimsim.sweep.extras import need
from cimsim.sweep.front import Objective, flag_front
from cimsim.sweep.journal import Journal, Outcome
from cimsim.sweep.noise import SCORES
from cimsim.sweep.plan import Plan
from cimsim.sweep.wishes import constraints_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Table", "objectives_of"]

_ROWS_AT_ONCE = 2000
_FLAGS = ("pareto", "pareto_tie")


def objectives_of(plan: Plan) -> list[Objective]:
    """What the sweep wants less or more of."""
    return [Objective(column, word == "max") for column, word in plan.spec.objectives.items()]


class Table:
    """Rows of all points that count, in the order of the points. Nothing is kept but the flags of the front.

    Parameters
    ----------
    plan, journal : of the sweep

    Raises
    ------
    InputError : an objective or a constraint names no column of numbers
    """

    def __init__(self, plan: Plan, journal: Journal) -> None:
        self._plan, self._journal, self._base = plan, journal, Base(plan)

    def write_csv(self, path: Path) -> None:
        """One line for each row; an empty cell where there is no value."""
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(self.types)
            writer.writerows(self._rows())

    def write_parquet(self, path: Path) -> None:
        """The same for programs; raises ``InputError`` where pyarrow is not installed."""
        pyarrow, parquet = need("pyarrow"), need("pyarrow.parquet")
        kinds = {bool: pyarrow.bool_(), int: pyarrow.int64(), float: pyarrow.float64(), str: pyarrow.string()}
        schema = pyarrow.schema([(name, kinds[type_]) for name, type_ in self.types.items()])
        with parquet.ParquetWriter(path, schema) as writer:
            for rows in _batches(self._rows()):
                columns = [list(column) for column in zip(*rows, strict=True)]
                writer.write_batch(pyarrow.record_batch(columns, schema=schema))

    def frame(self, names: Iterable[str] | None = None) -> pd.DataFrame:
        """Columns in memory, all or those of ``names`` that there are."""
        import pandas as pd

        wanted = [name for name in self.types if names is None or name in set(names)]
        return self._frame(self.types, self._rows(), wanted) if wanted else pd.DataFrame()

    @cached_property
    def types(self) -> Mapping[str, type]:
        """Of every column, by name, in order."""
        types = dict(self._columns.types)
        if not self._plan.spec.objectives:
            return types
        at = list(types).index("duration_s") + 1
        names = [*list(types)[:at], *_FLAGS, *list(types)[at:]]
        return {name: types.get(name, bool) for name in names}

    @cached_property
    def _columns(self) -> Columns:
        return find_columns(self._plan.columns, self._outcomes())

    def _outcomes(self) -> Iterator[tuple[Outcome, Mapping[str, Any]]]:
        """What counts, with what its point leaves alone."""
        for outcome in self._in_order():
            yield outcome, self._base.left_alone(outcome.settings)

    def _in_order(self) -> Iterator[Outcome]:
        if self._plan.spec.sampler.budget is not None:
            yield from self._journal.outcomes()
            return
        for point in self._plan.points():
            if (outcome := self._journal.find(point.key)) is not None:
                yield replace(outcome, index=point.index)

    def _rows(self) -> Iterator[list[Any]]:
        rows = self._plain_rows()
        if not self._plan.spec.objectives:
            return rows
        at = list(self.types).index(_FLAGS[0])
        return ([*row[:at], *flags, *row[at:]] for row, flags in zip(rows, self._flags, strict=True))

    def _plain_rows(self) -> Iterator[list[Any]]:
        return (self._columns.values(outcome, base) for outcome, base in self._outcomes())

    @cached_property
    def _flags(self) -> list[tuple[bool, bool]]:
        """For each row whether it is on the front, and whether only noise keeps it off."""
        objectives = objectives_of(self._plan)
        constraints = constraints_of(self._plan.spec)
        asked = [o.column for o in objectives] + [c.column for c in constraints]
        noise = [f"{name}_{end}" for name in asked for end in ("low", "high", "mc_se")]
        types = self._columns.types
        needed = [name for name in types if name in {"status", *asked, *noise, *SCORES}]
        table = self._frame(types, self._plain_rows(), needed)
        if not (table["status"] == "done").any():
            return [(False, False)] * len(table)
        flagged = flag_front(table, objectives, constraints)
        return list(zip(flagged["pareto"].tolist(), flagged["pareto_tie"].tolist(), strict=True))

    def _frame(
        self, types: Mapping[str, type], rows: Iterator[list[Any]], names: Sequence[str]
    ) -> pd.DataFrame:
        import pandas as pd

        places = [list(types).index(name) for name in names]
        parts = []
        for batch in _batches(rows):
            columns = {name: [row[at] for row in batch] for name, at in zip(names, places, strict=True)}
            parts.append(pd.DataFrame({name: _series(columns[name], types[name]) for name in names}))
        found: pd.DataFrame = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=[*names])
        return found


def _series(values: list[Any], type_: type) -> Any:
    """Numbers as numbers, whole ones too where none is missing; everything else as it is."""
    import pandas as pd

    if type_ in (int, float) and (type_ is float or None in values):
        return pd.Series(values, dtype="float64")
    return pd.Series(values, dtype="int64" if type_ is int else "object" if type_ is str else None)


def _batches(rows: Iterator[list[Any]]) -> Iterator[list[list[Any]]]:
    while batch := list(islice(rows, _ROWS_AT_ONCE)):
        yield batch
