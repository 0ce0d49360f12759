"""A user's own data: ``x`` and ``y``, as arrays or in an ``.npz`` file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cimsim.data.encoding import InputEncoding, storage_type, value_range
from cimsim.errors import DataError
from cimsim.npz import NpzReader

__all__ = ["check_arrays", "read_arrays"]

Arrays = tuple[NDArray[Any], NDArray[Any]]

_READER = NpzReader(DataError, "numpy.savez", only=("x", "y"), max_gib=16)


def read_arrays(path: Path, encoding: InputEncoding) -> Arrays:
    """``x`` and ``y`` of a file, as `check_arrays` gives them.

    Raises
    ------
    DataError : no such file, not an ``.npz`` of plain arrays, an array is missing or does not fit
    """
    arrays = _READER.read(path)
    return check_arrays(str(path), arrays["x"], arrays["y"], encoding)


def check_arrays(source: str, x: NDArray[Any], y: NDArray[Any], encoding: InputEncoding) -> Arrays:
    """``x`` (n, *input.shape) in the input's encoding, int8 or uint8, and ``y`` (n, ...), int64 or float64.

    What the task wants of ``y`` is for others to check.

    Raises
    ------
    DataError : at ``source``, an array does not fit
    """
    if not np.issubdtype(x.dtype, np.integer):
        raise DataError(f"{source}: x", "must hold integers", f"dtype {x.dtype}")
    if x.ndim == 0 or len(x) == 0 or x.shape[1:] != tuple(encoding.shape):
        wanted = ", ".join(map(str, encoding.shape))
        raise DataError(f"{source}: x", f"the network's input needs the shape (n, {wanted})", str(x.shape))
    _check_range(source, x, encoding)
    if y.ndim == 0 or len(y) != len(x):
        raise DataError(f"{source}: y", f"must hold {len(x)} labels, one per image", f"shape {y.shape}")
    return x.astype(storage_type(encoding)), _numbers(source, y)


def _check_range(source: str, x: NDArray[Any], encoding: InputEncoding) -> None:
    low, high = value_range(encoding)
    if encoding.bits == 1:
        wrong, rule = (x != low) & (x != high), "must hold only -1 and +1"
    else:
        wrong, rule = (x < low) | (x > high), f"must be from {low} to {high}, as the network's input"
    if wrong.any():
        first = int(np.argmax(wrong))
        index = ", ".join(str(int(i)) for i in np.unravel_index(first, x.shape))
        raise DataError(f"{source}: x[{index}]", rule, str(x.flat[first]))


def _numbers(source: str, y: NDArray[Any]) -> NDArray[Any]:
    if np.issubdtype(y.dtype, np.floating):
        if not np.isfinite(y).all():
            raise DataError(f"{source}: y", "must be finite")
        return y.astype(np.float64)
    if not np.issubdtype(y.dtype, np.integer):
        raise DataError(f"{source}: y", "must hold numbers", f"dtype {y.dtype}")
    if y.size and y.max() > np.iinfo(np.int64).max:
        raise DataError(f"{source}: y", "must fit in signed 64-bit integers", str(y.max()))
    return y.astype(np.int64)
