"""JSON Schema of sweep files, so that editors complete and check them."""

from __future__ import annotations

from typing import Any

from cimsim.sweep.spec import SweepSpec

__all__ = ["sweep_schema"]


def sweep_schema() -> dict[str, Any]:
    """Schema (draft 2020-12); an axis may also be a bare list of its values."""
    schema = SweepSpec.model_json_schema(by_alias=True)
    axes = schema["properties"]["axes"]
    axes["additionalProperties"] = {"anyOf": [axes["additionalProperties"], {"type": "array", "minItems": 1}]}
    for model in (schema, *schema["$defs"].values()):
        for entry in model.get("properties", {}).values():
            entry.pop("title", None)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "cimsim sweep",
    }
