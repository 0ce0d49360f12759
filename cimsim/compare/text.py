"""The rows of a comparison as people read them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cimsim.reporting.quantities import area, count, number, percent, quantity

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["HEADER", "N_WORDS", "lines_of"]

HEADER = (
    "method", "played", "T", "accuracy", "NLL", "ECE", "AUROC", "energy", "of it random", "latency", "area",
    "bits", "units", "energy ratio",
)  # fmt: skip
"""AUROC is that of the first set from outside."""

N_WORDS = 2
"""Columns of words; the others hold numbers."""


def lines_of(table: pd.DataFrame) -> list[tuple[str, ...]]:
    """A line for each row of ``compare.csv``."""
    auroc = next((column for column in table.columns if column.startswith("auroc_")), "")
    rows = table.itertuples(index=False)
    return [_line(dict(zip(table.columns, row, strict=True)), auroc) for row in rows]


def _line(row: dict[str, Any], auroc: str) -> tuple[str, ...]:
    if row["group"] == "literature":
        empty = ("",) * 5
        return (row["label"], row["grade"], *empty, quantity(row["energy_j"], "J"), *empty, "")
    return (
        row["label"],
        row["schedule"],
        count(row["n_mc_samples"]),
        percent(row["accuracy"]),
        number(row["nll"], ".4f"),
        percent(row["ece"]),
        number(row.get(auroc), ".4f"),
        quantity(row["energy_j"], "J"),
        quantity(row["energy_stochastic_j"], "J"),
        quantity(row["latency_s"], "s"),
        area(row["area_m2"]),
        count(row["n_random_bits"]),
        count(row["n_stochastic_units"]),
        number(row["energy_j_ratio"], ".3f"),
    )
