"""The journal: every finished point, on disk before it counts. A killed sweep goes on from it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cimsim.errors import InputError

__all__ = ["Journal", "Outcome", "unwritable"]

_TABLES = """
CREATE TABLE IF NOT EXISTS sweep (name TEXT PRIMARY KEY, identity TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS points (
    point INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, status TEXT NOT NULL, error TEXT NOT NULL,
    duration_s REAL NOT NULL, settings TEXT NOT NULL, summary TEXT NOT NULL, is_final INTEGER NOT NULL);
"""
_FINISHED = "finished"
_COLUMNS = "point, key, status, error, duration_s, settings, summary, is_final"


@dataclass(frozen=True)
class Outcome:
    """What became of a point: ``status`` "done" with a ``summary``, or "failed" with an ``error``.

    ``is_final`` is not so where the failure may pass: no memory, no disk, a process that was ended.
    """

    index: int
    key: str
    status: str
    error: str
    duration_s: float
    settings: dict[str, Any]
    summary: dict[str, Any]
    is_final: bool = True


class Journal:
    """Outcomes in an SQLite file, written by one process.

    Parameters
    ----------
    path : of the file

    Raises
    ------
    InputError : the file is no journal, is in use, or cannot be written
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._file = sqlite3.connect(path, isolation_level=None, timeout=0)
            # Two sweeps that write to one journal would compute points twice.
            self._file.execute("PRAGMA locking_mode=EXCLUSIVE")
            self._file.execute("PRAGMA journal_mode=WAL")
            # A commit is on the disk when it returns, also where the machine loses its power.
            self._file.execute("PRAGMA synchronous=FULL")
            self._file.executescript(_TABLES)
        except sqlite3.OperationalError as error:
            rule, cure = (
                "is used by another sweep, or cannot be written",
                "wait for it, or choose another --out",
            )
            raise InputError(str(path), rule, str(error), cure) from error
        except sqlite3.Error as error:
            rule, cure = "cannot be used as a journal", "choose another folder with --out"
            raise InputError(str(path), rule, str(error), cure) from error

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._file.close()

    @property
    def identities(self) -> dict[str, str]:
        """What the sweep was made of when it began; empty before `begin`."""
        rows = self._file.execute("SELECT name, identity FROM sweep WHERE name != ?", (_FINISHED,))
        return dict(rows)

    @property
    def is_finished(self) -> bool:
        """Whether `finish` was called."""
        found = self._file.execute("SELECT 1 FROM sweep WHERE name = ?", (_FINISHED,)).fetchone()
        return found is not None

    def finish(self) -> None:
        """Note that no point is left."""
        with self._transaction():
            self._file.execute("INSERT OR REPLACE INTO sweep VALUES (?, '')", (_FINISHED,))

    def begin(self, identities: Mapping[str, str]) -> None:
        """Note what the sweep is made of."""
        with self._transaction():
            self._file.executemany("INSERT INTO sweep VALUES (?, ?)", identities.items())

    def record(self, outcomes: Iterable[Outcome]) -> None:
        """Write outcomes; they count when this returns.

        Raises
        ------
        InputError : they could not be written
        """
        rows = [
            (
                o.index,
                o.key,
                o.status,
                o.error,
                o.duration_s,
                json.dumps(o.settings),
                _text(o.summary),
                o.is_final,
            )
            for o in outcomes
        ]
        marks = ", ".join("?" * len(_COLUMNS.split(",")))
        with self._transaction():
            self._file.executemany(f"INSERT INTO points ({_COLUMNS}) VALUES ({marks})", rows)

    def n_passing(self) -> int:
        """How many points failed for a reason that may pass."""
        found: int = self._file.execute("SELECT count(*) FROM points WHERE NOT is_final").fetchone()[0]
        return found

    def forget_passing(self, *, and_later: bool) -> None:
        """Take out the points whose failure may pass, so that they are missing again.

        With ``and_later`` also all that come after the first of them: a search may go another way there.
        """
        if not self.n_passing():
            return
        first = "point >= (SELECT min(point) FROM points WHERE NOT is_final)"
        with self._transaction():
            self._file.execute(f"DELETE FROM points WHERE {first if and_later else 'NOT is_final'}")
            self._file.execute("DELETE FROM sweep WHERE name = ?", (_FINISHED,))

    def keys(self) -> Iterator[str]:
        """Of all points that count."""
        return (key for (key,) in self._file.execute("SELECT key FROM points"))

    def counts(self) -> dict[str, int]:
        """How many points there are by status."""
        return dict(self._file.execute("SELECT status, count(*) FROM points GROUP BY status"))

    def find(self, key: str) -> Outcome | None:
        """The outcome of a point, if it counts."""
        row = self._file.execute(f"SELECT {_COLUMNS} FROM points WHERE key = ?", (key,)).fetchone()
        return None if row is None else _outcome(row)

    def outcomes(self) -> Iterator[Outcome]:
        """All outcomes in the order of their points, read little by little."""
        return map(_outcome, self._file.execute(f"SELECT {_COLUMNS} FROM points ORDER BY point"))

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """All or nothing."""
        try:
            self._file.execute("BEGIN IMMEDIATE")
            yield
            self._file.execute("COMMIT")
        except BaseException as error:
            # Without room SQLite may have rolled back by itself.
            if self._file.in_transaction:
                with suppress(sqlite3.Error):
                    self._file.execute("ROLLBACK")
            if isinstance(error, sqlite3.OperationalError):
                raise unwritable(self._path, str(error)) from error
            raise


def unwritable(path: Path, reason: str) -> InputError:
    """A file of a sweep that there is no room for, or that must not be written."""
    cure = "put that right, then go on with --resume: no point that counts is lost"
    return InputError(str(path), "could not be written", reason, cure)


def _text(summary: Mapping[str, Any]) -> str:
    return json.dumps(summary, default=lambda value: value.tolist())


def _outcome(row: tuple[Any, ...]) -> Outcome:
    index, key, status, error, duration_s, settings, summary, is_final = row
    told = json.loads(settings), json.loads(summary)
    return Outcome(index, key, status, error, duration_s, *told, bool(is_final))
