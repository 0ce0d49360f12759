"""Options that several commands share: which images, which changes of the chip, which seed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from cimsim.cli.words import whole_number

__all__ = ["FOLDER", "chip_options", "image_options"]

Command = TypeVar("Command", bound=Callable[..., None])

FOLDER = click.Path(path_type=Path)

_IMAGES = (
    click.option(
        "--data", metavar="NAME|PATH", help="Data set or .npz with x and y [default: the workload's own]."
    ),
    click.option("--data-dir", type=FOLDER, metavar="DIR", help="Folder that holds the data sets."),
    click.option("--download", is_flag=True, help="Allow fetching the data set; its hash is checked."),
    click.option(
        "--images", callback=whole_number(1), metavar="N", help="Take the first N images [default: all]."
    ),
    click.option(
        "--ood",
        multiple=True,
        metavar="SET",
        help="Images from outside, to be told apart: a data set, gaussian-noise, uniform-noise, rotate:45, "
        "add-gaussian:0.3, add-uniform:0.3; may be repeated.",
    ),
)
_CHIP = (
    click.option(
        "--set",
        "overrides",
        multiple=True,
        metavar="PATH=VALUE",
        help="Change a value of ARCH; may be repeated.",
    ),
    click.option(
        "--seed",
        callback=whole_number(0),
        default="0",
        show_default=True,
        metavar="S",
        help="Fixes every random draw.",
    ),
)


def image_options(command: Command) -> Command:
    """``--data``, ``--data-dir``, ``--download``, ``--images``, ``--ood``."""
    for option in reversed(_IMAGES):
        command = option(command)
    return command


def chip_options(command: Command) -> Command:
    """``--set``, ``--seed``."""
    for option in reversed(_CHIP):
        command = option(command)
    return command
