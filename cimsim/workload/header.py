"""The part of a spec that is not nodes: format, task, classes, input, data set, provenance."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cimsim.errors import WorkloadError, closest
from cimsim.workload import checks
from cimsim.workload.graph import InputSpec
from cimsim.workload.ops import Content, Shape

__all__ = ["FORMAT", "TASKS", "Header", "check_output", "parse_header", "parse_spec", "plain_spec"]

FORMAT = "cimsim-workload/1"
TASKS = ("classification", "regression", "segmentation")
_REQUIRED = ("format", "name", "task", "input", "nodes", "output")
_KNOWN = (*_REQUIRED, "classes", "dataset", "provenance")
_MAX_INPUT_VALUES = 2**30


@dataclass(frozen=True)
class Header:
    """Everything a spec says beside its nodes; the fields are those of `WorkloadGraph`."""

    name: str
    task: str
    input: InputSpec
    classes: tuple[str, ...]
    dataset: str | None
    provenance: Mapping[str, Any]


def parse_spec(place: str, text: str) -> Any:
    """JSON of a spec; repeated keys and numbers that JSON does not have are errors."""
    try:
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except _RepeatedKey as error:
        raise WorkloadError(place, "must not repeat a key", checks.show(error.args[0])) from None
    except json.JSONDecodeError as error:
        raise WorkloadError(
            place, "must be JSON", f"{error.msg} at line {error.lineno} column {error.colno}"
        ) from None
    except (ValueError, RecursionError) as error:
        raise WorkloadError(place, "must be JSON", checks.show(str(error))) from None


def plain_spec(place: str, spec: Any) -> Any:
    """A deep copy of a spec, made of JSON values with finite numbers and printable text only."""
    try:
        text = json.dumps(spec, allow_nan=False, ensure_ascii=False)
        text.encode()
        return json.loads(text)
    except TypeError as error:
        raise WorkloadError(place, "must hold JSON values only", checks.show(str(error))) from None
    except (ValueError, RecursionError):
        raise WorkloadError(place, "must hold finite numbers, valid text and no cycles") from None


def parse_header(source: str, spec: Any) -> Header:
    """Check the spec's top level, nodes apart."""
    place = f"{source}: spec"
    if isinstance(spec, dict) and spec.get("format", FORMAT) != FORMAT:
        raise WorkloadError(f"{place}: format", f"must be {FORMAT!r}", checks.show(spec["format"]))
    checks.keys(place, spec, _KNOWN, _REQUIRED)
    task = spec["task"]
    if task not in TASKS:
        raise WorkloadError(f"{place}: task", "unknown task", checks.show(task), closest(str(task), TASKS))
    dataset = spec.get("dataset")
    provenance = spec.get("provenance", {})
    if not isinstance(provenance, dict):
        raise WorkloadError(f"{place}: provenance", "must be an object", checks.show(provenance))
    return Header(
        name=checks.name(f"{place}: name", spec["name"]),
        task=task,
        input=_parse_input(f"{place}: input", spec["input"]),
        classes=_parse_classes(f"{place}: classes", spec.get("classes", [])),
        dataset=None if dataset is None else checks.name(f"{place}: dataset", dataset),
        provenance=provenance,
    )


def check_output(source: str, header: Header, name: str, shape: Shape, content: Content) -> None:
    """The output node gives what the task scores."""
    place = f"{source}: spec: output"
    if content.kind != "real":
        held = "signs" if content.kind == "sign" else "the network's input as it is"
        raise WorkloadError(place, f"must be real values, not {held}", name)
    if header.task == "regression":
        return
    n_axes, axes = (1, "(classes,)") if header.task == "classification" else (3, "(classes, rows, columns)")
    if len(shape) != n_axes or shape[0] < 2:
        raise WorkloadError(
            place, f"a {header.task} needs shape {axes} with at least 2 classes", f"{name} {shape}"
        )
    if header.classes and len(header.classes) != shape[0]:
        got = f"{len(header.classes)} names, {name} {shape}"
        raise WorkloadError(f"{source}: spec: classes", "must name every class of the output", got)


def _parse_input(place: str, raw: Any) -> InputSpec:
    known = ("shape", "bits", "signed", "scale", "offset", "binarize_at")
    found = checks.keys(place, raw, known, ("shape", "bits"))
    scale = checks.number(f"{place}: scale", found.get("scale", 1.0))
    if scale == 0.0:
        raise WorkloadError(f"{place}: scale", "must not be zero")
    return InputSpec(
        shape=_parse_shape(f"{place}: shape", found["shape"]),
        bits=checks.integer(f"{place}: bits", found["bits"], 1, 8),
        signed=checks.boolean(f"{place}: signed", found.get("signed", False)),
        scale=scale,
        offset=checks.number(f"{place}: offset", found.get("offset", 0.0)),
        binarize_at=checks.integer(f"{place}: binarize_at", found.get("binarize_at", 128), 0, 255),
    )


def _parse_shape(place: str, raw: Any) -> Shape:
    if not isinstance(raw, list) or len(raw) not in (1, 3):
        raise WorkloadError(place, "must be [channels, rows, columns] or [features]", checks.show(raw))
    shape = tuple(checks.integer(place, side, 1) for side in raw)
    if math.prod(shape) > _MAX_INPUT_VALUES:
        raise WorkloadError(place, f"must have at most {_MAX_INPUT_VALUES} values", checks.show(raw))
    return shape


def _parse_classes(place: str, raw: Any) -> tuple[str, ...]:
    if not isinstance(raw, list):
        raise WorkloadError(place, "must be a list of names", checks.show(raw))
    classes = tuple(checks.text(f"{place}[{k}]", label) for k, label in enumerate(raw))
    if len(set(classes)) != len(classes):
        raise WorkloadError(place, "must not repeat a name", checks.show(_repeated(classes)))
    return classes


def _repeated(values: tuple[str, ...]) -> str:
    return next(value for k, value in enumerate(values) if value in values[:k])


class _RepeatedKey(Exception):
    """A key that a JSON object has twice."""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _RepeatedKey(key)
        found[key] = value
    return found


def _no_constant(word: str) -> float:
    raise ValueError(f"{word} is not JSON")
