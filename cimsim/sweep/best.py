"""The best point of a sweep: ``energy_j subject to accuracy > 0.98``, and the points that are as good."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cimsim.errors import InputError, closest, show
from cimsim.reporting.quantities import things
from cimsim.sweep.constraints import Constraint, is_feasible, parse_constraint
from cimsim.sweep.front import Objective, costs_of
from cimsim.sweep.noise import ENDS, SCORES, gain_and_noise, has_noise

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Best", "Question", "check_columns", "columns_of", "find_best", "parse_question"]

_FORM = re.compile(
    r"\s*(?:(min|max)\s+)?([A-Za-z_][\w.:-]*)\s*(?:\ssubject\s+to\s+(\S.*))?", re.ASCII | re.DOTALL
)
_AND = re.compile(r"\s*,\s*|\s+and\s+")
_MORE_IS_BETTER = ("accuracy", "auroc", "mean_iou", "throughput", "ops_per_j", "images_until")


@dataclass(frozen=True)
class Question:
    """What is asked for, and within what limits."""

    objective: Objective
    constraints: tuple[Constraint, ...] = ()

    def __str__(self) -> str:
        word = "max" if self.objective.is_max else "min"
        limits = ", ".join(map(str, self.constraints))
        return f"{word} {self.objective.column}" + (f" subject to {limits}" if limits else "")


@dataclass(frozen=True, eq=False)
class Best:
    """The answer.

    Attributes
    ----------
    question : as it was understood
    row : the best row; of equal ones the first
    ties : the other rows that are equal, or differ by no more than the noise, best first
    unsure : constraints that the row meets by less than the noise
    n_allowed, n_rows : rows within the constraints, and in all
    """

    question: Question
    row: pd.Series
    ties: pd.DataFrame
    unsure: tuple[Constraint, ...]
    n_allowed: int
    n_rows: int


def parse_question(text: str, place: str = "--best") -> Question:
    """``[min|max] column [subject to constraint, constraint and ...]``.

    Without ``min`` or ``max`` more is better for accuracies, throughputs and the like, less for all else.

    Raises
    ------
    InputError : no such form, or a constraint that cannot be read
    """
    form = _FORM.fullmatch(text)
    if form is None:
        rule = "must be a column, perhaps with min or max before it and constraints behind it"
        raise InputError(place, rule, show(text), "for example energy_j subject to accuracy > 0.98")
    word, column, limits = form.groups()
    is_gain = any(stem in column for stem in _MORE_IS_BETTER) and not column.endswith("_mc_se")
    is_max = word == "max" if word else is_gain
    parts = _AND.split(limits.strip()) if limits else []
    return Question(Objective(column, is_max), tuple(parse_constraint(part, place) for part in parts))


def columns_of(question: Question) -> set[str]:
    """Those that `find_best` reads."""
    asked = {question.objective.column, *(limit.column for limit in question.constraints)}
    return {"point", "status", *SCORES, *asked, *(f"{name}_{end}" for name in asked for end in ENDS)}


def check_columns(questions: Iterable[Question], known: Collection[str], place: str = "--best") -> None:
    """Refuse what no table can answer, before it is there.

    Parameters
    ----------
    known : columns; ``name.more`` is one where ``name`` is

    Raises
    ------
    InputError : names the column that is not there
    """
    for question in questions:
        for name in (question.objective.column, *(limit.column for limit in question.constraints)):
            if name not in known and name.partition(".")[0] not in known:
                raise InputError(place, "must name a column", show(name), closest(name, known))


def find_best(table: pd.DataFrame, question: Question | str) -> Best:
    """The row that answers the question, with its ties.

    Raises
    ------
    InputError : an unknown column, or no row within the constraints; the message says which limit is how far
    """
    if isinstance(question, str):
        question = parse_question(question)
    costs = costs_of(table, [question.objective])[:, 0]
    allowed = np.flatnonzero(is_feasible(table, question.constraints) & np.isfinite(costs))
    if not len(allowed):
        raise _nothing_allowed(table, question)
    order = allowed[np.argsort(costs[allowed], kind="stable")]
    first, others = order[:1], order[1:]
    objective = question.objective
    gain, noise = gain_and_noise(table, objective.column, first, others, objective.is_max)
    ties = others[(gain <= noise)[:, 0]]
    row = table.iloc[int(first[0])]
    unsure = tuple(limit for limit in question.constraints if _is_unsure(table, row, limit))
    return Best(question, row, table.iloc[ties], unsure, len(allowed), len(table))


def _is_unsure(table: pd.DataFrame, row: pd.Series, constraint: Constraint) -> bool:
    """Whether an end of the value's interval breaks the constraint."""
    name = constraint.column
    if not has_noise(table, name) or f"{name}_low" not in table:
        return False
    ends = (row[f"{name}_low"], row[f"{name}_high"])
    return any(constraint.violation({name: float(end)}) > 0 for end in ends)


def _nothing_allowed(table: pd.DataFrame, question: Question) -> InputError:
    done = table[is_feasible(table, ())]
    found = []
    for constraint in question.constraints:
        n_rows = int(is_feasible(done, [constraint]).sum())
        nearest = "" if n_rows else _nearest(done, constraint)
        found.append(f"{constraint} holds for {things(n_rows, 'row')}{nearest}")
    rule = f"must leave at least one of {things(len(done), 'finished row')}"
    return InputError("--best", rule, cure="; ".join(found))


def _nearest(table: pd.DataFrame, constraint: Constraint) -> str:
    """The value that comes closest to a limit that no row meets."""
    if isinstance(constraint.limit, str):
        return ""
    values: NDArray[np.float64] = table[constraint.column].astype(float).to_numpy()
    values = values[np.isfinite(values)]
    if not len(values):
        return ""
    return f", the nearest has {values[np.argmin(np.abs(values - constraint.limit))]:g}"
