"""Devices that an architecture names: files of their own, put in where they are named."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from cimsim.arch.tree import Branch, Leaf, parse_file, shown
from cimsim.errors import SpecError, closest
from cimsim.places import roots

__all__ = ["KEY", "included", "known_devices"]

KEY = "device"
"""The key whose value may be the name of a device file."""

_FOLDER = Path("arch_configs") / "devices"


def included(leaf: Leaf, path: str, base: Path) -> Branch:
    """The mapping in the file that ``leaf`` names; ``path`` says where for messages, ``base`` who asks.

    A name with a slash or ``.yaml`` is a path relative to the asking file. A bare one is looked for in
    ``devices/`` beside it, then among the shipped devices.

    Raises
    ------
    SpecError : there is no such device, or its file cannot be read
    """
    name = leaf.text
    for candidate in _candidates(name, base.parent):
        if candidate.is_file():
            found = parse_file(candidate)
            return Branch(leaf.origin, found.entries, found.repeated)
    cure = closest(name, known_devices(base.parent))
    raise SpecError(leaf.origin.place(path), "no such device", shown(name), cure)


def known_devices(beside: Path = Path("arch_configs")) -> dict[str, Path]:
    """Device files that a bare name reaches."""
    found: dict[str, Path] = {}
    for folder in (beside / "devices", *(root / _FOLDER for root in roots())):
        with suppress(OSError):
            for path in sorted(folder.glob("*.yaml")):
                found.setdefault(path.stem, path)
    return dict(sorted(found.items()))


def _candidates(name: str, beside: Path) -> list[Path]:
    if "/" in name or name.endswith(".yaml"):
        return [beside / name]
    known = known_devices(beside)
    return [known[name]] if name in known else []
