"""One family of errors: where it happened, which rule was broken, what was found, how to mend it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = [
    "CapacityError",
    "ChangedError",
    "CimsimError",
    "DataError",
    "InputError",
    "SpecError",
    "WorkloadError",
    "closest",
    "show",
]

_SHOWN = 60
_LISTED = 40


class CimsimError(Exception):
    """Bad input. Prints as ``place: rule (got value); cure``.

    Parameters
    ----------
    place : file, line and path of the offending item, for example ``demo.yaml:14: tile.macro.adc.bits``
    rule : what is required there, as a clause without a full stop
    value : what was found; left out of the message when empty
    cure : what to do about it; left out of the message when empty
    """

    def __init__(self, place: str, rule: str, value: str = "", cure: str = "") -> None:
        super().__init__(place, rule, value, cure)
        self.place, self.rule, self.value, self.cure = place, rule, value, cure

    def __str__(self) -> str:
        got = f" (got {self.value})" if self.value else ""
        cure = f"; {self.cure}" if self.cure else ""
        return f"{self.place}: {self.rule}{got}{cure}"


class InputError(CimsimError):
    """A command-line argument or a file that cannot be used."""


class SpecError(CimsimError):
    """An architecture file or a ``--set`` that breaks a rule."""


class WorkloadError(CimsimError):
    """A workload file that breaks a rule."""


class DataError(CimsimError):
    """A data set that is missing or does not fit the workload."""


class ChangedError(CimsimError):
    """A file that is no longer what it was when its reading began."""


class CapacityError(CimsimError):
    """A network that does not fit the chip."""


def show(value: object) -> str:
    """The value as it may stand in a message: escaped and short."""
    shown = repr(value)
    return shown if len(shown) <= _SHOWN else f"{shown[: _SHOWN - 3]}..."


def closest(word: str, candidates: Iterable[str]) -> str:
    """A cure naming the nearest known word, or all of them when none is near; of very many the first."""
    known = sorted(candidates)
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    if near:
        return f"did you mean {near[0]!r}?"
    more = f" and {len(known) - _LISTED:,} more" if len(known) > _LISTED else ""
    return f"known: {', '.join(known[:_LISTED])}{more}"
