"""Operations that run on the arrays: exact integer sums of signs times weights in {-1, +1}."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

from cimsim.errors import WorkloadError
from cimsim.workload import checks
from cimsim.workload.ops.base import (
    Attr,
    Attrs,
    Op,
    Param,
    Shape,
    Shapes,
    check_channels,
    check_spatial,
    window_output,
)

__all__ = ["Conv2d", "Linear"]

_WEIGHTS = {"weight": Param(is_sign=True), "bias": Param(is_required=False)}
_MAX_FAN_IN = 2**22  # eight-bit inputs then still sum within 32 bits


def _weight_bits(place: str, value: Any) -> int:
    bits = checks.integer(place, value, 1, 8)
    if bits != 1:
        cure = "binarize the weights to -1/+1"
        raise WorkloadError(place, "multi-bit weights are not simulated in this version", str(bits), cure)
    return bits


def _check_fan_in(place: str, weight: Shape) -> None:
    if math.prod(weight[1:]) > _MAX_FAN_IN:
        rule = f"must have at most {_MAX_FAN_IN} weights per output"
        raise WorkloadError(f"{place}: weight", rule, str(math.prod(weight[1:])))


class Conv2d(Op):
    """2-D cross-correlation, weight (c_out, c_in/groups, rows, columns); padded taps hold ``pad_value``."""

    attrs: ClassVar[Mapping[str, Attr]] = {
        "stride": Attr(partial(checks.pair, low=1), (1, 1)),
        "padding": Attr(partial(checks.pair, low=0), (0, 0)),
        "groups": Attr(partial(checks.integer, low=1), 1),
        "pad_value": Attr(checks.number, 0.0),
        "weight_bits": Attr(_weight_bits, 1),
    }
    params: ClassVar[Mapping[str, Param]] = _WEIGHTS

    def infer(self, place: str, attrs: Attrs, params: Shapes, inputs: Sequence[Shape]) -> Shape:
        weight, groups, here = params["weight"], attrs["groups"], f"{place}: weight"
        check_spatial(place, inputs[0])
        if len(weight) != 4:
            raise WorkloadError(here, "must have axes (c_out, c_in/groups, rows, columns)", f"shape {weight}")
        if inputs[0][0] % groups or weight[0] % groups:
            got = f"{groups} with {inputs[0][0]} in and {weight[0]} out"
            raise WorkloadError(f"{place}: groups", "must divide the input and output channels", got)
        if weight[1] != inputs[0][0] // groups:
            raise WorkloadError(
                here, f"must have {inputs[0][0] // groups} input channels on axis 1", f"shape {weight}"
            )
        _check_fan_in(place, weight)
        check_channels(place, {key: shape for key, shape in params.items() if key == "bias"}, weight[0])
        return (weight[0], *window_output(place, inputs[0], weight[2:], attrs))


class Linear(Op):
    """Matrix-vector product, weight (n_out, n_in)."""

    attrs: ClassVar[Mapping[str, Attr]] = {"weight_bits": Attr(_weight_bits, 1)}
    params: ClassVar[Mapping[str, Param]] = _WEIGHTS

    def infer(self, place: str, attrs: Attrs, params: Shapes, inputs: Sequence[Shape]) -> Shape:
        weight = params["weight"]
        if len(inputs[0]) != 1:
            raise WorkloadError(
                f"{place}: inputs", "must have shape (features,)", str(inputs[0]), "put a flatten before it"
            )
        if len(weight) != 2 or weight[1] != inputs[0][0]:
            raise WorkloadError(f"{place}: weight", f"must have shape (n_out, {inputs[0][0]})", str(weight))
        _check_fan_in(place, weight)
        check_channels(place, {key: shape for key, shape in params.items() if key == "bias"}, weight[0])
        return (weight[0],)
