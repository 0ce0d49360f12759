"""Files that ship with the package: rebuilt architectures and networks."""

from __future__ import annotations

from pathlib import Path

from cimsim.errors import InputError
from cimsim.places import roots

__all__ = ["find_shipped"]


def find_shipped(place: str) -> Path:
    """The file at ``place``, in a source tree or an installed share; raises ``InputError``."""
    for root in roots():
        if (root / place).is_file():
            return root / place
    raise InputError(place, "is not installed", cure="run in the source tree or reinstall cimsim")
