"""``cimsim run``: load, simulate, write the report, print the summary."""

from __future__ import annotations

import gc
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cimsim.cli.options import FOLDER, chip_options, image_options
from cimsim.cli.words import passes, whole_number
from cimsim.errors import InputError

if TYPE_CHECKING:
    from cimsim.sim.result import RunResult

__all__ = ["run"]

_EPILOG = """\b
Examples:
  cimsim run stt_mram lenet
  cimsim run stt_mram lenet --images 200 --mc exact
  cimsim run my_chip.yaml my_net.npz --data my_digits.npz --out reports/mine
  cimsim run stt_mram lenet --set tile.macro.adc.bits=5 --trace
  cimsim run stt_mram lenet --ood uniform-noise --ood rotate:45 --shift noise

\b
ARCH and WORKLOAD are files, or bare names (see: cimsim list archs).
The report lands in reports/ARCH-WORKLOAD/ unless --out says otherwise:
summary.json, layers.csv, components.csv, predictions.npz, manifest.json
and figures/. An existing report there is replaced, other folders are not.
"""


@click.command(epilog=_EPILOG)
@click.argument("arch")
@click.argument("workload")
@image_options
@click.option(
    "--mc",
    callback=passes,
    metavar="T|exact",
    help="Monte-Carlo passes [default: 20, or 1 where nothing is random].",
)
@click.option(
    "--fidelity",
    default="statistical",
    show_default=True,
    metavar="LEVEL",
    help="How much physics the sums see: ideal, statistical, cell, circuit.",
)
@click.option(
    "--instances",
    callback=whole_number(1),
    default="1",
    show_default=True,
    metavar="N",
    help="Chips drawn from the fabrication spread, beside the one that is told.",
)
@chip_options
@click.option("--out", type=FOLDER, metavar="DIR", help="Report folder [default: reports/ARCH-WORKLOAD].")
@click.option("--trace", is_flag=True, help="Also write trace.json (opens in ui.perfetto.dev).")
@click.option(
    "--jobs",
    callback=whole_number(1),
    default="1",
    show_default=True,
    metavar="N",
    help="Processes.",
)
@click.option(
    "--shift",
    "shifts",
    multiple=True,
    metavar="rotation|noise",
    help="Scores as the test images are turned or made noisy; may be repeated.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON instead of the page.")
def run(arch: str, workload: str, *, out: Path | None, trace: bool, as_json: bool, **options: Any) -> None:
    """Run WORKLOAD on ARCH and write a report."""
    from cimsim.cli.progress import progress_bar

    _check_available(options)
    with progress_bar() as progress:
        result, directory = _simulate(arch, workload, out, options, progress)
        gc.freeze()  # drawing makes many small objects: a seventh of its time went into looking at all others
        if progress is not None:
            progress("report", 0, 1)
        result.save(directory, trace=trace)
    if as_json:
        from cimsim.reporting.json_text import json_text

        click.echo(json_text(result.summary), nl=False)
    else:
        from cimsim.reporting.console import print_summary

        print_summary(result, directory=directory)


def _check_available(options: dict[str, Any]) -> None:
    """Options whose capability has not been built say so instead of being ignored."""
    if options["jobs"] > 1:
        raise InputError("--jobs", "must be 1 in this version", str(options["jobs"]), "leave it at 1")


def _simulate(
    arch: str,
    workload: str,
    out: Path | None,
    options: dict[str, Any],
    progress: Callable[[str, int, int], None] | None,
) -> tuple[RunResult, Path]:
    from cimsim.arch import load_arch
    from cimsim.cli.locate import find_pair
    from cimsim.reporting.files import check_output
    from cimsim.sim.run import simulate
    from cimsim.workload import load_workload

    arch_path, workload_path = find_pair(arch, workload)
    directory = out or Path("reports") / f"{arch_path.stem}-{workload_path.stem}"
    check_output(directory)
    result = simulate(
        load_arch(arch_path, options["overrides"]),
        load_workload(workload_path),
        data=options["data"],
        data_dir=options["data_dir"],
        n_images=options["images"],
        n_mc_samples=options["mc"],
        n_instances=options["instances"],
        fidelity=options["fidelity"],
        seed=options["seed"],
        progress=progress,
        download=options["download"],
        ood=options["ood"],
        shifts=options["shifts"],
    )
    return result, directory
