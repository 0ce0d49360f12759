"""``cimsim compare``: networks of different methods on one chip."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cimsim.cli.options import FOLDER, chip_options, image_options
from cimsim.cli.words import whole_number

if TYPE_CHECKING:
    from cimsim.compare import Comparison

__all__ = ["compare"]

_EPILOG = """\b
Examples:
  cimsim compare --arch stt_mram workloads/lenet_*.npz
  cimsim compare --arch stt_mram lenet lenet_element lenet_spatial --images 500
  cimsim compare --arch stt_mram workloads/lenet_*.npz --ood rotate:45 --literature

\b
Without a Scale Dropout network among the WORKLOADs, the one they are named
after joins: lenet.npz for lenet_*.npz. Each network is played one pass after
another and on its best schedule; where its masks are few, also every mask
once. The folder gets compare.csv, energy.csv, seeds.csv, claims.csv and
figures/.
"""


@click.command(epilog=_EPILOG)
@click.argument("workloads", nargs=-1, required=True, metavar="WORKLOAD...")
@click.option("--arch", required=True, metavar="ARCH", help="The chip.")
@image_options
@click.option(
    "--mc",
    callback=whole_number(1),
    default="20",
    show_default=True,
    metavar="T",
    help="Passes of networks with random masks.",
)
@click.option(
    "--random-source",
    "random_sources",
    multiple=True,
    metavar="NAME",
    help="mtj, smtj or lfsr; may be repeated [default: all that ARCH describes].",
)
@click.option("--literature", is_flag=True, help="Add published energies, as a group of their own.")
@chip_options
@click.option("--jobs", callback=whole_number(1), metavar="N", help="Processes [default: one per core].")
@click.option("--out", type=FOLDER, metavar="DIR", help="Folder [default: reports/compare-ARCH].")
def compare(
    workloads: tuple[str, ...], arch: str, *, images: int | None, mc: int, out: Path | None, **options: Any
) -> None:
    """Compare WORKLOADs on one chip: answers, uncertainty, energy, time, area."""
    from cimsim.cli.locate import find_file
    from cimsim.cli.progress import progress_bar
    from cimsim.compare import compare as run
    from cimsim.compare.files import save_comparison
    from cimsim.reporting.files import check_output

    arch_path = find_file(arch, "architecture")
    directory = out or Path("reports") / f"compare-{arch_path.stem}"
    check_output(directory)
    jobs = options.pop("jobs") or os.cpu_count() or 1
    with progress_bar() as progress:
        comparison = run(
            arch_path,
            [find_file(name, "workload") for name in workloads],
            n_images=images,
            n_mc_samples=mc,
            jobs=jobs,
            progress=progress,
            **options,
        )
        save_comparison(comparison, directory)
    _print(comparison, directory)


def _print(comparison: Comparison, directory: Path) -> None:
    """Rows on the chip's own source, what follows from all of them, and where the rest is."""
    from cimsim.cli.table import print_line, print_table
    from cimsim.compare.text import HEADER, N_WORDS, lines_of

    rows = lines_of(comparison.table)
    print_table(HEADER, rows, right=range(N_WORDS, len(HEADER)))
    print_line("in brackets: 5-95 % of the sources")
    click.echo()
    for row in comparison.claims.itertuples():
        print_line(f"{row.claim}: {row.finding}")
    click.echo()
    print_line(f"report: {directory}/")
