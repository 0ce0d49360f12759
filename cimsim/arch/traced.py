"""A function of an architecture, made again only where what it read has changed."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from contextlib import suppress
from operator import attrgetter
from typing import Any, Generic, TypeVar, cast

from cimsim.arch.spec import ArchSpec
from cimsim.arch.spec_base import Spec
from cimsim.recent import Recent

__all__ = ["Traced"]

Made = TypeVar("Made")

_KEPT = 64
_BY_VALUE = frozenset({bool, int, float, str, type, type(None)})


class Traced(Generic[Made]):
    """``function(spec)``, remembered for the last architectures that it could tell apart.

    What a function of a spec reads on its way decides what it returns: where all of that is the same, so is
    the result. Quantities are the same if they are one object, as those of `Variations` are.

    Parameters
    ----------
    function : of nothing but its argument, which it does not keep
    """

    def __init__(self, function: Callable[[ArchSpec], Made]) -> None:
        self._function = function
        self._known: dict[tuple[str, ...], _Known[Made]] = {}

    def __call__(self, spec: ArchSpec) -> Made:
        for known in self._known.values():
            with suppress(KeyError, AttributeError):
                return known[spec]
        names: dict[str, None] = {}
        made = self._function(cast(ArchSpec, _Watched(spec, "", names)))
        self._known.setdefault(tuple(names), _Known(tuple(names))).keep(spec, made)
        return made


class _Known(Generic[Made]):
    """What was made of the architectures of which the same ``names`` were read."""

    def __init__(self, names: tuple[str, ...]) -> None:
        # Of a single name attrgetter makes no tuple.
        self._read = attrgetter("__class__", "__class__", *names)
        self._made = Recent[tuple[Made, tuple[Any, ...]]](_KEPT)

    def __getitem__(self, spec: ArchSpec) -> Made:
        """KeyError, or AttributeError: it would be made of something else."""
        return self._made[_key(self._read(spec))][0]

    def keep(self, spec: ArchSpec, made: Made) -> None:
        values = self._read(spec)
        self._made.keep(_key(values), (made, values))


def _key(values: tuple[Any, ...]) -> Hashable:
    """Numbers and texts by what they say, all else by which object it is: kept as long as its key."""
    return tuple([value if type(value) in _BY_VALUE else id(value) for value in values])


class _Watched:
    """Stands in for a model, and writes down what is read of it."""

    def __init__(self, model: Spec, path: str, names: dict[str, None]) -> None:
        self._model, self._path, self._names = model, path, names

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        return type(self._model)

    def __getattr__(self, name: str) -> Any:
        value, path = getattr(self._model, name), f"{self._path}{name}"
        if isinstance(value, Spec):
            self._names[f"{path}.__class__"] = None
            return _Watched(value, f"{path}.", self._names)
        if not name.startswith("__"):
            self._names[path] = None
        return value
