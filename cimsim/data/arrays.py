"""A user's own data: an ``.npz`` file with ``x`` and ``y``."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cimsim.data.encoding import InputEncoding, storage_type, value_range
from cimsim.errors import DataError

__all__ = ["read_arrays"]

MAX_BYTES = 1 << 34
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, MemoryError)
"""What NumPy and zipfile raise at files that are damaged, or that hold pickled objects."""


def read_arrays(path: Path, encoding: InputEncoding) -> tuple[NDArray[Any], NDArray[Any]]:
    """``x`` (n, *input.shape) in the input's encoding, int8 or uint8, and ``y`` (n, ...), int64 or float64.

    Raises
    ------
    DataError : no such file, not an ``.npz`` of plain arrays, an array is missing or does not fit
    """
    x, y = _load(path)
    if not np.issubdtype(x.dtype, np.integer):
        raise DataError(f"{path}: x", "must hold integers", f"dtype {x.dtype}")
    if x.ndim == 0 or len(x) == 0 or x.shape[1:] != tuple(encoding.shape):
        wanted = ", ".join(map(str, encoding.shape))
        raise DataError(f"{path}: x", f"the network's input needs the shape (n, {wanted})", str(x.shape))
    _check_range(path, x, encoding)
    if y.ndim == 0 or len(y) != len(x):
        raise DataError(f"{path}: y", f"must hold {len(x)} labels, one per image", f"shape {y.shape}")
    return x.astype(storage_type(encoding)), _labels(path, y)


def _load(path: Path) -> tuple[NDArray[Any], NDArray[Any]]:
    if not path.is_file():
        raise DataError(str(path), "no such file")
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(member.file_size for member in archive.infolist()) > MAX_BYTES:
                raise DataError(str(path), f"must unpack to at most {MAX_BYTES} bytes")
        with np.load(path, allow_pickle=False) as arrays:
            for name in ("x", "y"):
                if name not in arrays:
                    raise DataError(str(path), "must hold the arrays x and y", ", ".join(arrays) or "none")
            x, y = arrays["x"], arrays["y"]
    except BROKEN as error:
        if "allow_pickle" in str(error):
            raise DataError(str(path), "must hold plain arrays, no Python objects") from error
        raise DataError(str(path), "must be a complete .npz file", cure="see numpy.savez") from error
    if not (isinstance(x, np.ndarray) and isinstance(y, np.ndarray)):
        raise DataError(str(path), "must hold x and y as arrays", cure="see numpy.savez")
    return x, y


def _check_range(path: Path, x: NDArray[Any], encoding: InputEncoding) -> None:
    low, high = value_range(encoding)
    if encoding.bits == 1:
        wrong, rule = (x != low) & (x != high), "must hold only -1 and +1"
    else:
        wrong, rule = (x < low) | (x > high), f"must be from {low} to {high}, as the network's input"
    if wrong.any():
        first = int(np.argmax(wrong))
        index = ", ".join(str(int(i)) for i in np.unravel_index(first, x.shape))
        raise DataError(f"{path}: x[{index}]", rule, str(x.flat[first]))


def _labels(path: Path, y: NDArray[Any]) -> NDArray[Any]:
    if np.issubdtype(y.dtype, np.floating):
        if not np.isfinite(y).all():
            raise DataError(f"{path}: y", "must be finite")
        return y.astype(np.float64)
    if not np.issubdtype(y.dtype, np.integer):
        raise DataError(f"{path}: y", "must hold numbers", f"dtype {y.dtype}")
    if y.min() < 0:
        raise DataError(f"{path}: y", "class labels must not be negative", str(y.min()))
    return y.astype(np.int64)
