"""Checks of JSON values: each returns the value in the form the graph keeps, or raises a `WorkloadError`."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from cimsim.errors import WorkloadError, closest, show

__all__ = ["boolean", "integer", "keys", "name", "number", "pair", "show", "text"]

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_MAX_STEP = 2**20


def integer(place: str, value: Any, low: int, high: int | None = None) -> int:
    """An integer from ``low`` to ``high`` (unbounded when None); booleans are not integers."""
    span = f"of at least {low}" if high is None else f"from {low} to {high}"
    if (
        isinstance(value, bool)
        or not isinstance(value, int)
        or value < low
        or (high is not None and value > high)
    ):
        raise WorkloadError(place, f"must be an integer {span}", show(value))
    return value


def number(place: str, value: Any) -> float:
    """A finite number; booleans are not numbers."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not _is_finite(value):
        raise WorkloadError(place, "must be a finite number", show(value))
    return float(value)


def boolean(place: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise WorkloadError(place, "must be true or false", show(value))
    return value


def text(place: str, value: Any, limit: int = 200) -> str:
    """A string of 1 to ``limit`` characters."""
    if not isinstance(value, str) or not 1 <= len(value) <= limit:
        raise WorkloadError(place, f"must be a string of 1 to {limit} characters", show(value))
    return value


def name(place: str, value: Any) -> str:
    """A name that is safe in file names, tables and messages."""
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise WorkloadError(place, "must be 1 to 64 letters, digits, '_', '.' or '-'", show(value))
    return value


def pair(place: str, value: Any, low: int) -> tuple[int, int]:
    """Two integers [rows, columns], each from ``low`` to 2**20."""
    is_pair = isinstance(value, list) and len(value) == 2
    if not is_pair or not all(type(side) is int and low <= side <= _MAX_STEP for side in value):
        rule = f"must be two integers [rows, columns] from {low} to {_MAX_STEP}"
        raise WorkloadError(place, rule, show(value))
    return (value[0], value[1])


def keys(place: str, value: Any, known: Iterable[str], required: Iterable[str]) -> Mapping[str, Any]:
    """An object that has every required key and no unknown one."""
    if not isinstance(value, dict):
        raise WorkloadError(place, "must be an object", show(value))
    known = tuple(known)
    for key in value:
        if key not in known:
            raise WorkloadError(place, "unknown key", show(key), closest(key, known))
    for key in required:
        if key not in value:
            raise WorkloadError(place, f"must have the key {key!r}")
    return value


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:
        return False
