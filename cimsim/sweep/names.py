"""The files that a sweep names: bare names are shipped ones, others stand relative to the sweep file."""

from __future__ import annotations

import hashlib
from pathlib import Path

from cimsim.arch.tree import Origin
from cimsim.errors import SpecError, closest
from cimsim.places import roots

__all__ = ["file_of", "hash_of"]

FOLDERS = {"architecture": ("arch_configs", ".yaml"), "workload": ("workloads", ".npz")}


def file_of(name: str, kind: str, beside: Path, origin: Origin, where: str) -> Path:
    """The file that a name in a sweep means.

    Parameters
    ----------
    name : with a slash or an ending a path relative to ``beside``, else a shipped file
    kind : a key of `FOLDERS`
    origin, where : of the name, for messages

    Raises
    ------
    SpecError : there is no such file
    """
    folder, suffix = FOLDERS[kind]
    if "/" in name or name.endswith(suffix):
        path = beside / name
        if not path.is_file():
            raise SpecError(origin.place(where), f"no such {kind} file", str(path))
        return path.resolve()
    for root in roots():
        path = root / folder / f"{name}{suffix}"
        if path.is_file():
            return path.resolve()
    known = (file.stem for root in roots() for file in (root / folder).glob(f"*{suffix}"))
    raise SpecError(origin.place(where), f"no such {kind}", name, closest(name, known))


def hash_of(content: bytes) -> str:
    """What stands for a content in journals and keys."""
    return hashlib.sha256(content).hexdigest()
