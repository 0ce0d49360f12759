"""The report folder: written beside its place and moved there when complete."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cimsim.errors import InputError
from cimsim.reporting.json_text import json_text
from cimsim.sim.result import RunResult

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["FORMAT", "check_output", "write_folder", "write_report", "write_text"]

FORMAT = "cimsim-report/1"
"""First entry of every ``manifest.json``; a folder with it may be replaced."""


def write_report(result: RunResult, directory: Path, *, trace: bool = False) -> Path:
    """Write every file of the report into ``directory``, as `write_folder` does."""
    return write_folder(directory, lambda fresh: _write_files(result, fresh, trace))


def write_folder(directory: Path, write: Callable[[Path], None]) -> Path:
    """Let ``write`` fill a folder and put it in the place of ``directory``, or leave everything as it was.

    An existing report is replaced, other folders are left alone. What is written must hold a manifest of this
    `FORMAT`.

    Raises
    ------
    InputError
        The folder holds something else, or cannot be written.
    """
    check_output(directory)
    place = Path(os.path.realpath(directory))
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".cimsim-", dir=place.parent) as scratch:
            fresh = Path(scratch) / "report"
            fresh.mkdir()
            write(fresh)
            _swap(fresh, place, Path(scratch) / "replaced")
    except OSError as error:
        raise _unwritable(directory, error.strerror or str(error)) from error
    return directory


def check_output(directory: Path) -> None:
    """Say before a long run whether its report can be written to ``directory``.

    Raises
    ------
    InputError
        It is a file, a folder with something else in it, or in a place where nothing may be written.
    """
    try:
        _check_place(directory)
    except OSError as error:
        raise _unwritable(directory, error.strerror or str(error)) from error


def _check_place(directory: Path) -> None:
    if not _is_free(directory):
        if not directory.is_dir():
            raise InputError(str(directory), "must be a folder", "a file", "choose another name")
        if any(directory.iterdir()) and not _is_report(directory):
            rule, cure = "holds files but no cimsim report, so it is not replaced", "choose another folder"
            raise InputError(str(directory), rule, cure=f"{cure}, or empty this one")
    place = Path(os.path.realpath(directory))
    parent = next(p for p in place.parents if not _is_free(p))
    for part in place.relative_to(parent).parts:
        _is_free(parent / part)  # a name too long is refused here, below a folder that exists
    if not parent.is_dir():
        raise _unwritable(directory, f"{parent} is a file")
    if not os.access(parent, os.W_OK | os.X_OK):
        raise _unwritable(directory, f"no permission to write in {parent}")


def _is_free(path: Path) -> bool:
    """Whether nothing is there; raises OSError where the system does not say."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    return False


def _unwritable(directory: Path, reason: str) -> InputError:
    return InputError(str(directory), "must be a folder that can be written", reason, "choose another folder")


def _is_report(directory: Path) -> bool:
    try:
        manifest = json.loads((directory / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(manifest, dict) and manifest.get("format") == FORMAT


def _write_files(result: RunResult, directory: Path, trace: bool) -> None:
    from cimsim.reporting.figures import save_figures

    write_text(directory / "summary.json", json_text(result.summary))
    write_text(directory / "manifest.json", json_text({**result.manifest, "format": FORMAT}))
    result.layers.to_csv(directory / "layers.csv", index=False, lineterminator="\n")
    result.components.to_csv(directory / "components.csv", index=False, lineterminator="\n")
    result.sources.to_csv(directory / "sources.csv", index=False, lineterminator="\n")
    predictions = result.predictions
    arrays: dict[str, Any] = dict(vars(predictions))
    if result.uncertainty is not None:
        arrays["baseline_probabilities"] = result.uncertainty.baseline
    np.savez_compressed(directory / "predictions.npz", **arrays)
    if result.chips is not None:
        result.chips.to_csv(directory / "chips.csv", index=False, lineterminator="\n")
    for name, table in _uncertainty_tables(result).items():
        table.to_csv(directory / name, index=False, lineterminator="\n")
    save_figures(result, directory / "figures")
    if trace:
        from cimsim.reporting.trace import trace_text

        process = result.program.chip.spec.name
        write_text(
            directory / "trace.json", trace_text(result.timeline, result.program.resources, process=process)
        )


def _uncertainty_tables(result: RunResult) -> dict[str, pd.DataFrame]:
    """What was asked for, by file name."""
    found = result.uncertainty
    if found is None:
        return {}
    tables = {"ood.csv": found.ood, "shifts.csv": found.shifts, "convergence.csv": found.convergence}
    return {name: table for name, table in tables.items() if len(table)}


def write_text(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)


def _swap(fresh: Path, place: Path, replaced: Path) -> None:
    """Move the finished folder into place; the old one goes to ``replaced``, or back if the move fails."""
    existed = place.exists()
    if existed:
        place.rename(replaced)
    try:
        fresh.rename(place)
    except OSError:
        if existed:
            replaced.rename(place)
        raise
