"""An architecture that says only how it differs: the file that it ``extends`` lies under it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from cimsim.arch.tree import Branch, Include, Leaf, Node, include_all, parse_file, shown
from cimsim.errors import SpecError, closest
from cimsim.places import roots

__all__ = ["KEY", "extended"]

KEY = "extends"
"""The key that names the file below."""

_FOLDER = Path("arch_configs")


def extended(path: Path, include_from: Callable[[Path], Include], above: tuple[Path, ...] = ()) -> Branch:
    """The file's tree, laid over the one that its `KEY` names, and that over its own.

    A mapping keeps what the upper file does not name. A quantity (it has a ``value``) and a mapping of
    another ``type`` replace what was there, so that no source vouches for another's number.

    Parameters
    ----------
    include_from : how names in a file are included, given the file
    above : files that extend this one

    Raises
    ------
    SpecError : as `parse_file`; there is no such file, or files extend each other
    """
    tree = parse_file(path)
    name = tree.entries.pop(KEY, None)
    if name is None:
        return tree
    base = _file_of(name, path)
    if base.resolve() in (seen := (*above, path.resolve())):
        raise SpecError(name.origin.place(KEY), "must not lead back to a file that extends it", str(name))
    under = extended(base, include_from, seen)
    include_all(under, "", include_from(base))
    return _laid(tree, under)


def _file_of(name: Node, asking: Path) -> Path:
    """A name with a slash or ``.yaml`` is relative to the asking file; a bare one is a shipped file."""
    place = name.origin.place(KEY)
    if not isinstance(name, Leaf) or name.is_null:
        raise SpecError(place, "must name an architecture file", str(name))
    if "/" in name.text or name.text.endswith(".yaml"):
        return asking.parent / name.text
    shipped = [root / _FOLDER / f"{name.text}.yaml" for root in roots()]
    for path in shipped:
        if path.is_file():
            return path
    known = (file.stem for root in roots() for file in (root / _FOLDER).glob("*.yaml"))
    raise SpecError(place, "no such architecture", shown(name.text), closest(name.text, known))


def _laid(over: Branch, under: Branch) -> Branch:
    entries = dict(under.entries)
    for key, node in over.entries.items():
        below = entries.get(key)
        if isinstance(node, Branch) and isinstance(below, Branch) and not _replaces(node, below):
            node = _laid(node, below)
        entries[key] = node
    return Branch(over.origin, entries, over.repeated)


def _replaces(node: Branch, below: Branch) -> bool:
    kinds = [kind.text for branch in (node, below) if isinstance(kind := branch.entries.get("type"), Leaf)]
    return "value" in node.entries or (len(kinds) == 2 and kinds[0] != kinds[1])
