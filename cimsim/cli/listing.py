"""``cimsim list``: what can be named."""

from __future__ import annotations

import click

from cimsim.cli.table import print_table
from cimsim.cli.words import one_of

__all__ = ["list_command"]

_EPILOG = """\b
Examples:
  cimsim list archs
  cimsim list methods
"""


_WORDS = ("archs", "devices", "workloads", "sweeps", "components", "datasets", "methods")


@click.command("list", epilog=_EPILOG)
@click.argument("what", metavar=f"{{{'|'.join(_WORDS)}}}", callback=one_of(_WORDS))
def list_command(what: str) -> None:
    """List what can be named, and where it comes from."""
    _LISTS[what]()


def _print_archs() -> None:
    _print_files("architecture")


def _print_devices() -> None:
    from cimsim.arch.include import known_devices
    from cimsim.arch.loader import load_device

    rows = [(name, load_device(path).description) for name, path in known_devices().items()]
    print_table(("device", "what it is"), rows)


def _print_workloads() -> None:
    _print_files("workload")


def _print_sweeps() -> None:
    from cimsim.places import known_files
    from cimsim.sweep.load import load_sweep

    rows = [(name, load_sweep(path).about) for name, path in known_files("sweep").items()]
    print_table(("sweep", "what it asks"), rows)


def _print_files(kind: str) -> None:
    from cimsim.places import known_files

    print_table((kind, "file"), [(name, str(path)) for name, path in known_files(kind).items()])


def _print_components() -> None:
    from cimsim.arch import list_components

    rows = [(row["component"], row["unit"], row["what"]) for row in list_components()]
    print_table(("component", "belongs to a", "what it is"), rows)


def _print_datasets() -> None:
    from cimsim.data import list_datasets

    rows = [
        (row["name"], f"{row['images']:,}", row["shape"], row["classes"], row["found_in"])
        for row in list_datasets()
    ]
    header = ("data set", "images", "shape", "classes", "found in")
    print_table(header, [tuple(map(str, row)) for row in rows], right=(1, 3))


def _print_methods() -> None:
    from cimsim.workload.dropout import DROPOUTS
    from cimsim.workload.ops import OPS

    rows = []
    for name, kind in DROPOUTS.items():
        sits_on = kind.place or ("any node" if set(kind.ops) == set(OPS) else ", ".join(kind.ops))
        rows.append((name, sits_on, ", ".join([*(["p"] if kind.has_p else []), *kind.params])))
    print_table(("dropout", "sits on", "settings and arrays"), rows)


_LISTS = {
    "archs": _print_archs,
    "devices": _print_devices,
    "workloads": _print_workloads,
    "sweeps": _print_sweeps,
    "components": _print_components,
    "datasets": _print_datasets,
    "methods": _print_methods,
}
