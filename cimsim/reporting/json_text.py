"""Results as JSON that every reader accepts: finite numbers, plain types, keys in the order given."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

import numpy as np

__all__ = ["json_text"]


def json_text(value: Any) -> str:
    """``value`` as indented JSON; what is not a finite number becomes null, paths become text.

    Raises
    ------
    TypeError
        ``value`` holds something that is neither a number, text, path, sequence, mapping nor None.
    """
    return json.dumps(_plain(value), indent=2, allow_nan=False) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic | np.ndarray):
        value = value.tolist()
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return str(value) if isinstance(value, PurePath) else value
