"""JSON Schema of architecture and device files, so that editors complete and check them."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from cimsim.arch.extend import KEY as BASE
from cimsim.arch.include import KEY
from cimsim.arch.spec import ArchSpec
from cimsim.arch.spec_device import DeviceSpec
from cimsim.units import unit_of

__all__ = ["FILES", "json_schema"]

_NUMBER_KEYS = ("type", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")


FILES: dict[str, type[BaseModel]] = {"arch": ArchSpec, "device": DeviceSpec}
"""What may be described: the model of each kind of file."""


def json_schema(kind: str = "arch") -> dict[str, Any]:
    """Schema (draft 2020-12); a text such as "5 ns" is allowed wherever a number has a unit.

    Parameters
    ----------
    kind : of file, a key of `FILES`
    """
    schema = FILES[kind].model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = {"arch": "cimsim architecture", "device": "cimsim device"}[kind]
    for name, model in schema["$defs"].items():
        for key, entry in model.get("properties", {}).items():
            entry.pop("title", None)
            if name == "Quantity" or unit_of(key):
                _allow_text(entry)
            if key == KEY:
                model["properties"][key] = {"anyOf": [entry, {"type": "string", "minLength": 1}]}
    return _or_extends(schema) if kind == "arch" else schema


def _or_extends(whole: dict[str, Any]) -> dict[str, Any]:
    """A file that extends another is free to leave out anything: only whole files are checked."""
    head = {key: whole.pop(key) for key in ("$schema", "title", "$defs")}
    name = {"type": "string", "minLength": 1}
    return {**head, "if": {"required": [BASE]}, "then": {"properties": {BASE: name}}, "else": whole}


def _allow_text(entry: dict[str, Any]) -> None:
    """Let a number also be a text that starts like one."""
    text = {"type": "string", "pattern": "^[-+.0-9]"}
    if entry.get("type") == "number":
        entry["anyOf"] = [{key: entry.pop(key) for key in _NUMBER_KEYS if key in entry}, text]
    elif any(option.get("type") == "number" for option in entry.get("anyOf", ())):
        entry["anyOf"].append(text)
