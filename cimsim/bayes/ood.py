"""Images outside the training data: other data sets, noise, and the test images turned or made noisy."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cimsim import rng
from cimsim.data import Dataset, load_dataset
from cimsim.data.encoding import InputEncoding, decode_pixels, encode_pixels
from cimsim.errors import InputError

__all__ = ["SHIFTS", "OodSet", "check_ood", "check_shift", "load_ood", "shifted"]

Pixels = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class OodSet:
    """Images (n, *input.shape) in the input's encoding, and what they are called."""

    name: str
    x: NDArray[Any]


@dataclass(frozen=True)
class Shift:
    """A change of the test images that grows: its levels, their unit, and what it does to pixels."""

    levels: tuple[float, ...]
    unit: str
    apply: Callable[[Pixels, float, np.random.Generator], Pixels]


def _rotate(pixels: Pixels, angle: float, generator: np.random.Generator) -> Pixels:
    """Turned about the middle by ``angle`` degrees, linear interpolation, black behind the edges."""
    from scipy.ndimage import rotate

    turned: Pixels = rotate(pixels, angle, axes=(3, 2), reshape=False, order=1, mode="grid-constant")
    return turned


def _add_noise(pixels: Pixels, sigma: float, generator: np.random.Generator) -> Pixels:
    """Normal noise of deviation ``sigma`` in units of the full range of a pixel."""
    return pixels + 255.0 * sigma * generator.standard_normal(pixels.shape)


SHIFTS: Mapping[str, Shift] = {
    "rotation": Shift(tuple(range(0, 181, 15)), "degrees", _rotate),
    "noise": Shift(tuple(k / 10 for k in range(11)), "of the pixel range", _add_noise),
}
"""Curves that can be drawn."""

_NOISES = ("gaussian-noise", "uniform-noise")
_ONE_LEVEL = {"rotate": "rotation", "noise": "noise"}


def check_ood(name: str) -> str:
    """The name, if its form can be used; files and data sets are looked for when they are loaded.

    Raises
    ------
    InputError : a level that is no number, or a word in front of a colon that is not known
    """
    word, colon, level = name.partition(":")
    if colon and word in _ONE_LEVEL:
        _number(name, level)
    elif colon and not name.endswith(".npz"):
        rule = "must be a data set, an .npz file, gaussian-noise, uniform-noise, rotate:ANGLE or noise:SIGMA"
        raise InputError("ood", rule, repr(name))
    return name


def check_shift(name: str) -> str:
    """The name, if it is one of the `SHIFTS`; raises ``InputError``."""
    if name not in SHIFTS:
        raise InputError("shift", f"must be one of {', '.join(SHIFTS)}", repr(name))
    return name


def load_ood(
    name: str,
    images: Dataset,
    encoding: InputEncoding,
    *,
    seed: int,
    data_dir: str | Path | None = None,
    download: bool = False,
) -> OodSet:
    """As many images as the test set has, or as many as there are.

    Parameters
    ----------
    name : as `check_ood` lists them. ``gaussian-noise`` has the mean and the deviation of the test pixels
        (unit normal once these are taken out), ``uniform-noise`` every level equally
    images : the test set, in the input's encoding
    """
    word, colon, level = name.partition(":")
    if colon and word in _ONE_LEVEL:
        return OodSet(name, shifted(_ONE_LEVEL[word], _number(name, level), images, encoding, seed=seed))
    if name in _NOISES:
        return OodSet(name, _noise(name, images, encoding, seed))
    found = load_dataset(name, encoding, data_dir=data_dir, download=download)
    return OodSet(found.name, found.x[: len(images)])


def shifted(kind: str, level: float, images: Dataset, encoding: InputEncoding, *, seed: int) -> NDArray[Any]:
    """The test images, changed by one of the `SHIFTS`."""
    pixels = _pixels(images, encoding)
    generator = rng.stream(seed, "shift", kind=kind, level=f"{level:g}")
    return _encoded(SHIFTS[kind].apply(pixels, level, generator), encoding)


def _noise(name: str, images: Dataset, encoding: InputEncoding, seed: int) -> NDArray[Any]:
    generator, pixels = rng.stream(seed, "noise images", kind=name), _pixels(images, encoding)
    if name == "uniform-noise":
        return _encoded(generator.integers(0, 256, pixels.shape).astype(np.float64), encoding)
    return _encoded(pixels.mean() + pixels.std() * generator.standard_normal(pixels.shape), encoding)


def _pixels(images: Dataset, encoding: InputEncoding) -> Pixels:
    """(n, channels, rows, columns); vectors that are no images are one row."""
    pixels = decode_pixels(images.x, encoding).astype(np.float64)
    n, *shape = pixels.shape
    if len(shape) == 3:
        return pixels
    edge = math.isqrt(shape[0])
    size = (1, edge, edge) if edge * edge == shape[0] else (1, 1, shape[0])
    return pixels.reshape(n, *size)


def _encoded(pixels: Pixels, encoding: InputEncoding) -> NDArray[Any]:
    whole = np.clip(np.rint(pixels), 0, 255).astype(np.uint8)
    return encode_pixels(whole, encoding).reshape(len(whole), *encoding.shape)


def _number(name: str, level: str) -> float:
    try:
        number = float(level)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise InputError(f"ood {name}", "must have a number behind the colon", repr(level), "as in rotate:45")
    return number
