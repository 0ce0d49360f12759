"""A YAML file as a small tree that remembers where each node was written. Nothing is converted here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from cimsim.errors import SpecError

__all__ = [
    "Branch",
    "Include",
    "Leaf",
    "Listing",
    "Node",
    "Origin",
    "finished",
    "include_all",
    "parse_file",
    "put",
    "shown",
]

_MAX_BYTES = 1_000_000
_MAX_DEPTH = 20
_TOO_DEEP = f"must be at most {_MAX_DEPTH} levels deep"
_QUOTES = {"'", '"', "|", ">"}
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def shown(text: str) -> str:
    """A text out of a file on one short line, control characters escaped."""
    escaped = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return escaped if len(escaped) <= 60 else f"{escaped[:57]}..."


@dataclass(frozen=True)
class Origin:
    """Where a node was written: a line of a file, a name without lines, or a ``--set`` (sorts last)."""

    text: str
    line: int = 0
    is_override: bool = False

    def place(self, path: str) -> str:
        """For messages: ``demo.yaml:14: tile.macros``, or ``--set tile.macros=0``."""
        if self.is_override:
            named = self.text.removeprefix("--set ").partition("=")[0]
            return self.text if path in {"", named, f"{named}.value"} else f"{self.text}: {path}"
        where = f"{self.text}:{self.line}" if self.line else self.text
        return f"{where}: {path}" if path else where


@dataclass(frozen=True)
class Leaf:
    """A scalar as written. Quotes make a text of what would be a number or a null."""

    origin: Origin
    text: str
    is_quoted: bool = False

    @property
    def is_null(self) -> bool:
        return not self.is_quoted and self.text in {"", "~", "null", "Null", "NULL"}

    def __str__(self) -> str:
        text = shown(self.text)
        return f"'{text}'" if self.is_quoted else text or "nothing"


@dataclass
class Branch:
    """A mapping; ``repeated`` holds keys written twice, with the second place."""

    origin: Origin
    entries: dict[str, Node] = field(default_factory=dict)
    repeated: list[tuple[str, Origin]] = field(default_factory=list)

    def __str__(self) -> str:
        return "a mapping"


@dataclass(frozen=True)
class Listing:
    """A list."""

    origin: Origin
    items: tuple[Node, ...] = ()

    def __str__(self) -> str:
        return "a list"


Node = Leaf | Branch | Listing


Include = Callable[[Leaf, str], "Branch | None"]
"""What the name at a path stands for: a mapping out of another file, or None where it is just a text."""


def finished(tree: Branch, overrides: Sequence[str], include: Include) -> Branch:
    """The tree with the ``path=value`` overrides and with what it includes put in.

    Raises
    ------
    SpecError : an override is no ``path=value``, or what is included cannot be read
    """
    for override in overrides:
        tree = put(tree, override, include)
    include_all(tree, "", include)
    return tree


def parse_file(path: Path) -> Branch:
    """A file's tree as it stands.

    Raises
    ------
    SpecError
        where the file is missing, too large, no YAML, deeper than 20 levels, uses aliases, or is no mapping.
    """
    tree = _parse(_read(path), str(path), is_override=False)
    if not isinstance(tree, Branch):
        raise SpecError(str(path), "must be a mapping of keys and values", str(tree))
    return tree


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise SpecError(str(path), "must be at most 1 MB", f"{path.stat().st_size:,} bytes")
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise SpecError(str(path), "must be UTF-8 text") from error
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        raise SpecError(str(path), f"cannot be read, {reason}") from error


def _parse(text: str, name: str, *, is_override: bool) -> Node:
    def origin(mark: Any) -> Origin:
        return Origin(name, mark.line + 1, is_override)

    try:
        depth = 0
        for event in yaml.parse(text, Loader=_LOADER):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if isinstance(event, yaml.AliasEvent):
                raise SpecError(origin(event.start_mark).place(""), "must not use YAML aliases")
            if depth > _MAX_DEPTH:
                raise SpecError(origin(event.start_mark).place(""), _TOO_DEEP)
        node = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = name if mark is None else origin(mark).place("")
        # PyYAML has a limit of its own from 6.0.4 on, which very deep files meet first.
        is_deep = "nesting depth" in str(error.problem)
        rule = _TOO_DEEP if is_deep else f"is not valid YAML, {error.problem or error.context}"
        raise SpecError(place, rule) from error
    except yaml.YAMLError as error:
        raise SpecError(name, "is not valid YAML, it holds a character that YAML does not allow") from error
    return Leaf(Origin(name, 1, is_override), "") if node is None else _convert(node, origin)


def _convert(node: Any, origin: Any) -> Node:
    if isinstance(node, yaml.ScalarNode):
        return Leaf(origin(node.start_mark), node.value, is_quoted=node.style in _QUOTES)
    if isinstance(node, yaml.SequenceNode):
        return Listing(origin(node.start_mark), tuple(_convert(item, origin) for item in node.value))
    branch = Branch(origin(node.start_mark))
    for key, value in node.value:
        here = origin(key.start_mark)
        if not isinstance(key, yaml.ScalarNode):
            raise SpecError(here.place(""), "must use plain words as keys")
        if key.value in branch.entries:
            branch.repeated.append((key.value, here))
        child = _convert(value, origin)
        if isinstance(child, Branch):
            child.origin = here
        branch.entries[key.value] = child
    return branch


def include_all(branch: Branch, path: str, include: Include) -> None:
    """Put what names stand for in their place; ``path`` is that of the branch."""
    for key, child in branch.entries.items():
        here = f"{path}.{key}" if path else key
        if isinstance(child, Leaf) and (found := include(child, here)) is not None:
            branch.entries[key] = child = found
        if isinstance(child, Branch):
            include_all(child, here, include)


def put(tree: Branch, override: str, include: Include) -> Branch:
    """The tree with one ``path=value`` put in; the given one stays, and branches off the path are shared.

    Raises
    ------
    SpecError : the override is no ``path=value``, or what its path leads through cannot be read
    """
    text = f"--set {override}"
    path, equals, value = override.partition("=")
    keys = path.strip().split(".")
    if not equals or not all(keys):
        raise SpecError(text, "must be path=value", cure="for example --set tile.macro.adc.bits=5")
    return _put(tree, keys, 0, _parse(value, text, is_override=True), include)


def _put(branch: Branch, keys: Sequence[str], depth: int, value: Node, include: Include) -> Branch:
    node = value
    if depth + 1 < len(keys):
        child = branch.entries.get(keys[depth])
        if isinstance(child, Leaf):
            child = include(child, ".".join(keys[: depth + 1]))
        if not isinstance(child, Branch):
            child = Branch(Origin(value.origin.text, is_override=True))
        node = _put(child, keys, depth + 1, value, include)
    return Branch(branch.origin, {**branch.entries, keys[depth]: node}, branch.repeated)
