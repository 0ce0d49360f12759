"""The folder of a comparison: tables, claims, figures."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import cimsim
from cimsim.compare.methods import METHODS
from cimsim.compare.run import Comparison
from cimsim.compare.text import markdown
from cimsim.reporting.figures import draw_against_energy, draw_energy_stack, save_drawings
from cimsim.reporting.files import FORMAT, write_folder, write_text
from cimsim.reporting.json_text import json_text

__all__ = ["save_comparison"]


def save_comparison(comparison: Comparison, directory: Path) -> Path:
    """Write ``compare.csv``, ``energy.csv``, ``seeds.csv``, ``claims.csv``, ``tables.md``, manifest, figures.

    Complete or not at all; an existing report is replaced, other folders are not (``InputError``).
    """
    return write_folder(directory, partial(_write, comparison))


def _write(comparison: Comparison, directory: Path) -> None:
    simulated = comparison.table.loc[comparison.parts.index]
    parts = comparison.parts.rename(columns=lambda name: f"{name.replace(' ', '_').replace('-', '_')}_j")
    energy = simulated[["label", "play"]].join(parts)
    tables = {
        "compare.csv": comparison.table,
        "energy.csv": energy,
        "seeds.csv": comparison.seeds,
        "claims.csv": comparison.claims,
    }
    for name, table in tables.items():
        if len(table):
            table.to_csv(directory / name, index=False, lineterminator="\n")
    write_text(directory / "tables.md", markdown(comparison.table, comparison.seeds))
    manifest = {"format": FORMAT, "cimsim_version": cimsim.__version__, **comparison.settings}
    write_text(directory / "manifest.json", json_text(manifest))
    save_drawings(_drawings(comparison), directory / "figures")


def _drawings(comparison: Comparison) -> dict[str, Callable[[], Any]]:
    """Of the first network of each method, on the chip's own source of random bits."""
    table = comparison.table
    shown = table[table["label"].isin(METHODS.values()) | (table["group"] == "literature")]
    drawings: dict[str, Callable[[], Any]] = {
        "energy": partial(draw_energy_stack, shown, comparison.parts),
        "accuracy_against_energy": partial(draw_against_energy, shown, "accuracy", "accuracy (fraction)"),
        "nll_against_energy": partial(draw_against_energy, shown, "nll", "NLL (nats)"),
    }
    for column in table.columns:
        if str(column).startswith("auroc_"):
            label = f"AUROC of the entropy, {column.removeprefix('auroc_')}"
            name = f"{column.replace(':', '_')}_against_energy"
            drawings[name] = partial(draw_against_energy, shown, column, label)
    return drawings
