"""Reading the arrays of an ``.npz`` as data only: no pickle, sizes checked before anything is unpacked."""

from __future__ import annotations

import math
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from tokenize import TokenError
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from cimsim.errors import WorkloadError
from cimsim.workload.checks import show

__all__ = ["read_archive"]

_MAX_BYTES = 4 * 2**30
_MAX_SPEC_BYTES = 16 * 2**20
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError, TokenError)
"""What zipfile and NumPy raise on damaged bytes; NumPy tokenizes headers that do not parse."""


def read_archive(path: Path) -> Mapping[str, NDArray[Any]]:
    """Arrays of an ``.npz`` by name; `WorkloadError` where it is missing, broken, pickled or too large."""
    place = str(path)
    try:
        with path.open("rb") as file:
            head = file.read(4)
            _check_magic(place, head)
            with zipfile.ZipFile(file) as archive:
                return _read_members(place, archive)
    except FileNotFoundError:
        raise WorkloadError(place, "no such file") from None
    except IsADirectoryError:
        raise WorkloadError(place, "must be a file", "a directory") from None
    except PermissionError:
        raise WorkloadError(place, "must be readable", "permission denied") from None
    except _BROKEN:
        raise WorkloadError(place, "must be a whole .npz archive", "a truncated or damaged one") from None


def _check_magic(place: str, head: bytes) -> None:
    if head[:2] == b"PK":
        return
    got = (
        "an empty file"
        if not head
        else "a single .npy array"
        if head == b"\x93NUM"
        else "another kind of file"
    )
    raise WorkloadError(
        place, "must be an .npz archive", got, "write it with cimsim.workload.save or np.savez_compressed"
    )


def _read_members(place: str, archive: zipfile.ZipFile) -> Mapping[str, NDArray[Any]]:
    members = archive.infolist()
    total = sum(member.file_size for member in members)
    if total > _MAX_BYTES:
        raise WorkloadError(place, "arrays must take at most 4 GiB", f"{total / 2**30:.1f} GiB")
    arrays: dict[str, NDArray[Any]] = {}
    for member in members:
        name = member.filename.removesuffix(".npy")
        here = f"{place}: array {show(name)}"
        if name == member.filename or member.compress_type not in _METHODS:
            raise WorkloadError(place, "must hold .npy members, stored or deflated", show(member.filename))
        if name in arrays:
            raise WorkloadError(here, "must appear once")
        if name == "spec" and member.file_size > _MAX_SPEC_BYTES:
            raise WorkloadError(
                f"{place}: spec", "must take at most 16 MiB", f"{member.file_size / 2**20:.1f} MiB"
            )
        with archive.open(member) as stream:
            arrays[name] = _read_array(here, stream, member.file_size)
    return arrays


def _read_array(place: str, stream: IO[bytes], size: int) -> NDArray[Any]:
    version = npy.read_magic(stream)
    if version not in ((1, 0), (2, 0)):
        raise WorkloadError(
            place, "must be a plain array of npy version 1 or 2", f"version {version[0]}.{version[1]}"
        )
    read_header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, is_fortran, dtype = read_header(stream)
    if dtype.hasobject or dtype.names is not None:
        got = "pickled Python objects" if dtype.hasobject else "a structured array"
        raise WorkloadError(place, "must hold numbers or text", got)
    n_bytes = math.prod(shape) * dtype.itemsize
    if min(shape, default=0) < 0 or n_bytes > size - stream.tell():
        raise WorkloadError(
            place, "must be as long as its header says", f"shape {show(shape)} in {size} bytes"
        )
    flat = np.frombuffer(stream.read(n_bytes), dtype) if n_bytes else np.zeros(0, dtype)
    return flat.reshape(shape, order="F" if is_fortran else "C")
