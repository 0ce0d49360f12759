"""Many architectures that differ from one file in a few values, without reading it again for each."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel, ValidationError

from cimsim.arch.convert import Reader
from cimsim.arch.loader import arch_of, arch_tree, include_from, told
from cimsim.arch.spec import ArchSpec
from cimsim.arch.spec_base import Spec
from cimsim.arch.tree import Branch, Leaf, Node, Origin, finished, include_all, put
from cimsim.errors import SpecError

__all__ = ["Variations", "assignment"]


_PLAIN = re.compile(r"(?!null$)[\w/][\w./+%-]*( [\w./+%-]+)*", re.IGNORECASE)
_HIDDEN = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
"""What YAML does not take as it is, or takes for the end of a line."""


class Variations:
    """The architectures around one file, which is read once; what a change does not touch they share.

    Attributes
    ----------
    base : the file with its overrides

    Raises
    ------
    SpecError : the base itself is refused
    """

    def __init__(self, path: str | Path, overrides: Sequence[str] = ()) -> None:
        self._path, self._overrides = path, tuple(overrides)
        self._include = include_from(Path(path))
        self._tree, reader = arch_tree(Path(path), overrides), Reader()
        self.base = arch_of(self._tree, path, overrides)
        self._data = reader.model(self._tree, (ArchSpec,), "")
        self._origins = reader.origins

    def at(self, settings: Mapping[str, Any]) -> ArchSpec:
        """``load_arch(path, [*overrides, "a.b=value", ...])``.

        Parameters
        ----------
        settings : values by dotted path, in the order in which they are applied; see `assignment`

        Raises
        ------
        SpecError : as `load_arch`
        """
        changes = [assignment(path, value) for path, value in settings.items()]
        overrides = [*self._overrides, *changes]
        try:
            return self._changed(changes, overrides)
        except (SpecError, ValidationError, _Unknown):
            return arch_of(finished(self._tree, changes, self._include), self._path, overrides)

    def _changed(self, changes: Sequence[str], overrides: Sequence[str]) -> ArchSpec:
        tree = self._tree
        for change in changes:
            tree = put(tree, change, self._include)
        # Shared quantities know the node and the supply of the base: where those change, none is shared.
        is_shared = tree.entries["technology"] is self._tree.entries["technology"]
        reading = _Reading(self._include)
        data = reading.differences(self._tree, tree, self.base, None if is_shared else self._data, "")
        if reading.reader.problems:
            raise _Unknown
        spec = ArchSpec.model_validate(data, context=reading.parents if is_shared else None)
        return told(spec, self._path, overrides, reading.origins(self._origins))


class _Unknown(Exception):
    """What only the whole tree, understood anew, can put into words."""


class _Reading:
    """Reads what is new in a tree."""

    def __init__(self, include: Any) -> None:
        self.reader, self._include = Reader(), include
        self._read: dict[str, Node | None] = {}

    def differences(
        self, old: Branch, new: Branch, base: BaseModel, data: Mapping[str, Any] | None, path: str
    ) -> dict[str, Any]:
        """Data of a model: of what is the same the base's models, or its ``data`` if given."""
        found: dict[str, Any] = {}
        for key, node in new.entries.items():
            before, full = old.entries.get(key), f"{path}.{key}" if path else key
            if node is before:
                found[key] = getattr(base, key) if data is None else data[key]
            elif _is_same_model(before, node, inner := getattr(base, key, None)):
                assert isinstance(before, Branch) and isinstance(node, Branch) and inner is not None
                below = None if data is None else data[key]
                found[key] = self.differences(before, node, inner, below, full)
            else:
                self._read[full] = before
                found[key] = self._entry(base, key, node, full)
        return found

    def _entry(self, base: BaseModel, key: str, node: Node, path: str) -> Any:
        known = type(base).model_fields.get(key)
        if known is None:
            raise _Unknown
        if isinstance(node, Leaf):
            node = self._include(node, path) or node
        if isinstance(node, Branch):
            include_all(node, path, self._include)
        return self.reader.entry(node, known, key, path)

    def origins(self, base: Mapping[str, Origin]) -> dict[str, Origin]:
        """Where each value was written, given where those of the base were."""
        found = dict(base)
        for path, before in self._read.items():
            inside = f"{path}."
            for other in [p for p in base if p.startswith(inside)] if isinstance(before, Branch) else ():
                found.pop(other, None)
        return {**found, **self.reader.origins}

    @property
    def parents(self) -> tuple[str, ...]:
        """Paths of the models in which values were read: their quantities may be new."""
        return tuple({path.rpartition(".")[0] for path in self._read})


def _is_same_model(before: Node | None, node: Node, model: Any) -> bool:
    """Whether a mapping that changed is still one of the same kind, of which parts can be kept."""
    if not (isinstance(before, Branch) and isinstance(node, Branch) and isinstance(model, Spec)):
        return False
    return before.entries.get("type") is node.entries.get("type")


def assignment(path: str, value: Any) -> str:
    """``path=value`` as ``--set`` reads it: numbers and words as they are, all else as JSON.

    Examples
    --------
    >>> assignment("chip.clock_hz", 2e8), assignment("tile.macro.biases_unselected_columns", True)
    ('chip.clock_hz=200000000.0', 'tile.macro.biases_unselected_columns=true')
    """
    if isinstance(value, np.generic):
        value = value.item()
    is_plain = not isinstance(value, str) or _PLAIN.fullmatch(value)
    if value is None or isinstance(value, (bool, Mapping)) or not is_plain:
        text = json.dumps(value, ensure_ascii=False)
        return f"{path}={_HIDDEN.sub(lambda found: f'{chr(92)}u{ord(found[0]):04x}', text)}"
    return f"{path}={value}"
