"""How far the sums of a chip are from the exact ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

__all__ = ["SumError", "SumErrors"]


@dataclass(frozen=True)
class SumError:
    """Of a layer: share of its sums that are wrong, root mean square and mean of the error."""

    wrong: float
    rms: float
    mean: float


class SumErrors:
    """Totals by layer, over distinct sums."""

    def __init__(self) -> None:
        self._totals: dict[str, list[int]] = {}

    def add(self, layer: str, found: NDArray[np.int32], exact: NDArray[np.int32]) -> None:
        difference = (found - exact).ravel()
        totals = self._totals.setdefault(layer, [0, 0, 0, 0])
        wide = difference.astype(np.float64)
        here = (wide.size, np.count_nonzero(wide), wide.sum(), wide @ wide)
        for k, value in enumerate(here):
            totals[k] += int(value)

    def result(self) -> Mapping[str, SumError]:
        return {
            layer: SumError(wrong / n, sqrt(squares / n), total / n)
            for layer, (n, wrong, total, squares) in self._totals.items()
        }
