"""``cimsim sweep``: thousands of points, and which of them to build."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cimsim.cli.options import FOLDER
from cimsim.cli.words import whole_number
from cimsim.errors import InputError

if TYPE_CHECKING:
    from cimsim.sweep.best import Question
    from cimsim.sweep.run import Finished

__all__ = ["sweep"]

_EPILOG = """\b
Examples:
  cimsim sweep stt_readout
  cimsim sweep my_sweep.yaml --jobs 4 --out reports/mine
  cimsim sweep my_sweep.yaml --resume
  cimsim sweep stt_readout --best "energy_j subject to accuracy > 0.98"
  cimsim sweep stt_readout --scheduler tcp://host:8786

\b
A sweep file says which chip, which networks, and what changes:
  architecture: stt_mram
  workloads: [lenet]
  n_images: 1000
  axes:
    tile.macro.adc.bits: [3, 4, 5]
    tile.macro.rows_active: {from: 4, to: 32, factor: 2}
  objectives: {energy_j: min, accuracy: max}
Try it first: cimsim check my_sweep.yaml; cimsim schema sweep tells all keys;
cimsim list sweeps those that are ready-made.

\b
Every finished point is on disk before it counts. Stop with Ctrl-C, or lose
the machine: --resume goes on where it was. A point that fails is a row with
its error. The folder gets sweep.csv, sweep.parquet, journal.sqlite,
manifest.json and figures/. Workers of a Dask cluster must see the same files
under the same paths.
"""


@click.command(epilog=_EPILOG)
@click.argument("file")
@click.option("--jobs", callback=whole_number(1), metavar="N", help="Processes [default: one per core].")
@click.option("--resume", is_flag=True, help="Go on with a sweep that was stopped.")
@click.option(
    "--best",
    "questions",
    multiple=True,
    metavar="QUESTION",
    help="Also answer: [min|max] COLUMN [subject to COLUMN > LIMIT, ...]; may be repeated.",
)
@click.option("--scheduler", metavar="ADDRESS", help="Dask scheduler whose workers compute the points.")
@click.option("--data-dir", type=FOLDER, metavar="DIR", help="Folder that holds the data sets.")
@click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="PATH=VALUE",
    help="Change a value of the architecture, under all axes; may be repeated.",
)
@click.option("--out", type=FOLDER, metavar="DIR", help="Folder [default: reports/FILE].")
def sweep(
    file: str, *, jobs: int | None, resume: bool, questions: tuple[str, ...], out: Path | None, **options: Any
) -> None:
    """Run all points of a sweep FILE, or those that are missing.

    Exit code 2 where no point at all could be computed; points that fail beside others are rows.
    """
    from cimsim.cli.locate import find_file
    from cimsim.cli.progress import progress_bar
    from cimsim.sweep.pictures import write_pictures
    from cimsim.sweep.run import run_sweep
    from cimsim.sweep.text import first_error

    path = find_file(file, "sweep")
    directory = out or Path("reports") / path.stem
    asked = _understood(questions, path, options)
    try:
        with progress_bar(rate_of="points") as progress:
            finished = run_sweep(
                path,
                jobs=jobs or os.cpu_count() or 1,
                out=directory,
                resume=resume,
                progress=progress,
                **options,
            )
    except KeyboardInterrupt as stop:
        click.echo(f"stopped; go on with: {_words(file, jobs, out, questions, **options)}", err=True)
        raise click.Abort from stop
    _print(finished)
    if finished.n_failed and not finished.n_done:
        click.echo(f"report: {directory}/")
        raise InputError(file, f"no point could be computed: {first_error(finished)}")
    problems = [problem for question in asked if (problem := _print_best(finished, question))]
    try:
        write_pictures(finished)
    except InputError as problem:
        problems.append(problem)
    click.echo(f"report: {directory}/")
    _raise_last(problems)


def _print(finished: Finished) -> None:
    from cimsim.cli.table import print_line, print_table
    from cimsim.sweep.text import front_of, lines_of

    for line in lines_of(finished):
        print_line(line)
    if finished.plan.spec.objectives and finished.n_done:
        header, rows, n_more = front_of(finished)
        click.echo()
        print_table(header, rows, right=range(len(header)))
        if n_more:
            print_line(f"and {n_more:,} more")
    click.echo()


def _words(
    file: str, jobs: int | None, out: Path | None, questions: Sequence[str], *, overrides: Sequence[str],
    scheduler: str | None, data_dir: Path | None,
) -> str:  # fmt: skip
    """The command that goes on with a sweep."""
    words = ["cimsim", "sweep", file, "--resume"]
    given = {"--jobs": jobs, "--out": out, "--scheduler": scheduler, "--data-dir": data_dir}
    words += [word for name, value in given.items() if value is not None for word in (name, str(value))]
    words += [word for override in overrides for word in ("--set", override)]
    words += [word for question in questions for word in ("--best", question)]
    return shlex.join(words)


def _understood(texts: tuple[str, ...], path: Path, options: dict[str, Any]) -> list[Question]:
    """Questions; one for a column that no table has is refused before hours are spent on the table."""
    from cimsim.sweep.best import check_columns, parse_question
    from cimsim.sweep.plan import plan_sweep
    from cimsim.sweep.wishes import SUMMARY

    questions = [parse_question(text) for text in texts]
    if questions:
        plan = plan_sweep(path, options["overrides"], options["data_dir"])
        own = ("point", "status", "error", "duration_s", "pareto", "pareto_tie")
        check_columns(questions, SUMMARY.union(own, plan.columns))
    return questions


def _raise_last(problems: list[InputError]) -> None:
    """The last one ends the command; those before it are told."""
    for problem in problems[:-1]:
        click.echo(f"error: {problem}", err=True)
    if problems:
        raise problems[-1]


def _print_best(finished: Finished, question: Question) -> InputError | None:
    """The answer, or why there is none."""
    from cimsim.cli.table import print_line
    from cimsim.sweep.best import check_columns, columns_of, find_best
    from cimsim.sweep.best_text import best_lines

    try:
        check_columns([question], finished.types)
        best = find_best(finished.points(columns_of(question)), question)
    except InputError as problem:
        return problem
    for line in best_lines(best, finished.plan.columns):
        print_line(line)
    click.echo()
    return None
