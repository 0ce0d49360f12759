"""A digest of data by its content: numbers, texts, arrays, and what is made of them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

import cimsim

__all__ = ["code_digest", "digest"]


def digest(*parts: Any) -> str:
    """Of what is made of None, truth values, numbers, texts, arrays, lists, mappings and dataclasses.

    Raises
    ------
    TypeError : something else, of which it is not known what its content is

    Examples
    --------
    >>> digest(1.0, ("a", None)) == digest(1.0, ("a", None)), digest(1) == digest(1.0)
    (True, False)
    """
    found = hashlib.blake2b(digest_size=20)
    for part in parts:
        _feed(found, part)
    return found.hexdigest()


@lru_cache(maxsize=1)
def code_digest() -> str:
    """Of this package's source and the version of NumPy: other code may find other values."""
    root = Path(cimsim.__file__).parent
    sources = {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*.py"))}
    return digest(np.__version__, {name: hashlib.sha256(text).hexdigest() for name, text in sources.items()})


def _feed(found: Any, part: Any) -> None:
    if isinstance(part, np.generic):
        part = part.item()
    if part is None or isinstance(part, (bool, int, float, str)):
        _put(found, type(part).__name__, repr(part).encode())
    elif isinstance(part, np.ndarray):
        if part.dtype.hasobject:
            raise TypeError("an array of objects has no content that could be digested")
        _put(found, f"{part.dtype.str}{part.shape}", np.ascontiguousarray(part).tobytes())
    elif isinstance(part, Mapping):
        _put(found, "mapping", str(len(part)).encode())
        for key, value in part.items():
            _feed(found, key)
            _feed(found, value)
    elif isinstance(part, (tuple, list)):
        _put(found, "list", str(len(part)).encode())
        for item in part:
            _feed(found, item)
    elif is_dataclass(part) and not isinstance(part, type):
        _put(found, type(part).__qualname__, b"")
        for field in fields(part):
            _feed(found, getattr(part, field.name))
    else:
        raise TypeError(f"{type(part).__name__} has no content that could be digested")


def _put(found: Any, kind: str, content: bytes) -> None:
    """With the lengths, so that no two lists of parts run together alike."""
    found.update(f"{kind}:{len(content)}:".encode())
    found.update(content)
