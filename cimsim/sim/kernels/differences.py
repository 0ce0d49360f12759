"""Two arrays of sums compared in one pass."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cimsim._jit import njit

__all__ = ["differences"]


@njit
def differences(found: NDArray[np.int32], exact: NDArray[np.int32], totals: NDArray[np.int64]) -> None:
    """Add to ``totals`` (3,): how many differ, their difference, and its square."""
    wrong, total, squares = 0, 0, 0
    for k in range(len(found)):
        difference = np.int64(found[k]) - np.int64(exact[k])
        wrong += difference != 0
        total += difference
        squares += difference * difference
    totals[0] += wrong
    totals[1] += total
    totals[2] += squares
