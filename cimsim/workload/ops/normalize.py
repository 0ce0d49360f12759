"""Per-channel gains, shifts and normalisations, in the reference order of operations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from cimsim.errors import WorkloadError
from cimsim.workload import checks
from cimsim.workload.ops.base import (
    Array,
    Attr,
    Attrs,
    Param,
    Params,
    RealOp,
    Shape,
    Shapes,
    along_channels,
    check_spatial,
)

__all__ = ["Affine", "BatchNorm", "InstanceNorm", "Scale"]


def _nonnegative(place: str, value: Any) -> float:
    if checks.number(place, value) < 0.0:
        raise WorkloadError(place, "must not be negative", checks.show(value))
    return float(value)


def _positive(place: str, value: Any) -> float:
    if checks.number(place, value) <= 0.0:
        raise WorkloadError(place, "must be positive", checks.show(value))
    return float(value)


class BatchNorm(RealOp):
    """((gamma*(x - mean)) / sqrt(var + eps)) + beta with the stored statistics."""

    attrs: ClassVar[Mapping[str, Attr]] = {"eps": Attr(_nonnegative, 1e-5)}
    params: ClassVar[Mapping[str, Param]] = {
        "gamma": Param(),
        "beta": Param(),
        "mean": Param(),
        "var": Param(),
    }

    def check_values(self, place: str, attrs: Attrs, params: Params) -> None:
        total = params["var"] + attrs["eps"]
        if not (total > 0.0).all():
            raise WorkloadError(f"{place}: var", "var + eps must be positive", f"{total.min():g}")

    def evaluate(self, params: Params, attrs: Attrs, inputs: Sequence[Array]) -> Array:
        x = inputs[0]
        gamma, beta, mean = (along_channels(params[key], x) for key in ("gamma", "beta", "mean"))
        deviation = along_channels(np.sqrt(params["var"] + attrs["eps"]), x)
        y: Array = ((gamma * (x - mean)) / deviation) + beta
        return y


class Scale(RealOp):
    """alpha*x."""

    params: ClassVar[Mapping[str, Param]] = {"alpha": Param()}

    def evaluate(self, params: Params, attrs: Attrs, inputs: Sequence[Array]) -> Array:
        y: Array = along_channels(params["alpha"], inputs[0]) * inputs[0]
        return y


class Affine(RealOp):
    """gamma*x + beta, without statistics (inverted normalisation)."""

    params: ClassVar[Mapping[str, Param]] = {"gamma": Param(), "beta": Param()}

    def evaluate(self, params: Params, attrs: Attrs, inputs: Sequence[Array]) -> Array:
        x = inputs[0]
        y: Array = along_channels(params["gamma"], x) * x + along_channels(params["beta"], x)
        return y


class InstanceNorm(RealOp):
    """(x - mean)/sqrt(var + eps) with the statistics of each image and channel over space.

    ``across_channels`` takes them over channels and space together, so that gains and shifts per channel in
    front of it act; vectors then have statistics too. Sums run in row-major order, one addition after
    another; the variance is the population's.
    """

    attrs: ClassVar[Mapping[str, Attr]] = {
        "eps": Attr(_positive, 1e-5),
        "across_channels": Attr(checks.boolean, False),
    }

    def infer(self, place: str, attrs: Attrs, params: Shapes, inputs: Sequence[Shape]) -> Shape:
        if not attrs["across_channels"]:
            check_spatial(place, inputs[0])
        return inputs[0]

    def evaluate(self, params: Params, attrs: Attrs, inputs: Sequence[Array]) -> Array:
        n, channels = inputs[0].shape[:2]
        x = inputs[0].reshape(n, 1 if attrs["across_channels"] else channels, -1)
        centered = x - _mean(x)
        y: Array = centered / np.sqrt(_mean(centered * centered) + attrs["eps"])
        return y.reshape(inputs[0].shape)


def _mean(x: Array) -> Array:
    mean: Array = np.cumsum(x, axis=-1)[..., -1:] / x.shape[-1]  # np.sum adds pairwise, cumsum in order
    return mean
