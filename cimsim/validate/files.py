"""The folder of a validation: the table, the same for a page, the figure."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import cimsim
from cimsim.reporting.figures import save_drawings
from cimsim.reporting.figures.validation import draw_validation, drawn_rows
from cimsim.reporting.files import FORMAT, write_folder, write_text
from cimsim.reporting.json_text import json_text
from cimsim.validate.run import NEAR, Validation
from cimsim.validate.text import markdown

__all__ = ["save_validation"]


def save_validation(validation: Validation, directory: Path) -> Path:
    """Write ``validation.csv``, ``tables.md``, ``manifest.json`` and the figure.

    Complete or not at all; an existing report is replaced, other folders are not (``InputError``).
    """
    return write_folder(directory, partial(_write, validation))


def _write(validation: Validation, directory: Path) -> None:
    table = validation.table
    table.to_csv(directory / "validation.csv", index=False, lineterminator="\n")
    write_text(directory / "tables.md", markdown(table))
    manifest = {"format": FORMAT, "cimsim_version": cimsim.__version__, **validation.settings}
    write_text(directory / "manifest.json", json_text(manifest))
    if len(rows := drawn_rows(table)):
        save_drawings({"validation": partial(draw_validation, rows, NEAR)}, directory / "figures")
