"""The answer to ``--best`` as lines for the screen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from cimsim.reporting.columns import shown
from cimsim.reporting.quantities import things
from cimsim.sweep.best import Best

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["best_lines"]

_TIES_SHOWN = 10


def best_lines(best: Best, axes: Sequence[str]) -> list[str]:
    """What was asked, the best row with the columns of its axes, what it is unsure of, its ties."""
    return list(_lines(best, axes))


def _lines(best: Best, axes: Sequence[str]) -> Iterator[str]:
    question = best.question
    yield f"{question}: {best.n_allowed:,} of {things(best.n_rows, 'row')} within the limits"
    named = dict.fromkeys([question.objective.column, *(limit.column for limit in question.constraints)])
    yield f"best   {_name(best.row)}: {', '.join(_value(best.row, name) for name in named)}"
    yield f"       {_settings(best.row, axes)}"
    for limit in best.unsure:
        yield f"       {limit} holds by less than the noise: more images would tell"
    if not len(best.ties):
        return
    yield f"ties   {things(len(best.ties), 'row')}, equal or within the noise"
    for _, row in best.ties.head(_TIES_SHOWN).iterrows():
        yield f"       {_name(row)}: {_value(row, question.objective.column)}; {_settings(row, axes)}"
    if len(best.ties) > _TIES_SHOWN:
        yield f"       and {len(best.ties) - _TIES_SHOWN:,} more"


def _name(row: pd.Series) -> str:
    return f"point {row['point']}" if "point" in row else f"row {row.name}"


def _settings(row: pd.Series, axes: Sequence[str]) -> str:
    return ", ".join(f"{axis}={_plain(row[axis])}" for axis in axes)


def _plain(value: Any) -> str:
    """As ``--set`` takes it."""
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def _value(row: pd.Series, column: str) -> str:
    text = f"{column} {shown(column, row[column])}"
    if f"{column}_low" not in row:
        return text
    return f"{text} ({shown(column, row[f'{column}_low'])} to {shown(column, row[f'{column}_high'])})"
