"""Plain values as the nodes of a file, so that the same reader checks both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from cimsim.arch.tree import Branch, Leaf, Listing, Node, Origin
from cimsim.errors import SpecError, show

__all__ = ["node_of"]


def node_of(value: Any, origin: Origin) -> Node:
    """Numbers, texts, None, lists and mappings as if written at ``origin``; ``SpecError`` for all else."""
    if isinstance(value, np.generic | np.ndarray):
        value = value.tolist()
    if value is None:
        return Leaf(origin, "null")
    if isinstance(value, bool):
        return Leaf(origin, "true" if value else "false")
    if isinstance(value, int | float):
        return Leaf(origin, repr(value))
    if isinstance(value, str):
        return Leaf(origin, value, is_quoted=not value)
    if isinstance(value, Mapping):
        return Branch(origin, {str(key): node_of(item, origin) for key, item in value.items()})
    if isinstance(value, Sequence):
        return Listing(origin, tuple(node_of(item, origin) for item in value))
    raise SpecError(origin.place(""), "must hold numbers, texts, lists and mappings", show(value))
