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
    """Check architecture, device, sweep (.yaml) and workload (.npz) files.

    Prints one line for each good file and stops at the first bad one with exit code 2.
    """
    from cimsim.cli.locate import find_either

    if overrides and all(find_either(name)[1] == "workload" for name in files):
        raise InputError(f"--set {overrides[0]}", "changes an architecture", "only workloads", "name one")
    for name in files:
        path, kind = find_either(name)
        print_line(f"{name}: ok, {_check(path, kind, overrides)}")


def _check(path: Path, kind: str, overrides: tuple[str, ...]) -> str:
    from cimsim.sweep.load import is_sweep

    if kind == "workload":
        return _check_workload(path)
    return _check_sweep(path, overrides) if is_sweep(path) else _check_architecture(path, overrides)


def _check_sweep(path: Path, overrides: tuple[str, ...]) -> str:
    from cimsim.reporting.quantities import things
    from cimsim.sweep.fairness import check_fair
    from cimsim.sweep.plan import plan_sweep
    from cimsim.sweep.wishes import check_wishes

    plan = plan_sweep(path, overrides)
    check_wishes(plan)
    check_fair(plan)
    most = "" if plan.spec.sampler.budget is None else "at most "
    axes = things(len(plan.axes), "axis").replace("axiss", "axes")
    return f"sweep {plan.spec.name!r}, {axes}, {most}{things(plan.n_points, 'point')}"


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
