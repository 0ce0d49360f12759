"""Devices that an architecture names: files of their own, put in where they are named."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from cimsim.arch.tree import Branch, Leaf, parse_file, shown
from cimsim.errors import SpecError, closest
from cimsim.places import roots

__all__ = ["KEY", "device_file", "included", "known_devices"]

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
    name, beside = leaf.text, base.parent
    file = device_file(name, beside)
    if file is None:
        cure = closest(name, known_devices(beside))
        raise SpecError(leaf.origin.place(path), "no such device", shown(name), cure)
    found = parse_file(file)
    return Branch(leaf.origin, found.entries, found.repeated)


def device_file(name: str, beside: Path) -> Path | None:
    """The file that a name means to an architecture in the folder ``beside``, if there is one."""
    is_path = "/" in name or name.endswith(".yaml")
    path = beside / name if is_path else known_devices(beside).get(name)
    return path if path is not None and path.is_file() else None


def known_devices(beside: Path = Path("arch_configs")) -> dict[str, Path]:
    """Device files that a bare name reaches."""
    found: dict[str, Path] = {}
    for folder in (beside / "devices", *(root / _FOLDER for root in roots())):
        with suppress(OSError):
            for path in sorted(folder.glob("*.yaml")):
                found.setdefault(path.stem, path)
    return dict(sorted(found.items()))
