"""The rows of a comparison as people read them: lines for the screen, tables for a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cimsim.compare.methods import METHODS
from cimsim.compare.seeds import paired_differences
from cimsim.reporting.quantities import area, count, number, percent, quantity, ranged

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["HEADER", "N_WORDS", "lines_of", "markdown"]

HEADER = (
    "method", "played", "T", "accuracy", "NLL", "ECE", "AUROC", "energy", "of it random", "latency", "area",
    "bits", "units", "energy ratio",
)  # fmt: skip
"""AUROC is that of the first set from outside."""

N_WORDS = 2
"""Columns of words; the others hold numbers."""

Cells = Sequence[str]


def lines_of(table: pd.DataFrame) -> list[tuple[str, ...]]:
    """A line for each row of ``compare.csv``."""
    auroc = next((column for column in table.columns if column.startswith("auroc_")), "")
    return [_line(row, auroc) for row in _records(table)]


def markdown(table: pd.DataFrame, seeds: pd.DataFrame) -> str:
    """``tables.md``: methods on the chip's own source, other sources, scores beside a single pass, seeds."""
    simulated = table[table["group"] == "simulated"]
    own = simulated[simulated["label"].isin(METHODS.values())]
    parts = [_table(HEADER[:6] + HEADER[7:], [line[:6] + line[7:] for line in lines_of(own)])]
    if (~simulated["is_own_source"].astype(bool)).any():
        parts.append(_table(*_sources(simulated)))
    outside = [column.removeprefix("auroc_") for column in table.columns if column.startswith("auroc_")]
    parts.append(_table(*_beside_single_pass(own, outside)))
    if len(seeds):
        parts.append(_table(*_seeds(seeds)))
        if differences := list(paired_differences(simulated)):
            parts.append(_table(("paired by seed", "difference"), differences))
    published = table[table["group"] == "literature"]
    if len(published):
        rows = [
            (r["label"], quantity(r["energy_j"], "J"), r["grade"], r["source"]) for r in _records(published)
        ]
        parts.append(_table(("published", "energy per image", "grade", "source"), rows))
    return "\n".join(parts)


def _line(row: Mapping[str, Any], auroc: str) -> tuple[str, ...]:
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
        _ranged(row, "energy_{}j", "J"),
        _ranged(row, "energy_stochastic_{}j", "J"),
        quantity(row["latency_s"], "s"),
        _ranged(row, "area_{}m2", "m²"),
        count(row["n_random_bits"]),
        count(row["n_stochastic_units"]),
        number(row["energy_j_ratio"], ".3f"),
    )


def _ranged(row: Mapping[str, Any], key: str, unit: str) -> str:
    """A number with the range of its sources, where the table has it; ``{}`` stands for the end."""
    return ranged(row[key.format("")], row.get(key.format("low_")), row.get(key.format("high_")), unit)


def _sources(simulated: pd.DataFrame) -> tuple[Cells, list[Cells]]:
    """The best schedule with each source of random bits."""
    has_source = simulated["random_source"].fillna("") != ""
    rows = simulated[(simulated["play"] == "best") & has_source]
    first = rows.groupby("method")["workload"].transform("first")
    rows = rows[rows["workload"] == first]
    return (
        "method, best schedule",
        "source",
        "energy",
        "of it random",
        "random part, area",
        "latency",
        "NLL",
    ), [
        (
            row["method"],
            row["random_source"],
            _ranged(row, "energy_{}j", "J"),
            _ranged(row, "energy_stochastic_{}j", "J"),
            area(row["area_stochastic_m2"]),
            quantity(row["latency_s"], "s"),
            number(row["nll"], ".4f"),
        )
        for row in _records(rows)
    ]


def _beside_single_pass(own: pd.DataFrame, names: Sequence[str]) -> tuple[Cells, list[Cells]]:
    """Scores with all passes and, in brackets, of a single pass with nothing dropped."""
    rows = own[own["play"] == "sequential"]
    header = ("method", "T", "accuracy", "NLL", "ECE", *(f"AUROC {name}" for name in names))
    return header, [
        (
            row["label"],
            count(row["n_mc_samples"]),
            f"{percent(row['accuracy'])} ({percent(row['baseline_accuracy'])})",
            f"{row['nll']:.4f} ({row['baseline_nll']:.4f})",
            f"{percent(row['ece'])} ({percent(row['baseline_ece'])})",
            *(f"{row[f'auroc_{name}']:.4f} ({row[f'baseline_auroc_{name}']:.4f})" for name in names),
        )
        for row in _records(rows)
    ]


def _seeds(seeds: pd.DataFrame) -> tuple[Cells, list[Cells]]:
    """Mean and deviation over seeds."""
    scores = [c for c in seeds.columns if f"{c}_deviation" in seeds.columns and "brier" not in c]
    header = ("method", "seeds", *(score.replace("_", " ") for score in scores))
    methods = list(seeds["method"])
    return header, [
        (
            row["method"]
            + (f" ({row['training']}; {row['variant']})" if methods.count(row["method"]) > 1 else ""),
            count(row["n_seeds"]),
            *(f"{row[score]:.4f} ± {row[f'{score}_deviation']:.4f}" for score in scores),
        )
        for row in _records(seeds)
    ]


def _records(table: pd.DataFrame) -> Iterator[dict[str, Any]]:
    for row in table.itertuples(index=False):
        yield dict(zip(table.columns, row, strict=True))


def _table(header: Cells, rows: Sequence[Cells]) -> str:
    lines = (header, ["---"] * len(header), *rows)
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
