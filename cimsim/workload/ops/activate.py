"""Elementwise decisions and clips."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np

from cimsim.workload.ops.base import REAL, SIGN, Array, Attrs, Content, Param, Params, RealOp, along_channels

__all__ = ["Hardtanh", "Identity", "Sign", "Threshold"]


class Sign(RealOp):
    """+1 if x >= 0, else -1."""

    def content(self, inputs: Sequence[Content]) -> Content:
        return SIGN

    def evaluate(self, params: Params, attrs: Attrs, inputs: Sequence[Array]) -> Array:
        return np.where(inputs[0] >= 0.0, 1.0, -1.0)


class Threshold(RealOp):
    """+1 if x >= threshold, else -1; where direction is -1, +1 if x <= threshold."""

    params: ClassVar[Mapping[str, Param]] = {
        "threshold": Param(),
        "direction": Param(is_sign=True, is_required=False),
    }

    def content(self, inputs: Sequence[Content]) -> Content:
        return SIGN

    def evaluate(self, params: Params, attrs: Attrs, inputs: Sequence[Array]) -> Array:
        x, threshold = inputs[0], along_channels(params["threshold"], inputs[0])
        is_above = x >= threshold
        if "direction" in params:
            is_above = np.where(along_channels(params["direction"], x) > 0, is_above, x <= threshold)
        return np.where(is_above, 1.0, -1.0)


class Hardtanh(RealOp):
    """x clipped to -1..+1; a rescaled sign becomes a plain sign again."""

    def content(self, inputs: Sequence[Content]) -> Content:
        return SIGN if inputs[0].kind == "sign" else REAL

    def evaluate(self, params: Params, attrs: Attrs, inputs: Sequence[Array]) -> Array:
        return np.clip(inputs[0], -1.0, 1.0)


class Identity(RealOp):
    """x; a place for dropout."""

    keeps: ClassVar[tuple[str, ...]] = ("sign", "input")

    def evaluate(self, params: Params, attrs: Attrs, inputs: Sequence[Array]) -> Array:
        return inputs[0]
