"""Architectures that ship with cimsim, by short name."""

from __future__ import annotations

import site
import sys
import sysconfig
from pathlib import Path

from cimsim.errors import SpecError, closest

__all__ = ["find_arch", "list_archs"]

_FOLDER = "arch_configs"


def list_archs() -> dict[str, Path]:
    """Short name -> file: those beside the package (a checkout), else those installed under ``share/cimsim``."""
    for folder in _folders():
        found = {path.stem: path for path in sorted(folder.glob("*.yaml"))}
        if found:
            return found
    return {}


def find_arch(name: str | Path) -> Path:
    """A file as given, or the shipped architecture of that name.

    Raises
    ------
    SpecError
        where there is neither.
    """
    path = Path(name)
    if path.exists() or path.suffix or len(path.parts) > 1:
        return path
    shipped = list_archs()
    if str(name) not in shipped:
        raise SpecError(str(name), "is neither a file nor an architecture that ships", "", closest(str(name), shipped))
    return shipped[str(name)]


def _folders() -> list[Path]:
    beside = Path(__file__).resolve().parents[2] / _FOLDER
    installed = [sysconfig.get_path("data"), sys.prefix, site.getuserbase()]
    return [beside, *(Path(root) / "share" / "cimsim" / _FOLDER for root in installed)]
