"""Binary matrix product."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cimsim.sim.kernels import plain
from cimsim.sim.kernels.pack import PackedBits

__all__ = ["gemm"]


def gemm(a: PackedBits, b: PackedBits, k: int) -> NDArray[np.int32]:
    """Dots of -1/+1 rows, packed: (m, words) and (n, words) of k bits each, to int32 (m, n)."""
    return plain.gemm(a, b, k)
