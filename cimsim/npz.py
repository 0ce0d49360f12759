"""Reading the arrays of an ``.npz`` as data only: no pickle, sizes checked before anything is unpacked."""

from __future__ import annotations

import math
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tokenize import TokenError
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from cimsim.errors import CimsimError, show

__all__ = ["NpzReader"]

_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError, TokenError)
"""What zipfile and NumPy raise on damaged bytes; NumPy tokenizes headers that do not parse."""


@dataclass(frozen=True)
class NpzReader:
    """What one kind of ``.npz`` may hold.

    Attributes
    ----------
    error : raised at a file that is missing, unreadable, broken, pickled or too large
    writer : what writes such a file, for the cure
    only : arrays that it must hold, others are not read; all are read where it is empty
    max_gib : size of all arrays that are read, unpacked
    max_mib : size of single arrays by name
    """

    error: type[CimsimError]
    writer: str
    only: Sequence[str] = ()
    max_gib: int = 4
    max_mib: Mapping[str, int] = field(default_factory=dict)

    def read(self, path: Path) -> Mapping[str, NDArray[Any]]:
        """Arrays by name; raises ``error``."""
        place = str(path)
        try:
            with path.open("rb") as file:
                self._check_magic(place, file.read(4))
                with zipfile.ZipFile(file) as archive:
                    return self._read_members(place, archive)
        except FileNotFoundError:
            raise self.error(place, "no such file") from None
        except IsADirectoryError:
            raise self.error(place, "must be a file", "a directory") from None
        except PermissionError:
            raise self.error(place, "must be readable", "permission denied") from None
        except MemoryError:
            raise self.error(place, "must fit in the memory of this machine") from None
        except _BROKEN as error:
            if isinstance(error, OSError) and error.filename is not None:  # it could not be opened
                raise self.error(place, "must be readable", str(error.strerror)) from None
            raise self.error(place, "must be a whole .npz archive", "a truncated or damaged one") from None

    def _check_magic(self, place: str, head: bytes) -> None:
        if head[:2] == b"PK":
            return
        got = (
            "an empty file"
            if not head
            else "a single .npy array"
            if head == b"\x93NUM"
            else "another kind of file"
        )
        raise self.error(place, "must be an .npz archive", got, f"write it with {self.writer}")

    def _read_members(self, place: str, archive: zipfile.ZipFile) -> Mapping[str, NDArray[Any]]:
        members = self._members(place, archive)
        total = sum(member.file_size for member in members)
        if total > self.max_gib * 2**30:
            rule = f"arrays must take at most {self.max_gib} GiB"
            raise self.error(place, rule, f"{total / 2**30:.1f} GiB")
        arrays: dict[str, NDArray[Any]] = {}
        for member in members:
            name = member.filename.removesuffix(".npy")
            here = f"{place}: array {show(name)}"
            if name == member.filename or member.compress_type not in _METHODS:
                raise self.error(place, "must hold .npy members, stored or deflated", show(member.filename))
            if member.flag_bits & 1:
                raise self.error(here, "must not be encrypted")
            if name in arrays:
                raise self.error(here, "must appear once")
            limit = self.max_mib.get(name)
            if limit is not None and member.file_size > limit * 2**20:
                got = f"{member.file_size / 2**20:.1f} MiB"
                raise self.error(f"{place}: {name}", f"must take at most {limit} MiB", got)
            with archive.open(member) as stream:
                arrays[name] = self._read_array(here, stream, member.file_size)
        return arrays

    def _members(self, place: str, archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
        """The members to read."""
        members = archive.infolist()
        if not self.only:
            return members
        names = [member.filename.removesuffix(".npy") for member in members]
        if any(name not in names for name in self.only):
            got = show(", ".join(names)) if names else "none"
            raise self.error(place, f"must hold the arrays {' and '.join(self.only)}", got)
        return [member for name, member in zip(names, members, strict=True) if name in self.only]

    def _read_array(self, place: str, stream: IO[bytes], size: int) -> NDArray[Any]:
        version = npy.read_magic(stream)
        if version not in ((1, 0), (2, 0)):
            got = f"version {version[0]}.{version[1]}"
            raise self.error(place, "must be a plain array of npy version 1 or 2", got)
        read_header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, is_fortran, dtype = read_header(stream)
        if dtype.hasobject or dtype.names is not None:
            got = "pickled Python objects" if dtype.hasobject else "a structured array"
            raise self.error(place, "must hold numbers or text", got)
        n_bytes = math.prod(shape) * dtype.itemsize
        if min(shape, default=0) < 0 or n_bytes > size - stream.tell():
            got = f"shape {show(shape)} in {size} bytes"
            raise self.error(place, "must be as long as its header says", got)
        flat = np.frombuffer(stream.read(n_bytes), dtype) if n_bytes else np.zeros(0, dtype)
        return flat.reshape(shape, order="F" if is_fortran else "C")
