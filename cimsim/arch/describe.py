"""What a field of the architecture expects, in words: the same words in every message."""

from __future__ import annotations

import types
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from cimsim.arch.quantity import Quantity
from cimsim.units import short

__all__ = ["choices_of", "expected", "inner_field", "keys_of", "kind_of", "models_of"]


def kind_of(annotation: Any) -> str:
    """model, quantity, number, integer, truth, choice, text, table, list, any or "integer or choice"."""
    members = _members(annotation)
    if Any in members:
        return "any"
    if any(member is Quantity for member in members):
        return "quantity"
    if models_of(annotation):
        return "model"
    if any(get_origin(member) is dict for member in members):
        return "table"
    if any(get_origin(member) is list for member in members):
        return "list"
    choice = any(get_origin(member) is Literal for member in members)
    for type_, kind in ((bool, "truth"), (int, "integer"), (float, "number")):
        if type_ in members:
            return f"{kind} or choice" if choice else kind
    return "choice" if choice else "text"


def models_of(annotation: Any) -> tuple[type[BaseModel], ...]:
    """The models a field may hold: one, or the members of a tagged union."""
    return tuple(m for m in _members(annotation) if isinstance(m, type) and issubclass(m, BaseModel))


def keys_of(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """The fields of a model, by the names that a file gives them."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def inner_field(annotation: Any) -> FieldInfo:
    """What the values of a table, or the items of a list, are."""
    outer = next(member for member in _members(annotation) if get_origin(member) in {dict, list})
    return FieldInfo.from_annotation(get_args(outer)[-1])


def choices_of(annotation: Any) -> tuple[str, ...]:
    """The words a field may hold."""
    found = (get_args(member) for member in _members(annotation) if get_origin(member) is Literal)
    return tuple(str(word) for words in found for word in words)


def expected(field: FieldInfo) -> str:
    """The rule of a field as a clause, ``must be an integer from 1 to 12``."""
    kind = kind_of(field.annotation)
    if kind == "quantity":
        return "must be a mapping with value, grade and source"
    if kind in {"model", "table"}:
        return "must be a mapping"
    if kind == "list":
        return "must be a list"
    if kind == "any":
        return "must be a value"
    if kind == "truth":
        return "must be true or false"
    if kind == "choice":
        words = choices_of(field.annotation)
        return f"must be {words[0]}" if len(words) == 1 else f"must be one of {', '.join(words)}"
    if kind == "text":
        return (
            f"must be text of {_bounds(field, 'min_length', 'max_length').removeprefix('from ')} characters"
        )
    if kind == "integer or choice":
        return f"must be {field.description}"
    noun = "an integer" if kind == "integer" else "a number"
    return f"must be {noun} {_bounds(field)}".rstrip()


def _bounds(field: FieldInfo, least: str = "ge", most: str = "le") -> str:
    """The range in a field's metadata, in words."""
    above, low, high = (_bound(field, name) for name in ("gt", least, most))
    if above is not None:
        return f"above {above}" + (f" and at most {high}" if high is not None else "")
    if high is not None:
        return f"from {low or 0} to {high}"
    return f"of at least {low}" if low is not None else ""


def _bound(field: FieldInfo, name: str) -> str | None:
    found = [getattr(rule, name) for rule in field.metadata if getattr(rule, name, None) is not None]
    if not found:
        return None
    return str(found[0]) if isinstance(found[0], int) else short(found[0])


def _members(annotation: Any) -> tuple[Any, ...]:
    """The types a field allows, with Annotated and unions taken apart and None left out."""
    if get_origin(annotation) in {Union, types.UnionType}:
        return tuple(m for part in get_args(annotation) for m in _members(part))
    if hasattr(annotation, "__metadata__"):
        return _members(annotation.__origin__)
    return () if annotation is type(None) else (annotation,)
