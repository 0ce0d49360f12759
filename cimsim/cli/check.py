"""``cimsim check``: is this file usable?"""

from __future__ import annotations

import click

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
    from cimsim.cli.locate import find_file, is_workload

    for name in files:
        if is_workload(name):
            from cimsim.workload import load_workload, totals

            graph = load_workload(find_file(name, "workload"))
            sums = totals(graph)
            click.echo(
                f"{name}: ok, workload {graph.name!r}, {sums['nodes']} nodes, {sums['weights']:,} weights"
            )
        else:
            from cimsim.arch import build_chip, load_arch

            spec = load_arch(find_file(name, "architecture"), overrides)
            chip = build_chip(spec)
            click.echo(f"{name}: ok, architecture {spec.name!r}, {len(chip.components)} components")
