"""A function of an architecture, made again only where what it read has changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar, cast

from pydantic import BaseModel

from cimsim.arch.spec import ArchSpec
from cimsim.arch.spec_base import Spec

__all__ = ["Traced"]

Made = TypeVar("Made")

_KEPT = 16


class Traced(Generic[Made]):
    """``function(spec)``, remembered for the last few architectures that it could tell apart.

    What a function of a spec reads on its way decides what it returns: where all of that is the same, so is
    the result. Quantities are the same if they are one object, as those of `Variations` are.

    Parameters
    ----------
    function : of nothing but its argument, which it does not keep
    """

    def __init__(self, function: Callable[[ArchSpec], Made]) -> None:
        self._function = function
        self._known: list[tuple[_Reads, Made]] = []

    def __call__(self, spec: ArchSpec) -> Made:
        for place, (reads, made) in enumerate(self._known):
            if reads.are_those_of(spec):
                self._known.insert(0, self._known.pop(place))
                return made
        reads = _Reads(spec)
        made = self._function(cast(ArchSpec, _Watched(reads)))
        self._known = [(reads, made), *self._known[: _KEPT - 1]]
        return made


class _Reads:
    """What was read of a model, and of the models in it."""

    def __init__(self, model: Spec) -> None:
        self.model = model
        self.values: dict[str, Any] = {}
        self.below: dict[str, _Reads] = {}

    def are_those_of(self, model: Any) -> bool:
        """Whether the same function would read the same of another model."""
        if model is self.model:
            return True
        return (
            type(model) is type(self.model)
            and all(_is_same(getattr(model, name), value) for name, value in self.values.items())
            and all(reads.are_those_of(getattr(model, name)) for name, reads in self.below.items())
        )


class _Watched:
    """Stands in for a model, and writes down what is read of it."""

    def __init__(self, reads: _Reads) -> None:
        self._reads = reads

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        return type(self._reads.model)

    def __getattr__(self, name: str) -> Any:
        reads, value = self._reads, getattr(self._reads.model, name)
        if isinstance(value, Spec):
            return _Watched(reads.below.setdefault(name, _Reads(value)))
        if not name.startswith("__"):
            reads.values[name] = value
        return value


def _is_same(found: Any, known: Any) -> bool:
    return found is known or (not isinstance(found, BaseModel) and bool(found == known))
