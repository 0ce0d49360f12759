"""Limits on the columns of a sweep, read from text like ``area_m2 < 4e-6`` or ``latency_s < 1 ms``."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cimsim.errors import InputError, closest, show
from cimsim.units import is_unit_text, parse_number, parse_quantity, unit_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Constraint", "is_feasible", "parse_constraint", "value_of"]

_RELATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "<=": np.less_equal,
    ">=": np.greater_equal,
    "==": np.equal,
    "<": np.less,
    ">": np.greater,
}
_FORM = re.compile(r"\s*([A-Za-z_][\w.:-]*)\s*(<=|>=|==|<|>)\s*(\S.*?)\s*", re.ASCII)
_WORD = re.compile(r"[A-Za-z][\w.-]*", re.ASCII)


@dataclass(frozen=True)
class Constraint:
    """A column, a relation and a limit: a number in the column's unit, or with ``==`` also a word.

    A truth value is the word true or false, in whatever case.
    """

    column: str
    relation: str
    limit: float | str

    def __str__(self) -> str:
        limit = self.limit if isinstance(self.limit, str) else f"{self.limit:g}"
        return f"{self.column} {self.relation} {limit}"

    def violation(self, row: Mapping[str, Any]) -> float:
        """How far a row is beyond the limit, over the limit's size; 0 where it is not, 1 for a wrong word.

        A row without a value is infinitely far.
        """
        value = row.get(self.column)
        if isinstance(self.limit, str):
            return float(not _is_word(value, self.limit))
        if not isinstance(value, Real) or not np.isfinite(float(value)):
            return float("inf")
        if _RELATIONS[self.relation](value, self.limit):
            return 0.0
        # A value on the limit of a strict relation breaks it, by the least that counts.
        return max(abs(float(value) - self.limit) / (abs(self.limit) or 1.0), 1e-9)


def parse_constraint(text: str, place: str = "constraint") -> Constraint:
    """``column relation limit``; the limit may have a unit, such as ``1 ms``, or be in percent.

    Raises
    ------
    InputError : no such form, a number with a wrong unit, a word where a number must stand
    """
    form = _FORM.fullmatch(text)
    if form is None:
        rule = "must be a column, one of < <= > >= ==, and a number"
        raise InputError(place, rule, show(text), "for example area_m2 < 4e-6")
    column, relation, limit = form.groups()
    value = value_of(column, limit, place)
    if value is None:
        if relation == "==" and _WORD.fullmatch(limit):
            return Constraint(column, relation, limit)
        rule = f"must compare {column} with a number" + ("" if relation == "==" else f" by {relation}")
        raise InputError(place, rule, show(limit))
    return Constraint(column, relation, value)


def value_of(column: str, text: str, place: str) -> float | None:
    """A number, in the unit of the column where it has one of its own; None where the text is no number.

    95 % is 0.95, of columns without a unit.

    Raises
    ------
    InputError : a unit that the column does not have
    """
    number = parse_number(text)
    unit = None if "_per_" in column else unit_of(column.rsplit(".", 1)[-1])
    if text.endswith("%") and (percent := parse_number(text[:-1].rstrip())) is not None:
        if unit is not None or "_per_" in column:
            raise InputError(place, f"must not compare {column} with percent", show(text))
        return float(f"{percent / 100:.15g}")
    if number is not None or not is_unit_text(text):
        return number
    if unit is None:
        raise InputError(place, f"must compare {column} with a bare number", show(text))
    try:
        return parse_quantity(text, unit)
    except ValueError as error:
        raise InputError(place, str(error), show(text)) from error


def is_feasible(table: pd.DataFrame, constraints: Sequence[Constraint]) -> NDArray[np.bool_]:
    """(n_rows,): done, and within every limit; rows without a value are not.

    Raises
    ------
    InputError : a constraint names no column, or compares words with a number
    """
    done = np.ones(len(table), bool)
    if "status" in table:
        done &= np.asarray(table["status"] == "done")
    for constraint in constraints:
        done &= _is_met(table, constraint)
    return done


def _is_met(table: pd.DataFrame, constraint: Constraint) -> NDArray[np.bool_]:
    name, limit = constraint.column, constraint.limit
    place = f"constraint {constraint}"
    if name not in table:
        raise InputError(place, "must name a column", name, closest(name, table.columns))
    if isinstance(limit, str):
        return np.array([_is_word(value, limit) for value in table[name]], bool)
    try:
        values = table[name].astype(float).to_numpy()
    except (TypeError, ValueError) as error:
        raise InputError(place, f"must name a column of numbers, which {name} is not") from error
    return np.asarray(_RELATIONS[constraint.relation](values, limit))


def _is_word(value: Any, word: str) -> bool:
    """Whether a value is the word; of truth values the case does not count."""
    if isinstance(value, (bool, np.bool_)):
        return str(value).lower() == word.lower()
    return str(value) == word
