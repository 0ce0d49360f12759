"""Findings of values passes on disk, shared by points, processes and sweeps."""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from cimsim.places import user_cache
from cimsim.sweep.findings import Findings

__all__ = ["DEFAULT_BYTES", "ValueStore", "default_folder"]

DEFAULT_BYTES = 2_000_000_000

_HEX = 64
_SUFFIX, _FRESH = ".values", ".fresh"
_ABANDONED_S = 3600


class ValueStore:
    """A folder of findings by key; the ones that were used longest ago make room.

    An entry carries a digest of its content: a damaged one counts as missing. Where the folder cannot be
    written, nothing is kept.

    Parameters
    ----------
    folder : by default in the user's cache
    max_bytes : of all entries together
    """

    def __init__(self, folder: str | Path | None = None, max_bytes: int = DEFAULT_BYTES) -> None:
        self.folder = Path(folder) if folder is not None else default_folder()
        self._max_bytes = max_bytes
        self._bytes: int | None = None

    def load(self, key: str) -> Findings | None:
        """None where there is no whole entry."""
        path = self._path(key)
        try:
            content = path.read_bytes()
            packed = content[_HEX:]
            if content[:_HEX] != _digest(key, packed):
                return None
            found = Findings.unpacked(packed)
        except (OSError, ValueError, KeyError, TypeError):
            return None
        with suppress(OSError):
            os.utime(path)
        return found

    def save(self, key: str, findings: Findings) -> None:
        """Complete or not at all."""
        packed = findings.packed()
        with suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self.folder, suffix=_FRESH)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(_digest(key, packed) + packed)
                os.replace(name, self._path(key))
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise
            self._make_room(len(packed) + _HEX)

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}{_SUFFIX}"

    def _make_room(self, added: int) -> None:
        """Looks at the folder at first, and when what this process wrote may have filled it."""
        if self._bytes is not None:
            self._bytes += added
            if self._bytes <= self._max_bytes:
                return
        self._clear_abandoned()
        entries = []
        for path in self.folder.glob(f"*{_SUFFIX}"):
            with suppress(OSError):
                entries.append((path.stat().st_mtime_ns, path.stat().st_size, path))
        self._bytes = sum(size for _, size, _ in entries)
        for _, size, path in sorted(entries):
            if self._bytes <= self._max_bytes:
                break
            path.unlink(missing_ok=True)
            self._bytes -= size

    def _clear_abandoned(self) -> None:
        """What processes that were killed had begun to write."""
        for path in self.folder.glob(f"*{_FRESH}"):
            with suppress(OSError):
                if time.time() - path.stat().st_mtime > _ABANDONED_S:
                    path.unlink()


def default_folder() -> Path:
    """In the user's cache."""
    return user_cache() / "values"


def _digest(key: str, packed: bytes) -> bytes:
    return hashlib.sha256(key.encode() + packed).hexdigest().encode()
