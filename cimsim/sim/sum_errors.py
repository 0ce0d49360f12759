"""How far the sums of a chip are from the exact ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from cimsim.sim.kernels.differences import differences

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
        self._totals: dict[str, NDArray[np.int64]] = {}

    def add(self, layer: str, found: NDArray[np.int32], exact: NDArray[np.int32]) -> None:
        here = np.zeros(3, np.int64)
        differences(found.reshape(-1), exact.reshape(-1), here)
        totals = self._totals.setdefault(layer, np.zeros(4, np.int64))
        totals += (found.size, *here)

    def result(self) -> Mapping[str, SumError]:
        return {
            layer: SumError(wrong / n, sqrt(squares / n), total / n)
            for layer, (n, wrong, total, squares) in self._totals.items()
        }
