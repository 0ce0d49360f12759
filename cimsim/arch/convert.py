"""From the tree to typed data: each scalar by the declared type of its field. Problems are collected."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from cimsim.arch.describe import choices_of, expected, inner_field, keys_of, kind_of, models_of
from cimsim.arch.quantity import Quantity
from cimsim.arch.tree import Branch, Leaf, Listing, Node, Origin, shown
from cimsim.errors import closest
from cimsim.units import is_unit_text, parse_number, parse_quantity, unit_of

__all__ = ["Problem", "Reader"]

_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,15})")
_OF_SOURCE = ("grade", "source", "low", "high", "node_m", "voltage_v")
_EXAMPLE = 'for example {value: 1e-12, grade: assumed, source: "..."}'


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a file, and where."""

    origin: Origin
    path: str
    rule: str
    value: str = ""
    cure: str = ""


@dataclass
class Reader:
    """Reads a tree by the models' fields.

    Attributes
    ----------
    problems : what could not be read
    origins, fields, texts : by path, where a value was written, what its field expects, what was written
    models : by path, the model of a mapping
    """

    problems: list[Problem] = field(default_factory=list)
    origins: dict[str, Origin] = field(default_factory=dict)
    fields: dict[str, FieldInfo] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    models: dict[str, type[BaseModel]] = field(default_factory=dict)

    def model(self, branch: Branch, models: tuple[type[BaseModel], ...], path: str) -> dict[str, Any]:
        """The data of a mapping; unreadable entries are left out and reported."""
        self.origins[path] = branch.origin
        model = self._member(branch, models, path)
        return {} if model is None else self._entries(branch, model, path)

    def _entries(
        self, branch: Branch, model: type[BaseModel], path: str, *, unit_name: str = ""
    ) -> dict[str, Any]:
        self.models[path] = model
        self._repeated(branch, path)
        data, fields = {}, keys_of(model)
        for key, node in branch.entries.items():
            full, known = _join(path, key), fields.get(key)
            if known is None:
                cure = closest(key, fields)
                self._report(Problem(node.origin, full, "is not a known key", "", cure))
            else:
                data[key] = self.entry(node, known, key if unit_of(key) else unit_name or key, full)
        return data

    def _repeated(self, branch: Branch, path: str) -> None:
        for key, origin in branch.repeated:
            self._report(Problem(origin, _join(path, key), "is written twice"))

    def entry(self, node: Node, known: FieldInfo, name: str, path: str) -> Any:
        """The value of one field; ``name`` says its unit."""
        self.origins[path], self.fields[path], self.texts[path] = node.origin, known, str(node)
        kind = kind_of(known.annotation)
        if isinstance(node, Leaf) and node.is_null and not known.is_required() and known.default is None:
            return None
        if kind == "any":
            return self._any(node, path)
        if kind == "quantity":
            return self._quantity(node, known, name, path)
        if isinstance(node, Listing) and kind == "list":
            return self._list(node, inner_field(known.annotation), name, path)
        if isinstance(node, Branch) and kind == "model":
            return self.model(node, models_of(known.annotation), path)
        if isinstance(node, Branch) and kind == "table":
            return self._table(node, known, path)
        if not isinstance(node, Leaf) or kind in {"model", "table", "list"}:
            return self._refuse(node, known, path)
        return self._scalar(node, known, kind, name, path)

    def _member(
        self, branch: Branch, models: tuple[type[BaseModel], ...], path: str
    ) -> type[BaseModel] | None:
        """The model of a mapping: the only one, or the one that its ``type`` names."""
        if len(models) == 1:
            return models[0]
        by_tag = {choices_of(model.model_fields["type"].annotation)[0]: model for model in models}
        tag = branch.entries.get("type")
        rule = f"must be one of {', '.join(by_tag)}"
        if tag is None:
            self._report(Problem(branch.origin, _join(path, "type"), "is missing", "", f"it {rule}"))
        elif not isinstance(tag, Leaf) or tag.text not in by_tag:
            self._report(Problem(tag.origin, _join(path, "type"), rule, str(tag)))
        else:
            return by_tag[tag.text]
        return None

    def _quantity(self, node: Node, known: FieldInfo, name: str, path: str) -> Any:
        if isinstance(node, Leaf) and node.origin.is_override:
            node = Branch(node.origin, {"value": node})
        if not isinstance(node, Branch):
            return self._refuse(node, known, path, _EXAMPLE)
        return self._entries(_credited(node), Quantity, path, unit_name=name)

    def _table(self, branch: Branch, known: FieldInfo, path: str) -> dict[str, Any]:
        self._repeated(branch, path)
        value = inner_field(known.annotation)
        return {key: self.entry(node, value, key, _join(path, key)) for key, node in branch.entries.items()}

    def _list(self, listing: Listing, item: FieldInfo, name: str, path: str) -> list[Any]:
        return [self.entry(node, item, name, _join(path, str(i))) for i, node in enumerate(listing.items)]

    def _any(self, node: Node, path: str) -> Any:
        """A value whose type the file decides: words, numbers, true and false, null, lists and mappings."""
        self.origins[path] = node.origin
        if isinstance(node, Listing):
            return [self._any(item, _join(path, str(i))) for i, item in enumerate(node.items)]
        if isinstance(node, Branch):
            self._repeated(node, path)
            return {key: self._any(child, _join(path, key)) for key, child in node.entries.items()}
        if node.is_null:
            return None
        if node.is_quoted:
            return node.text
        if node.text in {"true", "false"}:
            return node.text == "true"
        if _INTEGER.fullmatch(node.text):
            return int(node.text)
        number = parse_number(node.text)
        return node.text if number is None else number

    def _scalar(self, leaf: Leaf, known: FieldInfo, kind: str, name: str, path: str) -> Any:
        if kind == "number":
            return self._number(leaf, known, name, path)
        if kind.startswith("integer") and _INTEGER.fullmatch(leaf.text):
            return int(leaf.text)
        if kind == "truth" and leaf.text in {"true", "false"} and not leaf.is_quoted:
            return leaf.text == "true"
        if kind == "text" and not leaf.is_null:
            return leaf.text
        words = choices_of(known.annotation)
        if leaf.text in words:
            return leaf.text
        cure = closest(leaf.text, words) if kind == "choice" else ""
        return self._refuse(leaf, known, path, cure if cure.startswith("did") else "")

    def _number(self, leaf: Leaf, known: FieldInfo, name: str, path: str) -> float | None:
        number = parse_number(leaf.text)
        if number is not None:
            return number
        unit = unit_of(name)
        if unit is None or not is_unit_text(leaf.text):
            self._refuse(leaf, known, path)
            return None
        try:
            return parse_quantity(leaf.text, unit)
        except ValueError as error:
            self._report(Problem(leaf.origin, path, str(error), str(leaf)))
            return None

    def _refuse(self, node: Node, known: FieldInfo, path: str, cure: str = "") -> None:
        self._report(Problem(node.origin, path, expected(known), str(node), cure))

    def _report(self, problem: Problem) -> None:
        self.problems.append(problem)


def _credited(quantity: Branch) -> Branch:
    """A value from ``--set`` is no longer the file's source's: it is its own, unless overrides say whose.

    It is one at the chip's node; the ends and the node that the source gave for another value go with it.
    """
    value = quantity.entries.get("value")
    if value is None or not value.origin.is_override:
        return quantity
    origin = value.origin
    own = {"grade": Leaf(origin, "assumed"), "source": Leaf(origin, origin.text, is_quoted=True)}
    entries = quantity.entries.items()
    others = {key: node for key, node in entries if key not in _OF_SOURCE or node.origin.is_override}
    return Branch(quantity.origin, {**own, **others}, quantity.repeated)


def _join(path: str, key: str) -> str:
    return f"{path}.{shown(key)}" if path else shown(key)
