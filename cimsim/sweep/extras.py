"""Libraries of the extra ``sweep``, imported when they are first needed."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from cimsim.errors import InputError

__all__ = ["need"]

_PURPOSES = {
    "optuna": "sampler optuna",
    "SALib": "sensitivity",
    "distributed": "--scheduler",
    "pyarrow": "sweep.parquet",
}


def need(name: str) -> Any:
    """The module, or ``InputError`` saying how to get it; a part of a library by its dotted name."""
    try:
        return import_module(name)
    except ImportError as error:
        library = name.partition(".")[0]
        rule = f"needs {library}, which is not installed"
        place = _PURPOSES.get(library, library)
        raise InputError(place, rule, cure="pip install 'cimsim[sweep]'") from error
