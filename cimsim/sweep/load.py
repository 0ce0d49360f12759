"""A sweep file, or the same as a mapping, into a SweepSpec, or one clear message."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cimsim.arch.convert import Reader
from cimsim.arch.loader import checked
from cimsim.arch.tree import Branch, Listing, Origin, parse_file
from cimsim.errors import SpecError, show
from cimsim.sweep.nodes import node_of
from cimsim.sweep.spec import SweepSpec

__all__ = ["is_sweep", "load_sweep"]

_MEMORY = "sweep"


def load_sweep(spec: str | Path | Mapping[str, Any] | SweepSpec) -> SweepSpec:
    """Read a sweep and check it by itself; files that it names are not opened.

    Raises
    ------
    SpecError : with file, line and path of the first problem, and how many more there are
    """
    if isinstance(spec, SweepSpec):
        return spec
    if isinstance(spec, Mapping):
        return _load(_branch(spec), _MEMORY, "<memory>")
    if not isinstance(spec, (str, Path)):
        raise SpecError(_MEMORY, "must be a file, a mapping or a SweepSpec", show(spec))
    return _load(parse_file(Path(spec)), Path(spec).stem, str(spec))


def is_sweep(path: str | Path) -> bool:
    """Whether a YAML file is a sweep; raises ``SpecError`` if it cannot be read."""
    return "axes" in parse_file(Path(path)).entries


def _load(tree: Branch, name: str, source: str) -> SweepSpec:
    axes = tree.entries.get("axes")
    if isinstance(axes, Branch):
        for key, node in axes.entries.items():
            if isinstance(node, Listing):
                axes.entries[key] = Branch(node.origin, {"values": node})
    reader = Reader()
    found, reader = checked(reader.model(tree, (SweepSpec,), ""), reader, SweepSpec)
    found.read_from(name, source, reader.origins)
    return found


def _branch(spec: Mapping[str, Any]) -> Branch:
    tree = node_of(spec, Origin(_MEMORY))
    assert isinstance(tree, Branch)
    return tree
