"""Images outside the training data: other data sets, noise, and the test images turned or made noisy."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cimsim import rng
from cimsim.data import Dataset, load_dataset
from cimsim.data.encoding import InputEncoding, decode_pixels, encode_pixels
from cimsim.errors import InputError

__all__ = ["CHANGES", "SHIFTS", "OodSet", "changed", "check_ood", "check_shifts", "load_ood"]

Pixels = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class OodSet:
    """Images (n, *input.shape) in the input's encoding, and what they are called."""

    name: str
    x: NDArray[Any]


@dataclass(frozen=True)
class Change:
    """What can be done to pixels (n, channels, rows, columns), how much of it at least and at most."""

    apply: Callable[[Pixels, float, np.random.Generator], Pixels]
    low: float
    high: float


@dataclass(frozen=True)
class Shift:
    """A change of the test images that grows: which one, its levels and their unit."""

    change: str
    levels: tuple[float, ...]
    unit: str


def _rotate(pixels: Pixels, angle: float, generator: np.random.Generator) -> Pixels:
    """Turned about the middle by ``angle`` degrees, linear interpolation, black behind the edges."""
    from scipy.ndimage import rotate

    turned: Pixels = rotate(pixels, angle, axes=(3, 2), reshape=False, order=1, mode="grid-constant")
    return turned


def _add_gaussian(pixels: Pixels, sigma: float, generator: np.random.Generator) -> Pixels:
    """Normal noise of deviation ``sigma`` in units of the full range of a pixel."""
    return pixels + 255.0 * sigma * generator.standard_normal(pixels.shape)


def _add_uniform(pixels: Pixels, amplitude: float, generator: np.random.Generator) -> Pixels:
    """Uniform noise from ``-amplitude`` to ``amplitude`` in units of the full range of a pixel."""
    return pixels + 255.0 * amplitude * generator.uniform(-1.0, 1.0, pixels.shape)


CHANGES: Mapping[str, Change] = {
    "rotate": Change(_rotate, -360.0, 360.0),
    "add-gaussian": Change(_add_gaussian, 0.0, 10.0),
    "add-uniform": Change(_add_uniform, 0.0, 10.0),
}
"""By the word in front of the colon."""

SHIFTS: Mapping[str, Shift] = {
    "rotation": Shift("rotate", tuple(range(0, 181, 15)), "degrees"),
    "noise": Shift("add-gaussian", tuple(k / 10 for k in range(11)), "of the pixel range"),
}
"""Curves that can be drawn."""

_NOISES = ("gaussian-noise", "uniform-noise")


def check_ood(names: Sequence[str]) -> None:
    """Refuse forms that cannot be used; files and data sets are looked for when they are loaded.

    Raises
    ------
    InputError : an unknown word in front of a colon, a level that is no number or out of range, a set asked
        for twice
    """
    for name in names:
        _parse(name)
    titles = [_title(name) for name in names]
    for title in titles:
        if titles.count(title) > 1:
            raise InputError("ood", "must be sets with different names", ", ".join(map(repr, names)))


def check_shifts(names: Sequence[str], encoding: InputEncoding | None = None) -> None:
    """Refuse what is none of the `SHIFTS`, asked for twice, or impossible with such inputs (if given).

    Raises
    ------
    InputError
    """
    for name in names:
        if name not in SHIFTS:
            raise InputError("shift", f"must be one of {', '.join(SHIFTS)}", repr(name))
        if names.count(name) > 1:
            raise InputError("shift", "must be different ones", ", ".join(map(repr, names)))
        if encoding is not None:
            _check_shape(f"shift {name}", SHIFTS[name].change, encoding)


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
    found = _parse(name)
    if found is not None:
        _check_shape(f"ood {name}", found[0], encoding)
        return OodSet(name, changed(images, *found, encoding, seed=seed))
    if name in _NOISES:
        return OodSet(name, _noise(name, images, encoding, seed))
    return OodSet(
        _title(name), load_dataset(name, encoding, data_dir=data_dir, download=download).x[: len(images)]
    )


def changed(
    images: Dataset, change: str, amount: float, encoding: InputEncoding, *, seed: int
) -> NDArray[Any]:
    """The test images after one of the `CHANGES`, in the input's encoding."""
    generator = rng.stream(seed, "changed images", change=change, amount=f"{amount:g}")
    return _encoded(CHANGES[change].apply(_pixels(images, encoding), amount, generator), encoding)


def _noise(name: str, images: Dataset, encoding: InputEncoding, seed: int) -> NDArray[Any]:
    generator, pixels = rng.stream(seed, "noise images", kind=name), _pixels(images, encoding)
    if name == "uniform-noise":
        return _encoded(generator.integers(0, 256, pixels.shape).astype(np.float64), encoding)
    return _encoded(pixels.mean() + pixels.std() * generator.standard_normal(pixels.shape), encoding)


def _pixels(images: Dataset, encoding: InputEncoding) -> Pixels:
    """(n, channels, rows, columns) from 0 to 255."""
    pixels = decode_pixels(images.x, encoding).astype(np.float64)
    return pixels.reshape(len(pixels), *_image_shape(encoding))


def _image_shape(encoding: InputEncoding) -> tuple[int, ...]:
    """Vectors of a square number of values are square images, others one row."""
    if len(encoding.shape) == 3:
        return tuple(encoding.shape)
    length = math.prod(encoding.shape)
    edge = math.isqrt(length)
    return (1, edge, edge) if edge * edge == length else (1, 1, length)


def _check_shape(place: str, change: str, encoding: InputEncoding) -> None:
    if change == "rotate" and len(encoding.shape) == 1 and _image_shape(encoding)[1] == 1:
        rule = "needs an input of rows and columns, or a square number of values"
        raise InputError(place, rule, f"{encoding.shape[0]} values", "leave it out")


def _encoded(pixels: Pixels, encoding: InputEncoding) -> NDArray[Any]:
    whole = np.clip(np.rint(pixels), 0, 255).astype(np.uint8)
    return encode_pixels(whole, encoding).reshape(len(whole), *encoding.shape)


def _title(name: str) -> str:
    """What a set is called in a report: a file without its folder."""
    return Path(name).stem if name.endswith(".npz") else name


def _parse(name: str) -> tuple[str, float] | None:
    """A change and its amount; None for the name of a set."""
    word, colon, text = name.partition(":")
    if not colon or name.endswith(".npz"):
        return None
    if word not in CHANGES:
        changes = ", ".join(f"{word}:NUMBER" for word in CHANGES)
        rule = f"must be a data set, an .npz file, {', '.join(_NOISES)}, {changes}"
        raise InputError("ood", rule, repr(name))
    change = CHANGES[word]
    try:
        amount = float(text)
    except ValueError:
        amount = math.nan
    if not change.low <= amount <= change.high:
        span = f"a number from {change.low:g} to {change.high:g}"
        raise InputError(f"ood {word}", f"must have {span} behind the colon", repr(text))
    return word, amount
