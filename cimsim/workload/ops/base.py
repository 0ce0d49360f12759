"""What every operation says about itself: settings, parameters, shapes, contents and values."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cimsim.errors import WorkloadError

__all__ = [
    "REAL",
    "SIGN",
    "Array",
    "Attr",
    "Attrs",
    "Content",
    "Op",
    "Param",
    "Params",
    "RealOp",
    "Shape",
    "Shapes",
    "along_channels",
    "check_channels",
    "check_spatial",
    "window_output",
]

Shape = tuple[int, ...]
Array = NDArray[np.float64]
Attrs = Mapping[str, Any]
Params = Mapping[str, NDArray[Any]]
Shapes = Mapping[str, Shape]
_REQUIRED = object()


class Content(NamedTuple):
    """What a tensor holds: kind "input", "sign" or "real"; signs and inputs stand for value / divisor."""

    kind: str
    divisor: float = 1.0


REAL = Content("real")
SIGN = Content("sign")


@dataclass(frozen=True)
class Attr:
    """A setting in the spec: ``check(place, value)`` returns it in the form the graph keeps."""

    check: Callable[[str, Any], Any]
    default: Any = _REQUIRED

    @property
    def is_required(self) -> bool:
        return self.default is _REQUIRED


@dataclass(frozen=True)
class Param:
    """An array of a node: float64, or with ``is_sign`` int8 in {-1, +1}."""

    is_sign: bool = False
    is_required: bool = True
    is_nonnegative: bool = False


class Op(ABC):
    """One operation. Instances hold no state; `cimsim.workload.ops` lists them."""

    n_inputs: ClassVar[tuple[int, int | None]] = (1, 1)
    attrs: ClassVar[Mapping[str, Attr]] = {}
    params: ClassVar[Mapping[str, Param]] = {}
    keeps: ClassVar[tuple[str, ...]] = ()
    """Kinds of content that pass through; all inputs must then agree."""

    def complete(self, place: str, attrs: Attrs) -> Attrs:
        """Every setting, checked, defaults filled in. ``attrs`` holds known keys only."""
        missing = [key for key, attr in self.attrs.items() if attr.is_required and key not in attrs]
        if missing:
            raise WorkloadError(place, f"must have the key {missing[0]!r}")
        return {
            key: attr.check(f"{place}: {key}", attrs[key]) if key in attrs else attr.default
            for key, attr in self.attrs.items()
        }

    @abstractmethod
    def infer(self, place: str, attrs: Attrs, params: Shapes, inputs: Sequence[Shape]) -> Shape:
        """Output shape without batch axis; checks the shapes of parameters (leading member axis stripped)."""

    def content(self, inputs: Sequence[Content]) -> Content:
        """What the output holds before the node's dropout."""
        first = inputs[0]
        return first if first.kind in self.keeps and all(item == first for item in inputs) else REAL

    def check_values(self, place: str, attrs: Attrs, params: Params) -> None:
        """Rules on parameter values beyond finite floats and signs."""
        return None


class RealOp(Op):
    """An operation on real values. Elementwise with per-channel parameters unless overridden."""

    def infer(self, place: str, attrs: Attrs, params: Shapes, inputs: Sequence[Shape]) -> Shape:
        check_channels(place, params, inputs[0][0])
        return inputs[0]

    @abstractmethod
    def evaluate(self, params: Params, attrs: Attrs, inputs: Sequence[Array]) -> Array:
        """The reference value.

        Parameters
        ----------
        params : per channel (channels,), or per image and channel (n, channels)
        attrs : completed settings
        inputs : (n, channels, ...) float64 each
        """


def along_channels(param: NDArray[Any], x: Array) -> NDArray[Any]:
    """A (channels,) or (n, channels) parameter shaped to broadcast against x (n, channels, ...)."""
    return param.reshape(param.shape + (1,) * (x.ndim - 2))


def check_channels(place: str, params: Shapes, channels: int) -> None:
    """Each parameter has one value per channel."""
    for key, shape in params.items():
        if shape != (channels,):
            raise WorkloadError(
                f"{place}: {key}", f"must have shape ({channels},), one value per channel", str(shape)
            )


def check_spatial(place: str, shape: Shape) -> None:
    if len(shape) != 3:
        raise WorkloadError(f"{place}: inputs", "must have shape (channels, rows, columns)", str(shape))


def window_output(place: str, shape: Shape, kernel: Shape, attrs: Attrs) -> tuple[int, int]:
    """Rows and columns of output positions of a sliding window over (channels, rows, columns)."""
    check_spatial(place, shape)
    sizes = []
    for size, width, stride, padding in zip(
        shape[1:], kernel, attrs["stride"], attrs["padding"], strict=True
    ):
        if width > size + 2 * padding:
            rule = f"kernel {list(kernel)} must fit the padded input"
            raise WorkloadError(place, rule, f"input {shape}, padding {list(attrs['padding'])}")
        sizes.append((size + 2 * padding - width) // stride + 1)
    return sizes[0], sizes[1]
