"""``cimsim check``: is this file usable?"""

from __future__ import annotations

from pathlib import Path

import click

from cimsim.cli.table import print_line
from cimsim.errors import InputError

__all__ = ["check"]

_EPILOG = """\b
Examples:
  cimsim check arch_configs/stt_mram.yaml workloads/lenet.npz
  cimsim check my_chip.yaml --set tile.macro.adc.bits=5
"""


@click.command(epilog=_EPILOG)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "--set", "overrides", multiple=True, metavar="PATH=VALUE", help="Change a value of an architecture."
)
def check(files: tuple[str, ...], overrides: tuple[str, ...]) -> None:
    """Check architecture (.yaml) and workload (.npz) files.

    Prints one line for each good file and stops at the first bad one with exit code 2.
    """
    from cimsim.cli.locate import find_either

    if overrides and all(find_either(name)[1] == "workload" for name in files):
        raise InputError(f"--set {overrides[0]}", "changes an architecture", "only workloads", "name one")
    for name in files:
        path, kind = find_either(name)
        summary = _check_workload(path) if kind == "workload" else _check_architecture(path, overrides)
        print_line(f"{name}: ok, {summary}")


def _check_workload(path: Path) -> str:
    from cimsim.reporting.quantities import things
    from cimsim.workload import load_workload, totals

    graph = load_workload(path)
    sums = totals(graph)
    return f"workload {graph.name!r}, {things(sums['nodes'], 'node')}, {things(sums['weights'], 'weight')}"


def _check_architecture(path: Path, overrides: tuple[str, ...]) -> str:
    from cimsim.arch import build_chip, load_arch
    from cimsim.arch.loader import is_device, load_device
    from cimsim.reporting.quantities import things

    if is_device(path):
        return f"device {load_device(path, overrides).name!r}"
    spec = load_arch(path, overrides)
    return f"architecture {spec.name!r}, {things(len(build_chip(spec).components), 'component')}"
