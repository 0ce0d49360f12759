"""``sweep.csv`` and ``sweep.parquet``: written side by side, row by row; columns of the CSV read back."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cimsim.errors import InputError
from cimsim.sweep.extras import need
from cimsim.sweep.journal import unwritable
from cimsim.sweep.table import Rows, Table, series

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["CSV", "read_columns", "write_tables"]

CSV, PARQUET = "sweep.csv", "sweep.parquet"

_LONGEST_CELL = 2**31 - 1
Types = Mapping[str, type]
Write = Callable[[Rows], Any]

_READ: Mapping[type, Callable[[str], Any]] = {bool: "True".__eq__, int: int, float: float, str: str}
"""A cell that is not empty, by the type of its column."""


def write_tables(directory: Path, table: Table) -> list[str]:
    """Each complete or not at all, by another name first; says what cannot be written for want of a library.

    Raises
    ------
    InputError : there is no room
    """
    notes: list[str] = []
    fresh = {name: directory / f".{name}" for name in (CSV, PARQUET)}
    try:
        with ExitStack() as files:
            writers = [files.enter_context(_csv(fresh[CSV], table.types))]
            try:
                writers.append(files.enter_context(_parquet(fresh[PARQUET], table.types)))
            except InputError as error:
                notes.append(str(error))
            for rows in table.batches():
                for write in writers:
                    write(rows)
        for name, path in fresh.items():
            if path.is_file():
                os.replace(path, directory / name)
    except OSError as error:
        raise unwritable(directory, error.strerror or str(error)) from error
    finally:
        for path in fresh.values():
            path.unlink(missing_ok=True)
    return notes


@contextmanager
def _csv(path: Path, types: Types) -> Iterator[Write]:
    """One line for each row; an empty cell where there is no value."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(types)
        yield writer.writerows


@contextmanager
def _parquet(path: Path, types: Types) -> Iterator[Write]:
    """The same for programs; raises ``InputError`` where pyarrow is not installed."""
    pyarrow, parquet = need("pyarrow"), need("pyarrow.parquet")
    kinds = {bool: pyarrow.bool_(), int: pyarrow.int64(), float: pyarrow.float64(), str: pyarrow.string()}
    schema = pyarrow.schema([(name, kinds[type_]) for name, type_ in types.items()])

    def write(rows: Rows) -> None:
        columns = [list(column) for column in zip(*rows, strict=True)]
        writer.write_batch(pyarrow.record_batch(columns, schema=schema))

    with parquet.ParquetWriter(path, schema) as writer:
        yield write


def read_columns(path: Path, types: Types, names: Collection[str] | None = None) -> pd.DataFrame:
    """Columns of a CSV that was written here, all or those of ``names`` that there are.

    Parameters
    ----------
    types : of all columns
    """
    import pandas as pd

    csv.field_size_limit(_LONGEST_CELL)
    wanted = [name for name in types if names is None or name in names]
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        header = next(reader)
        places = [header.index(name) for name in wanted]
        columns: list[list[Any]] = [[] for _ in wanted]
        kinds = [_READ[types[name]] for name in wanted]
        for row in reader:
            for column, place, read in zip(columns, places, kinds, strict=True):
                column.append(read(row[place]) if row[place] else None)
    named = zip(wanted, columns, strict=True)
    found: pd.DataFrame = pd.DataFrame({name: series(column, types[name]) for name, column in named})
    return found
