"""What was made lately, by what it was made from."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

__all__ = ["Recent"]

Thing = TypeVar("Thing")


class Recent(Generic[Thing]):
    """Keeps the ``size`` things used last.

    Examples
    --------
    >>> squares = Recent[int](2)
    >>> [squares.get(n, lambda: n * n) for n in (3, 3, 4)]
    [9, 9, 16]
    """

    def __init__(self, size: int) -> None:
        self._size, self._things = size, OrderedDict[Hashable, Thing]()

    def get(self, key: Hashable, make: Callable[[], Thing]) -> Thing:
        """The thing of a key, made where it is not here; errors of ``make`` are not kept."""
        if key not in self._things:
            self.keep(key, make())
        return self[key]

    def keep(self, key: Hashable, thing: Thing) -> None:
        self._things[key] = thing
        if len(self._things) > self._size:
            self._things.popitem(last=False)

    def __getitem__(self, key: Hashable) -> Thing:
        """The thing of a key; KeyError where it is not here."""
        thing = self._things[key]
        self._things.move_to_end(key)
        return thing
