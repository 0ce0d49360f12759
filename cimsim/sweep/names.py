"""The files that a sweep names: bare names are shipped ones, others stand relative to the sweep file."""

from __future__ import annotations

import hashlib
from pathlib import Path

from cimsim.arch.tree import Origin
from cimsim.errors import SpecError, closest
from cimsim.places import FOLDERS, known_files

__all__ = ["file_of", "hash_of"]


def file_of(name: str, kind: str, beside: Path, origin: Origin, where: str) -> Path:
    """The file that a name in a sweep means.

    Parameters
    ----------
    name : with a slash or an ending a path relative to ``beside``, else a shipped file
    kind : a key of `cimsim.places.FOLDERS`
    origin, where : of the name, for messages

    Raises
    ------
    SpecError : there is no such file
    """
    if "/" in name or name.endswith(FOLDERS[kind][1]):
        path = beside / name
        if not path.is_file():
            raise SpecError(origin.place(where), f"no such {kind} file", str(path))
        return path.resolve()
    known = known_files(kind)
    if name not in known:
        raise SpecError(origin.place(where), f"no such {kind}", name, closest(name, known))
    return known[name].resolve()


def hash_of(content: bytes) -> str:
    """What stands for a content in journals and keys."""
    return hashlib.sha256(content).hexdigest()
