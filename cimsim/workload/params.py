"""Checks of the arrays of one node: names, types, values, and the leading member axis."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cimsim.errors import WorkloadError, closest
from cimsim.workload.checks import show
from cimsim.workload.dropout import DROPOUTS, stacked_params
from cimsim.workload.graph import Dropout
from cimsim.workload.ops import OPS, Param, Shape

__all__ = ["member_shapes", "read_params"]


def read_params(
    place: str, op: str, dropout: Dropout | None, arrays: Mapping[str, NDArray[Any]]
) -> dict[str, NDArray[Any]]:
    """Parameters of a node as read-only arrays: int8 signs and finite float64."""
    extra = DROPOUTS[dropout.kind].params if dropout is not None else {}
    known: Mapping[str, Param] = {**OPS[op].params, **extra}
    for key in arrays:
        if key not in known:
            cure = closest(key, known) if known else f"{op} has none"
            raise WorkloadError(place, f"unknown parameter of {op}", show(key), cure)
    for key, param in known.items():
        if param.is_required and key not in arrays:
            raise WorkloadError(place, f"must have the array '{place.rpartition(' ')[2]}.{key}'")
    return {key: _read_param(f"{place}: {key}", arrays[key], known[key]) for key in known if key in arrays}


def member_shapes(
    place: str, dropout: Dropout | None, params: Mapping[str, NDArray[Any]]
) -> dict[str, Shape]:
    """Shapes of the parameters of one member, that is without the leading axis of instances and ensembles."""
    shapes: dict[str, Shape] = {key: array.shape for key, array in params.items()}
    counts: dict[str, int] = {}
    for key in stacked_params(dropout, params):
        if not shapes[key]:
            raise WorkloadError(f"{place}: {key}", "must have a leading axis of members", "a scalar")
        counts[key], shapes[key] = shapes[key][0], shapes[key][1:]
    if len(set(counts.values())) > 1:
        got = ", ".join(f"{key} {count}" for key, count in counts.items())
        raise WorkloadError(place, "arrays must have equally many members", got)
    return shapes


def _read_param(place: str, array: NDArray[Any], param: Param) -> NDArray[Any]:
    if 0 in array.shape:
        raise WorkloadError(place, "must not be empty", f"shape {array.shape}")
    checked = _read_signs(place, array) if param.is_sign else _read_floats(place, array)
    if param.is_nonnegative and checked.min() < 0.0:
        raise WorkloadError(place, "must not be negative", f"{checked.min():g}")
    checked.setflags(write=False)
    return checked


def _read_signs(place: str, array: NDArray[Any]) -> NDArray[Any]:
    if array.dtype != np.int8:
        raise WorkloadError(place, "must be int8", str(array.dtype))
    is_sign = (array == 1) | (array == -1)
    if not is_sign.all():
        raise WorkloadError(place, "must be -1 or +1", str(array[~is_sign][0]))
    return np.array(array, order="C")


def _read_floats(place: str, array: NDArray[Any]) -> NDArray[Any]:
    if array.dtype.kind not in "fiu" or array.dtype.itemsize > 8:
        raise WorkloadError(place, "must be real numbers of at most 64 bits", str(array.dtype))
    numbers = np.array(array, dtype=np.float64, order="C")
    is_finite = np.isfinite(numbers)
    if not is_finite.all():
        raise WorkloadError(place, "must be finite", str(numbers[~is_finite][0]))
    return numbers
