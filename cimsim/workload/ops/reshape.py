"""Operations that move values without changing them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import ClassVar

from cimsim.workload import checks
from cimsim.workload.ops.base import Array, Attr, Attrs, Params, RealOp, Shape, Shapes, check_spatial

__all__ = ["Flatten", "Upsample2d"]


class Flatten(RealOp):
    """(channels, rows, columns) to (features,), channel-major."""

    keeps: ClassVar[tuple[str, ...]] = ("sign", "input")

    def infer(self, place: str, attrs: Attrs, params: Shapes, inputs: Sequence[Shape]) -> Shape:
        return (math.prod(inputs[0]),)

    def evaluate(self, params: Params, attrs: Attrs, inputs: Sequence[Array]) -> Array:
        return inputs[0].reshape(inputs[0].shape[0], -1)


class Upsample2d(RealOp):
    """Each value repeated ``factor`` times down and across (nearest neighbour)."""

    attrs: ClassVar[Mapping[str, Attr]] = {"factor": Attr(partial(checks.integer, low=1))}
    keeps: ClassVar[tuple[str, ...]] = ("sign", "input")

    def infer(self, place: str, attrs: Attrs, params: Shapes, inputs: Sequence[Shape]) -> Shape:
        check_spatial(place, inputs[0])
        channels, rows, columns = inputs[0]
        return (channels, rows * attrs["factor"], columns * attrs["factor"])

    def evaluate(self, params: Params, attrs: Attrs, inputs: Sequence[Array]) -> Array:
        return inputs[0].repeat(attrs["factor"], axis=2).repeat(attrs["factor"], axis=3)
