"""The comparison as people read it: lines for the screen, tables for a page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cimsim.reporting.quantities import quantity

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["HEADER", "MARKS", "N_WORDS", "in_words", "lines_of", "markdown", "reasons_of"]

HEADER = ("publication", "figure", "published", "model", "5 to 95 %", "ratio", "within 2")

MARKS = {"measured": "measured on silicon", "simulated": "simulated by another tool", "table": "tables"}
"""How figures came about, in words."""

N_WORDS = 2
"""Columns of words; the others hold numbers."""


def in_words(value: float, unit: str) -> str:
    """A number with its unit; points of accuracy have no prefix."""
    return f"{value:.2f} points" if unit == "points" else quantity(value, unit)


def lines_of(table: pd.DataFrame) -> list[tuple[str, ...]]:
    """A line for each row of ``validation.csv``."""
    return [_line(row) for row in table.itertuples()]


def reasons_of(table: pd.DataFrame) -> list[tuple[str, str]]:
    """(publication and figure, reason) of each row."""
    return [(f"{row.publication}, {row.figure}", str(row.reason)) for row in table.itertuples()]


def markdown(table: pd.DataFrame) -> str:
    """``tables.md``: the figures, their reasons, and what was published where."""
    sources = table.drop_duplicates("publication")
    return "\n".join(
        (
            _table(HEADER, lines_of(table)),
            _table(("figure", "why"), reasons_of(table)),
            _table(
                (
                    "publication",
                    "what it is",
                    "mark",
                    "grade",
                    "source",
                    "what is counted",
                    "architecture file",
                ),
                [
                    (
                        row.publication,
                        row.title,
                        row.mark,
                        row.grade,
                        row.source,
                        row.convention,
                        f"`{row.architecture}`",
                    )
                    for row in sources.itertuples()
                ],
            ),
        )
    )


def _line(row: Any) -> tuple[str, ...]:
    low, high = (in_words(value, row.unit) for value in (row.model_low, row.model_high))
    return (
        row.publication,
        row.figure,
        in_words(row.published, row.unit),
        in_words(row.model, row.unit),
        f"{low} to {high}" if row.model_low < row.model_high else "",
        f"{row.ratio:.2f}",
        "yes" if row.is_near else "no",
    )


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    assert all(len(row) == len(header) for row in rows)
    lines = (header, ["---"] * len(header), *rows)
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
