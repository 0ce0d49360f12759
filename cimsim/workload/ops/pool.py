"""Pooling windows over rows and columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import ClassVar

import numpy as np

from cimsim.errors import WorkloadError
from cimsim.workload import checks
from cimsim.workload.ops.base import Array, Attr, Attrs, Params, RealOp, Shape, Shapes, window_output

__all__ = ["AvgPool2d", "MaxPool2d"]


class _Pool2d(RealOp):
    attrs: ClassVar[Mapping[str, Attr]] = {
        "kernel": Attr(partial(checks.pair, low=1)),
        "stride": Attr(partial(checks.pair, low=1), None),
        "padding": Attr(partial(checks.pair, low=0), (0, 0)),
    }

    def complete(self, place: str, attrs: Attrs) -> Attrs:
        full = dict(super().complete(place, attrs))
        full["stride"] = full["stride"] or full["kernel"]
        if any(2 * p > k for p, k in zip(full["padding"], full["kernel"], strict=True)):
            rule = f"must be at most half of the kernel {list(full['kernel'])}"
            raise WorkloadError(f"{place}: padding", rule, str(list(full["padding"])))
        return full

    def infer(self, place: str, attrs: Attrs, params: Shapes, inputs: Sequence[Shape]) -> Shape:
        return (inputs[0][0], *window_output(place, inputs[0], attrs["kernel"], attrs))


class MaxPool2d(_Pool2d):
    """Largest value of each window; padding never wins."""

    keeps: ClassVar[tuple[str, ...]] = ("sign",)

    def evaluate(self, params: Params, attrs: Attrs, inputs: Sequence[Array]) -> Array:
        taps = _taps(inputs[0], attrs, fill=-np.inf)
        largest: Array = next(taps).copy()
        for tap in taps:
            np.maximum(largest, tap, out=largest)
        return largest


class AvgPool2d(_Pool2d):
    """Sum of each window, added in row-major order, over the kernel's area; padding counts as zeros."""

    def evaluate(self, params: Params, attrs: Attrs, inputs: Sequence[Array]) -> Array:
        taps = _taps(inputs[0], attrs, fill=0.0)
        total: Array = next(taps).copy()
        for tap in taps:
            total += tap
        rows, columns = attrs["kernel"]
        total /= rows * columns
        return total


def _taps(x: Array, attrs: Attrs, *, fill: float) -> Iterator[Array]:
    """For each kernel tap in row-major order, (n, channels, rows, columns) values at the output positions."""
    (rows, columns), (stride_y, stride_x), (pad_y, pad_x) = attrs["kernel"], attrs["stride"], attrs["padding"]
    padded = np.pad(x, ((0, 0), (0, 0), (pad_y, pad_y), (pad_x, pad_x)), constant_values=fill)
    span_y, span_x = padded.shape[2] - rows + 1, padded.shape[3] - columns + 1
    for dy in range(rows):
        for dx in range(columns):
            yield padded[:, :, dy : dy + span_y : stride_y, dx : dx + span_x : stride_x]
