"""What a recipe learns from, and the images that it never sees."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cimsim.data import load_pixels
from cimsim.errors import DataError

__all__ = ["SOURCES", "Images", "TrainingData", "load_training_data"]

N_HELD_OUT_DIGITS = 500
N_MNIST_LEFT = 55_000

Images = tuple[NDArray[np.uint8], NDArray[np.int64]]
"""Pixels (n, channels, height, width) and labels (n,)."""


@dataclass(frozen=True, eq=False)
class TrainingData:
    """Images to learn from, and sets to test on by name."""

    train: Images
    tests: dict[str, Images]


def load_training_data(source: str, data_dir: str | Path | None, *, download: bool = False) -> TrainingData:
    """Images of one of the ``SOURCES``; raises ``DataError`` where files or packages are missing."""
    return SOURCES[source](data_dir, download)


def _mnist(data_dir: str | Path | None, download: bool) -> TrainingData:
    """The training split without the digits that runs are scored on, which are copies of 5,000 of it."""
    pixels, labels = load_pixels("mnist", split="train", data_dir=data_dir, download=download)
    held_out = load_pixels("mnist5k")
    copies = {image.tobytes() for image in held_out[0]}
    keep = np.array([image.tobytes() not in copies for image in pixels])
    if np.count_nonzero(keep) != N_MNIST_LEFT:
        rule = f"must leave {N_MNIST_LEFT} digits when those of mnist5k are taken out"
        raise DataError("mnist", rule, str(np.count_nonzero(keep)))
    tests = {"mnist5k": held_out, "mnist": load_pixels("mnist", data_dir=data_dir, download=download)}
    return TrainingData((pixels[keep], labels[keep]), tests)


def _splits(name: str, data_dir: str | Path | None, download: bool) -> TrainingData:
    """Both splits of a set, as published."""
    train = load_pixels(name, split="train", data_dir=data_dir, download=download)
    return TrainingData(train, {name: load_pixels(name, data_dir=data_dir, download=download)})


def _digits(data_dir: str | Path | None, download: bool) -> TrainingData:
    pixels, labels = load_pixels("digits")
    first = slice(0, N_HELD_OUT_DIGITS)
    rest = slice(N_HELD_OUT_DIGITS, None)
    return TrainingData((pixels[rest], labels[rest]), {"digits": (pixels[first], labels[first])})


SOURCES: Mapping[str, Callable[[str | Path | None, bool], TrainingData]] = {
    "mnist": _mnist,
    "digits": _digits,
    "fashion-mnist": partial(_splits, "fashion-mnist"),
    "cifar10": partial(_splits, "cifar10"),
}
