"""``cimsim device``: a junction and the dropout unit made of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cimsim.cli.options import FOLDER, chip_options
from cimsim.cli.words import whole_number

if TYPE_CHECKING:
    from cimsim.characterize import Characterization

__all__ = ["device"]

_EPILOG = """\b
Examples:
  cimsim device ref40
  cimsim device arch_configs/devices/smtj_pbnn_2025.yaml --units 1000
  cimsim device stt_mram --set chip.stochastic_unit.device.random_bit.set.width_s=2e-9

\b
FILE is a device file or its bare name (see: cimsim list devices), or an
architecture, whose dropout unit is taken. A device alone gets the drivers
of stt_mram, and a supply that its pulses fit under; --set changes that
architecture. The folder gets temperature.csv, operating.csv, switching.csv,
write_error.csv, unit.csv, calibration.csv, drift.csv and figures/.
"""


@click.command(epilog=_EPILOG)
@click.argument("file")
@click.option(
    "--units",
    callback=whole_number(2),
    default="200",
    show_default=True,
    metavar="N",
    help="Chips drawn from the fabrication spread.",
)
@chip_options
@click.option("--out", type=FOLDER, metavar="DIR", help="Folder [default: reports/device-FILE].")
def device(file: str, *, units: int, out: Path | None, **options: Any) -> None:
    """Characterise a junction and its dropout unit.

    Switching probability, write error, operating points with what moves them, p of each level over chips and
    temperatures, energy of a bit, trimming and drift: pages to choose an operating point from.
    """
    from cimsim.characterize import characterize
    from cimsim.characterize.files import save_characterization
    from cimsim.cli.locate import find_device, find_file
    from cimsim.cli.progress import progress_bar
    from cimsim.reporting.files import check_output

    path = find_device(file)
    directory = out or Path("reports") / f"device-{path.stem}"
    check_output(directory)
    with progress_bar() as progress:
        found = characterize(
            path, find_file("stt_mram", "architecture"), n_units=units, progress=progress, **options
        )
        save_characterization(found, directory)
    _print(found, directory)


def _print(found: Characterization, directory: Path) -> None:
    from cimsim.characterize.text import (
        OPERATING,
        TEMPERATURE,
        operating_lines,
        temperature_lines,
        unit_lines,
    )
    from cimsim.cli.table import print_line, print_table

    spec = found.arch.chip.stochastic_unit.device
    print_line(f"{spec.name}: {spec.description}")
    click.echo()
    print_table(TEMPERATURE, temperature_lines(found), right=range(1, len(TEMPERATURE)))
    click.echo()
    print_line("set pulses, 300 K; changes of p in points")
    print_table(OPERATING, operating_lines(found), right=range(1, len(OPERATING)))
    click.echo()
    for line in unit_lines(found):
        print_line(line)
    print_line(f"report: {directory}/")
