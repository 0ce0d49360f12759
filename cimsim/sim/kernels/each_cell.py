"""The slow way to read an array: every cell's noise drawn by itself, every conversion on its own."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cimsim._jit import njit
from cimsim.devices.normal import normal, uniform
from cimsim.sim.kernels.read_out import ReadOut, mixed

__all__ = ["add_codes", "add_counts", "fill_normal", "sum_cells"]

Array = NDArray[np.float64]
Lines = NDArray[np.uint16]
Keys = NDArray[np.uint64]


@njit
def _seed(key: np.uint64, state: Keys) -> None:
    for k in range(4):
        key += np.uint64(0x9E3779B97F4A7C15)
        state[k] = mixed(key)


@njit
def sum_cells(
    ups: Lines, downs: Lines, first: int, last: int, plus: Array, minus: Array, plus_variance: Array,
    minus_variance: Array, decides: bool, keys: Keys, total: Array,
) -> None:  # fmt: skip
    """Analog counts (n_positions, columns) of the quads of one row step, noise drawn cell by cell.

    Parameters
    ----------
    plus, minus : float64 (n_slots, columns); where each cell ``decides``, the probability of a one
    plus_variance, minus_variance : of the noise, or (0, columns)
    keys : (n_positions,) seeds of this step's noise, or (0,)
    """
    state = np.empty(4, np.uint64)
    has_noise = len(keys) > 0
    for p in range(len(total)):
        if has_noise:
            _seed(keys[p], state)
        for c in range(total.shape[1]):
            found = 0.0
            for quad in range(first, last):
                for bit in range(16):
                    is_up = ups[quad, p] >> bit & 1
                    if not is_up and not downs[quad, p] >> bit & 1:
                        continue
                    slot = 16 * quad + bit
                    value = plus[slot, c] if is_up else minus[slot, c]
                    if decides and has_noise:
                        value = 1.0 if uniform(state) <= value else 0.0
                    elif has_noise and len(plus_variance) > 0:
                        spread = plus_variance[slot, c] if is_up else minus_variance[slot, c]
                        value += np.sqrt(spread) * normal(state)
                    found += value
            total[p, c] = found


@njit
def fill_normal(keys: Keys, found: Array) -> None:
    """Normal numbers (n_positions, columns), a sequence for each key."""
    state = np.empty(4, np.uint64)
    for p in range(len(found)):
        _seed(keys[p], state)
        for c in range(found.shape[1]):
            found[p, c] = normal(state)


@njit
def add_codes(
    total: Array, lowest: Array, step: int, read_out: ReadOut, keys: Keys, codes: NDArray[np.int64]
) -> None:
    """Convert the analog counts of a step, with the converter's own noise; add the codes up."""
    state = np.empty(4, np.uint64)
    top = read_out.last_code + 0.5
    for p in range(len(total)):
        if len(keys) > 0:
            _seed(~keys[p], state)
        for c in range(total.shape[1]):
            value = (total[p, c] - lowest[p]) * read_out.gain[step, c] + read_out.offset[step, c]
            if len(keys) > 0 and read_out.variance > 0.0:
                value += np.sqrt(read_out.variance) * normal(state)
            if read_out.levels.shape[2] == 0:
                codes[p, c] += np.int64(min(max(value + 0.5, 0.0), top))
            else:
                for k in range(read_out.levels.shape[2]):
                    codes[p, c] += np.int64(value >= read_out.levels[step, c, k])


@njit
def add_counts(codes: NDArray[np.int64], base: Array, step: float, counts: NDArray[np.int32]) -> None:
    """Counts of the added codes, rounded once."""
    for p in range(len(counts)):
        for c in range(counts.shape[1]):
            counts[p, c] = np.int32(np.floor(base[p] + step * codes[p, c] + 0.5))
