"""One quantity at a time, at its low and at its high."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from cimsim.arch.quantity import Quantity
from cimsim.devices.scalar import Scalar

__all__ = ["Ends"]


@dataclass(frozen=True)
class Ends:
    """``Ends.of(paths)(quantity)``: (2 n,) values for n paths, all nominal but two.

    Values 2k and 2k + 1 are those of chips where the k-th quantity alone is at its low, at its high.
    """

    places: Mapping[str, int]

    @classmethod
    def of(cls, paths: Iterable[str]) -> Ends:
        """For the quantities at these paths."""
        return cls({path: k for k, path in enumerate(paths)})

    def __call__(self, quantity: Quantity) -> Scalar:
        values = np.full(2 * len(self.places), quantity.nominal)
        if (k := self.places.get(quantity.path)) is not None:
            values[2 * k : 2 * k + 2] = quantity.interval
        return values
