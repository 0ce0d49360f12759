"""The folder of a sweep: begun with a manifest and an empty journal."""

from __future__ import annotations

from pathlib import Path

import cimsim
from cimsim.errors import InputError
from cimsim.reporting.files import FORMAT, check_output, write_folder, write_text
from cimsim.reporting.json_text import json_text
from cimsim.sweep.journal import Journal
from cimsim.sweep.plan import Plan

__all__ = ["JOURNAL", "open_journal"]

JOURNAL = "journal.sqlite"


def open_journal(directory: Path, plan: Plan, resume: bool) -> Journal:
    """The journal of a new folder, or of one that holds the same sweep.

    Raises
    ------
    InputError
        The folder holds something else, another sweep, or this one unfinished and ``resume`` was not said.
    """
    path = directory / JOURNAL
    if not path.is_file():
        write_folder(directory, lambda fresh: _begin(fresh, plan))
        return Journal(path)
    check_output(directory)
    journal = Journal(path)
    try:
        _check_same(directory, journal.identities, plan)
        n = sum(journal.counts().values())
        if n and not journal.is_finished and not resume:
            rule = f"holds this sweep, unfinished, {n:,} points of {plan.n_points:,}"
            cure = "finish it with --resume, or choose another folder with --out"
            raise InputError(str(directory), rule, cure=cure)
    except BaseException:
        journal.close()
        raise
    return journal


def _begin(directory: Path, plan: Plan) -> None:
    manifest = {
        "format": FORMAT,
        "cimsim_version": cimsim.__version__,
        "name": plan.spec.name,
        "sweep": plan.spec.model_dump(mode="json", by_alias=True),
        "overrides": list(plan.context.overrides),
        "files": {
            kind: {name: str(path) for name, path in files.items()}
            for kind, files in (
                ("architecture", plan.context.architectures),
                ("workload", plan.context.workloads),
            )
        },
        "identities": plan.identities,
    }
    write_text(directory / "manifest.json", json_text(manifest))
    journal = Journal(directory / JOURNAL)
    journal.begin(plan.identities)
    journal.close()


def _check_same(directory: Path, found: dict[str, str], plan: Plan) -> None:
    for label in {**found, **plan.identities}:
        if found.get(label) != plan.identities.get(label):
            rule = f"holds points of another sweep: {label} has changed since it began"
            cure = "choose another folder with --out, or remove this one"
            raise InputError(str(directory), rule, cure=cure)
