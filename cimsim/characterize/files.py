"""The folder of a characterised device: tables and figures."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import cimsim
from cimsim.characterize.run import Characterization
from cimsim.reporting.figures import save_drawings
from cimsim.reporting.figures.device import (
    draw_calibration,
    draw_drift,
    draw_switching,
    draw_unit,
    draw_unit_energy,
    draw_write_error,
)
from cimsim.reporting.files import FORMAT, write_folder, write_text
from cimsim.reporting.json_text import json_text

__all__ = ["save_characterization"]


def save_characterization(found: Characterization, directory: Path) -> Path:
    """Write the tables as CSV, a manifest with the sources of the device, and the figures.

    Complete or not at all; an existing report is replaced, other folders are not (``InputError``).
    """
    return write_folder(directory, partial(_write, found))


def _write(found: Characterization, directory: Path) -> None:
    device = found.arch.chip.stochastic_unit.device
    for name, table in found.tables.items():
        table.to_csv(directory / name, index=False, lineterminator="\n")
    manifest = {
        "format": FORMAT,
        "cimsim_version": cimsim.__version__,
        **found.settings,
        "device": device.model_dump(exclude_none=True),
    }
    write_text(directory / "manifest.json", json_text(manifest))
    known = found.unit.switch.known_error
    tables, title = found.tables, device.name
    trimmed_at_k = found.arch.chip.stochastic_unit.calibration.temperature_k
    drawings = {
        "switching": partial(draw_switching, tables["switching.csv"], f"{title}: switching"),
        "write_error": partial(draw_write_error, tables["write_error.csv"], f"{title}: write error", known),
        "unit": partial(draw_unit, tables["unit.csv"], f"{title}: dropout unit"),
        "energy": partial(draw_unit_energy, tables["unit.csv"], f"{title}: energy of a random bit"),
        "calibration": partial(draw_calibration, tables["calibration.csv"], f"{title}: trimming"),
        "drift": partial(draw_drift, tables["drift.csv"], f"{title}: after trimming at {trimmed_at_k:g} K"),
    }
    save_drawings(drawings, directory / "figures")
