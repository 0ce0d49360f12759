"""Operations with several inputs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from cimsim.errors import WorkloadError
from cimsim.workload.ops.base import Array, Attrs, Params, RealOp, Shape, Shapes

__all__ = ["Add", "Concat"]


class Add(RealOp):
    """Sum of inputs of one shape, added from left to right."""

    n_inputs: ClassVar[tuple[int, int | None]] = (2, None)

    def infer(self, place: str, attrs: Attrs, params: Shapes, inputs: Sequence[Shape]) -> Shape:
        if any(shape != inputs[0] for shape in inputs):
            raise WorkloadError(f"{place}: inputs", "must have equal shapes", ", ".join(map(str, inputs)))
        return inputs[0]

    def evaluate(self, params: Params, attrs: Attrs, inputs: Sequence[Array]) -> Array:
        total = inputs[0] + inputs[1]
        for x in inputs[2:]:
            total = total + x
        return total


class Concat(RealOp):
    """Inputs one behind the other along the channel axis."""

    n_inputs: ClassVar[tuple[int, int | None]] = (2, None)
    keeps: ClassVar[tuple[str, ...]] = ("sign", "input")

    def infer(self, place: str, attrs: Attrs, params: Shapes, inputs: Sequence[Shape]) -> Shape:
        if any(shape[1:] != inputs[0][1:] for shape in inputs):
            raise WorkloadError(
                f"{place}: inputs", "must agree in all but the channel axis", ", ".join(map(str, inputs))
            )
        return (sum(shape[0] for shape in inputs), *inputs[0][1:])

    def evaluate(self, params: Params, attrs: Attrs, inputs: Sequence[Array]) -> Array:
        return np.concatenate(list(inputs), axis=1)
