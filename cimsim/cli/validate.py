"""``cimsim validate``: the model against published macros, tools and tables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cimsim.cli.options import FOLDER
from cimsim.cli.words import whole_number

if TYPE_CHECKING:
    from cimsim.validate import Validation

__all__ = ["validate"]

_EPILOG = """\b
Examples:
  cimsim validate
  cimsim validate deaville_2021 deaville_2022
  cimsim run arch_configs/validation/deaville_vlsi_2022.yaml lenet --images 9

\b
Each publication is rebuilt as an architecture file under
arch_configs/validation: it extends a shipped chip and sets what was published
of the design: rows, columns, ADC bits, sharing, supply, node. Component costs
are those of the shipped chip, brought to the node. No number is fitted.

\b
A ratio is model over publication. Energies are those of actions: cells, lines
and read-out of a macro; leakage is left out. The folder gets validation.csv
with the reason for every gap, tables.md and figures/.
"""


@click.command(epilog=_EPILOG)
@click.argument("publications", nargs=-1, metavar="[PUBLICATION]...")
@click.option(
    "--seed",
    callback=whole_number(0),
    default="0",
    show_default=True,
    metavar="S",
    help="Fixes the draws behind the ranges.",
)
@click.option(
    "--out", type=FOLDER, default="reports/validation", show_default=True, metavar="DIR", help="Folder."
)
def validate(publications: tuple[str, ...], *, seed: int, out: Path) -> None:
    """Rebuild published designs and print model against publication.

    PUBLICATIONs are named by the first column of the table [default: all].
    """
    from cimsim.cli.progress import progress_bar
    from cimsim.reporting.files import check_output
    from cimsim.validate import validate as run
    from cimsim.validate.files import save_validation

    check_output(out)
    with progress_bar() as progress:
        validation = run(publications, seed=seed, progress=progress)
        save_validation(validation, out)
    _print(validation, out)


def _print(validation: Validation, directory: Path) -> None:
    """The table, why the far ones are far, and where the rest is."""
    import textwrap

    from cimsim.cli.table import print_line, print_table
    from cimsim.validate.text import HEADER, MARKS, N_WORDS, lines_of, reasons_of

    table = validation.table
    print_table(HEADER, lines_of(table), right=range(N_WORDS, len(HEADER)))
    click.echo()
    for place, reason in reasons_of(table[~table["is_near"]]):
        for line in textwrap.wrap(f"{place}: {reason}", 100, subsequent_indent="    "):
            print_line(line)
    for line in validation.left_out:
        print_line(f"left out, {line}")
    for mark, what in MARKS.items():
        near, n = validation.near(mark)
        if n:
            print_line(f"{what}: {near} of {n} independent figures within a factor of two")
    print_line(f"report: {directory}/")
