"""The columns of a sweep's table, found by reading all outcomes once: names in order, types."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cimsim.sweep.journal import Outcome

__all__ = ["Columns", "find_columns", "flat"]

_TYPES: tuple[type, ...] = (bool, int, float, str)
"""Of columns; a number among whole numbers makes all of them numbers, anything else text."""

_TEXTS = ("warnings",)
"""Text also where there is none; other columns without a value are of numbers."""


@dataclass(frozen=True)
class Columns:
    """Name and type of each column, in the order of the table."""

    types: Mapping[str, type]

    def values(self, outcome: Outcome, base: Mapping[str, Any]) -> list[Any]:
        """A row; None where there is nothing. ``base`` holds axes that the point leaves as they are."""
        cells = {**base, **dict(cells_of(outcome))}
        return [_as(type_, cells.get(name)) for name, type_ in self.types.items()]


def find_columns(
    axes: Iterable[str], outcomes: Iterable[tuple[Outcome, Mapping[str, Any]]], kept: Collection[str] = ()
) -> tuple[Columns, dict[str, list[Any]]]:
    """Columns for outcomes, each with the axes that it leaves as they are; and the cells of some columns.

    Parameters
    ----------
    axes : paths of the axes, which come first
    kept : columns whose cells are wanted, where they are
    """
    kinds: dict[str, set[type]] = {name: set() for name in axes}
    summaries: dict[str, set[type]] = {}
    found: dict[str, list[Any]] = {name: [] for name in kept}
    for outcome, base in outcomes:
        cells = {**base, **dict(cells_of(outcome))}
        for name, value in cells.items():
            into = kinds if name in kinds else summaries
            into.setdefault(name, set()).add(type(value))
        for name, column in found.items():
            column.append(cells.get(name))
    fixed: dict[str, type] = {"status": str, "error": str, "duration_s": float}
    own = {name: _type(name, types) for name, types in kinds.items()}
    more = {name: _type(name, types) for name, types in summaries.items() if name not in {*fixed, "point"}}
    columns = Columns({"point": int, **own, **fixed, **more})
    return columns, {name: found[name] for name in columns.types if name in found}


def cells_of(outcome: Outcome) -> Iterator[tuple[str, Any]]:
    """All that a row shows of an outcome; an axis hides a field of the summary with its name."""
    yield "point", outcome.index
    yield "status", outcome.status
    yield "error", outcome.error or None
    yield "duration_s", outcome.duration_s
    cells = {**flat(outcome.summary), **{name: _cell(value) for name, value in outcome.settings.items()}}
    yield from cells.items()


def flat(summary: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    """A summary with ``a.b`` for what lies in mappings; lists become one text, empty ones None."""
    found: dict[str, Any] = {}
    for key, value in summary.items():
        name = f"{above}{key}"
        if isinstance(value, Mapping):
            found.update(flat(value, f"{name}."))
        elif isinstance(value, list | tuple):
            found[name] = "; ".join(map(str, value)) or None
        else:
            found[name] = value
    return found


def _cell(value: Any) -> Any:
    """Mappings and lists that an axis sets, as one text."""
    return json.dumps(value) if isinstance(value, dict | list) else value


def _type(name: str, found: set[type]) -> type:
    found = found - {type(None)}
    if not found:
        return str if name in _TEXTS else float
    if len(found) == 1:
        return next(iter(found)) if found <= set(_TYPES) else str
    return float if found == {int, float} else str


def _as(type_: type, value: Any) -> Any:
    if value is None:
        return None
    if type_ is not str:
        return type_(value)
    # Readers of CSV take a carriage return for the end of a row, and an empty text for none.
    return re.sub("\r\n?", "\n", str(value)) or None
