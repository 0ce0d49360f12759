"""Binary matrix product."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cimsim._jit import JIT, host_features, njit
from cimsim.sim.kernels import plain
from cimsim.sim.kernels.images import all_driven, kernel_ready
from cimsim.sim.kernels.pack import PackedBits
from cimsim.sim.kernels.popcount import POPCOUNT_FEATURE, popcount_gemm
from cimsim.sim.kernels.rows import MAX_ROW_TAPS, row_sums
from cimsim.sim.kernels.weights import empty_nibbles

__all__ = ["gemm", "nibble_gemm"]


@njit
def _fill_nibbles(words: PackedBits, n_nibbles: int, nibbles: NDArray[np.uint8]) -> None:
    """Nibbles (blocks, nibbles, columns of a block) of packed columns (n, words)."""
    columns = nibbles.shape[2]
    for block in range(len(nibbles)):
        first = block * columns
        for i in range(n_nibbles):
            word, shift = i >> 4, np.uint64(4 * (i & 15))
            for column in range(min(columns, len(words) - first)):
                nibbles[block, i, column] = (words[first + column, word] >> shift) & np.uint64(15)


def nibble_gemm(a: PackedBits, b: PackedBits, k: int) -> NDArray[np.int32]:
    """`gemm` by byte look-up."""
    n_nibbles = -(-k // 4)
    nibbles = empty_nibbles(len(b), n_nibbles)
    _fill_nibbles(b, n_nibbles, nibbles)
    rows = a[:, None]
    sums, _ = row_sums(rows, all_driven(rows), k, nibbles)
    return sums if sums.shape[1] == len(b) else sums[:, : len(b)].copy()


def gemm(a: PackedBits, b: PackedBits, k: int) -> NDArray[np.int32]:
    """Dots of -1/+1 rows.

    Parameters
    ----------
    a, b : uint64 (m, words) and (n, words), k bits a row; bits beyond k are 0

    Returns
    -------
    int32 (m, n)
    """
    if not JIT or k > MAX_ROW_TAPS:
        return plain.gemm(a, b, k)
    multiply = popcount_gemm if POPCOUNT_FEATURE in host_features() else nibble_gemm
    return multiply(kernel_ready(a), kernel_ready(b), k)
