"""Readers of the published file formats: idx, the CIFAR-10 binary version, and tables of pixels."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cimsim.errors import DataError

__all__ = ["read_cifar", "read_idx", "read_pixel_table"]

MAX_BYTES = 1 << 30
CIFAR_RECORD_BYTES = 1 + 3 * 32 * 32


def read_idx(path: Path, n_axes: int) -> NDArray[np.uint8]:
    """Array of bytes with ``n_axes`` axes from a gzipped idx file.

    Raises
    ------
    DataError : not gzip, not idx of bytes, or shorter or longer than its header says

    Source: the format description that accompanies MNIST (LeCun, Cortes, Burges).
    """
    raw = _gunzip(path)
    head = 4 + 4 * n_axes
    if len(raw) < head or raw[:4] != bytes([0, 0, 8, n_axes]):
        rule = f"must be an idx file of bytes with {n_axes} axes"
        raise DataError(str(path), rule, raw[:4].hex(" ") or "no bytes")
    shape = tuple(int(length) for length in np.frombuffer(raw, ">u4", n_axes, 4))
    expected = head + int(np.prod(shape, dtype=object))
    if len(raw) != expected:
        raise DataError(str(path), f"must hold {expected} bytes, as its header says", str(len(raw)))
    return np.frombuffer(raw, np.uint8, offset=head).reshape(shape)


def read_cifar(path: Path) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Images (n, 3, 32, 32) and labels (n,) from records of a label byte and the red, green and blue planes.

    Source: https://www.cs.toronto.edu/~kriz/cifar.html, "Binary version".
    """
    raw = np.fromfile(path, np.uint8, count=MAX_BYTES)
    if raw.size == 0 or raw.size % CIFAR_RECORD_BYTES:
        raise DataError(str(path), f"must hold records of {CIFAR_RECORD_BYTES} bytes", f"{raw.size} bytes")
    records = raw.reshape(-1, CIFAR_RECORD_BYTES)
    return records[:, 1:].reshape(-1, 3, 32, 32), records[:, 0]


def read_pixel_table(path: Path, n_columns: int) -> NDArray[np.int64]:
    """Integers (n, n_columns) of a gzipped text table, one line per image, separated by commas."""
    text = _gunzip(path).replace(b"\r", b"").rstrip(b"\n")
    n_rows = text.count(b"\n") + 1
    # Four times faster than a CSV reader, and no heavy import.
    joined = text.replace(b"\n", b",").decode("ascii", "replace")
    values = np.fromstring(joined, dtype=np.int64, sep=",")
    if values.size != n_rows * n_columns:
        found = f"{values.size} in {n_rows} lines"
        raise DataError(str(path), f"must hold {n_columns} integers per line", found)
    return values.reshape(n_rows, n_columns)


def _gunzip(path: Path) -> bytes:
    try:
        with gzip.open(path) as file:
            raw = file.read(MAX_BYTES + 1)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(str(path), "must be a complete gzip file", cure="fetch it again") from error
    if len(raw) > MAX_BYTES:
        raise DataError(str(path), f"must unpack to at most {MAX_BYTES} bytes")
    return raw
