"""``python -m cimsim.train RECIPE``: train a network and write it with the log of its training."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from cimsim.errors import CimsimError, InputError
from cimsim.train.methods import METHODS
from cimsim.train.recipes import PLACEMENTS, RECIPES


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("recipe", type=click.Choice(sorted(RECIPES)))
@click.option(
    "--method",
    "methods",
    type=click.Choice(["all", *METHODS]),
    multiple=True,
    default=("scale", "deterministic"),
    show_default=True,
    help="What makes the network Bayesian; may be repeated.",
)
@click.option("--data-dir", type=click.Path(), help="Folder that holds mnist/, fashion-mnist/ or cifar10/.")
@click.option("--download", is_flag=True, help="Fetch missing files from the web, checked by hash.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--placement", type=click.Choice(PLACEMENTS), default="inside", show_default=True)
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), default="workloads", show_default=True
)
def main(
    recipe: str,
    methods: tuple[str, ...],
    data_dir: str | None,
    download: bool,
    seed: int,
    placement: str,
    out: Path,
) -> None:
    """Train RECIPE by one method after another and write OUT/RECIPE*.npz with their logs."""
    with _one_message():
        try:
            from cimsim.train.run import train_recipe
        except ModuleNotFoundError as error:
            if error.name != "torch":
                raise
            cure = "pip install 'cimsim[train]'"
            raise InputError("cimsim.train", "needs torch, which is not installed", cure=cure) from error
        chosen = tuple(METHODS) if "all" in methods else methods
        paths = train_recipe(
            recipe,
            methods=chosen,
            seed=seed,
            placement=placement,
            out=out,
            data_dir=data_dir,
            download=download,
        )
        try:
            for path in paths:
                click.echo(f"wrote {path}")
        except OSError as error:
            place, reason = str(error.filename or out), error.strerror or str(error)
            raise InputError(place, "cannot be read or written", reason) from error


@contextmanager
def _one_message() -> Iterator[None]:
    try:
        yield
    except CimsimError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(2)


if __name__ == "__main__":
    main(prog_name="python -m cimsim.train")
