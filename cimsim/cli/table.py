"""Plain tables on standard output."""

from __future__ import annotations

from collections.abc import Sequence

import click

__all__ = ["print_line", "print_table"]


def print_line(text: str) -> None:
    """One line; control characters of names that come out of files are shown escaped."""
    from cimsim.reporting.quantities import printable

    click.echo(printable(text))


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[int] = ()) -> None:
    """Columns as wide as their widest cell; those with an index in ``right`` are aligned to the right."""
    from cimsim.reporting.quantities import printable

    cells = [[printable(cell) for cell in row] for row in (header, *rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header))]
    rule = ["-" * width for width in widths]
    for row in (cells[0], rule, *cells[1:]):
        padded = (
            f"{c:>{w}}" if i in right else f"{c:<{w}}"
            for i, (c, w) in enumerate(zip(row, widths, strict=True))
        )
        click.echo("  ".join(padded).rstrip())
