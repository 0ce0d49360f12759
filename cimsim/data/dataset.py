"""One call from a name or a path to the integers that a network takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cimsim.data.arrays import check_arrays, read_arrays
from cimsim.data.catalog import BUILTIN
from cimsim.data.encoding import InputEncoding, encode_pixels
from cimsim.data.files import locate_files, locate_table
from cimsim.data.formats import read_cifar, read_idx, read_pixel_table
from cimsim.errors import DataError, closest

__all__ = ["Dataset", "given_dataset", "load_dataset", "load_pixels"]


@dataclass(frozen=True, eq=False)
class Dataset:
    """Inputs with their labels.

    Attributes
    ----------
    x : (n, *input.shape) int8 or uint8, in the encoding of the input
    y : (n,) int64 class labels; a user's file may hold other targets (n, ...), int64 or float64
    name : the known name, or the stem of the file
    classes : names of the classes; empty for a user's file
    source : the files it was read from, the one with the labels last; ``<memory>`` of given arrays
    """

    x: NDArray[Any]
    y: NDArray[Any]
    name: str
    classes: tuple[str, ...]
    source: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.x)


def load_dataset(
    name_or_path: str | Path,
    input_spec: InputEncoding,
    *,
    data_dir: str | Path | None = None,
    n_images: int | None = None,
    download: bool = False,
) -> Dataset:
    """The first ``n_images`` (all when None) of a known set or of an ``.npz`` file with ``x`` and ``y``.

    Parameters
    ----------
    name_or_path : a name of ``list_datasets()``, or a path that ends in ``.npz``
    input_spec : the network's input: its shape and its integers
    data_dir : folder that holds ``<name>/``; by default ``$CIMSIM_DATA_DIR``, else the user's cache folder
    download : whether missing files may be fetched from the web; they are checked by hash

    Raises
    ------
    DataError : unknown name, missing or broken files, images that do not fit the input or are too few
    """
    name = str(name_or_path)
    if name.endswith(".npz"):
        x, y = read_arrays(Path(name), input_spec)
        return Dataset(*_first(name, x, y, n_images), Path(name).stem, (), (name,))
    pixels, y, source = _read(name, "test", data_dir, download)
    known = BUILTIN[name]
    pixels, y = _first(name, pixels, y, n_images)
    if tuple(input_spec.shape) not in (known.shape, (int(np.prod(known.shape)),)):
        image, network = (" x ".join(map(str, shape)) for shape in (known.shape, input_spec.shape))
        raise DataError(name, f"images of {image} do not fit the network's input of {network}")
    x = encode_pixels(pixels, input_spec).reshape(len(y), *input_spec.shape)
    return Dataset(x, y, name, known.classes, source)


def given_dataset(
    x: ArrayLike, y: ArrayLike, input_spec: InputEncoding, *, n_images: int | None = None
) -> Dataset:
    """The first ``n_images`` of arrays in memory, under the rules of a user's file; raises ``DataError``."""
    name = "<memory>"
    arrays = check_arrays(name, np.asarray(x), np.asarray(y), input_spec)
    return Dataset(*_first(name, *arrays, n_images), name, (), (name,))


def load_pixels(
    name: str, *, split: str = "test", data_dir: str | Path | None = None, download: bool = False
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Pixels (n, channels, height, width) from 0 to 255 and labels (n,) of a known set.

    The sets that ship with a Python package have no splits: ``split`` is ignored. Raises ``DataError``.
    """
    pixels, labels, _ = _read(name, split, data_dir, download)
    return pixels, labels


def _read(
    name: str, split: str, data_dir: str | Path | None, download: bool
) -> tuple[NDArray[np.uint8], NDArray[np.int64], tuple[str, ...]]:
    if name not in BUILTIN:
        is_path = Path(name).suffix != "" or "/" in name
        cure = "a file must end in .npz" if is_path else closest(name, BUILTIN)
        raise DataError("data", "unknown data set", repr(name), cure)
    known = BUILTIN[name]
    if known.kind == "package":
        paths = [locate_table(name)]
        pixels, labels = _read_table(name, paths[0])
    else:
        paths = locate_files(name, split, data_dir, download)
        pixels, labels = _read_cifar(paths) if known.kind == "cifar" else _read_idx_pair(*paths)
    if pixels.shape[1:] != known.shape:
        image, wanted = (" x ".join(map(str, shape)) for shape in (pixels.shape[1:], known.shape))
        raise DataError(str(paths[0]), f"must hold images of {wanted}", image)
    if len(labels) and labels.max() >= len(known.classes):
        raise DataError(str(paths[-1]), f"labels must be below {len(known.classes)}", str(labels.max()))
    return pixels, labels.astype(np.int64), tuple(map(str, paths))


def _read_table(name: str, path: Path) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    shape = BUILTIN[name].shape
    table = read_pixel_table(path, int(np.prod(shape)) + 1)
    pixels, labels = table[:, :-1], table[:, -1]
    if name == "mnist5k":
        # The file is sorted by class; any first N must hold every class.
        order = np.argsort(labels, kind="stable").reshape(10, -1).T.ravel()
        pixels, labels = pixels[order], labels[order]
    else:
        pixels = np.rint(pixels * (255 / 16))
    return pixels.astype(np.uint8).reshape(-1, *shape), labels.astype(np.uint8)


def _read_cifar(paths: Sequence[Path]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    pixels, labels = zip(*map(read_cifar, paths), strict=True)
    return np.concatenate(pixels), np.concatenate(labels)


def _read_idx_pair(images: Path, labels: Path) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    pixels, y = read_idx(images, 3), read_idx(labels, 1)
    if len(pixels) != len(y):
        raise DataError(str(labels), f"must hold {len(pixels)} labels, one per image", str(len(y)))
    return pixels[:, None], y


def _first(
    name: str, x: NDArray[Any], y: NDArray[Any], n_images: int | None
) -> tuple[NDArray[Any], NDArray[Any]]:
    if n_images is None:
        return x, y
    if not 1 <= n_images <= len(x):
        raise DataError(name, f"the number of images must be from 1 to {len(x)}", str(n_images))
    return x[:n_images], y[:n_images]
