"""Random numbers for compiled loops: a generator for every trajectory, normal numbers by the ziggurat.

References
----------
D. Blackman and S. Vigna, ACM Trans. Math. Softw. 47, 36 (2021): xoshiro256+.
G. Marsaglia and W. W. Tsang, J. Stat. Softw. 5, 8 (2000); J. A. Doornik (2005), with 256 layers of 53-bit
numbers.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cimsim._jit import njit

__all__ = ["normal", "seeds", "uniform"]

_LAYERS = 256
_EDGE = 3.6541528853610088
_AREA = 4.92867323399e-3
_UNIT = 2.0**-53


def _layers() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Right edges x of the layers, from the tail inwards, and the density there, exp(-x^2 / 2)."""
    x = np.empty(_LAYERS + 1)
    x[0], x[1], x[_LAYERS] = _AREA / np.exp(-0.5 * _EDGE**2), _EDGE, 0.0
    for k in range(2, _LAYERS):
        x[k] = np.sqrt(-2.0 * np.log(_AREA / x[k - 1] + np.exp(-0.5 * x[k - 1] ** 2)))
    return x, np.exp(-0.5 * x**2)


_X, _DENSITY = _layers()
_SCALE, _RATIO = _X * _UNIT, np.append(_X[1:] / _X[:-1], 0.0)


def seeds(seed: np.random.Generator, n: int) -> NDArray[np.uint64]:
    """(n, 4) states, for n independent sequences."""
    return seed.integers(1, np.iinfo(np.uint64).max, size=(n, 4), dtype=np.uint64)


@njit
def _next(state: NDArray[np.uint64]) -> np.uint64:
    found: np.uint64 = state[0] + state[3]
    shifted = state[1] << np.uint64(17)
    state[2] ^= state[0]
    state[3] ^= state[1]
    state[1] ^= state[2]
    state[0] ^= state[3]
    state[2] ^= shifted
    state[3] = (state[3] << np.uint64(45)) | (state[3] >> np.uint64(19))
    return found


@njit
def uniform(state: NDArray[np.uint64]) -> float:
    """Above 0 and at most 1."""
    number: float = (np.float64(_next(state) >> np.uint64(11)) + 1.0) * _UNIT
    return number


@njit
def normal(state: NDArray[np.uint64]) -> float:
    """The next number of a sequence, of mean 0 and deviation 1; advances ``state`` (4,)."""
    while True:
        bits = _next(state)
        # The lowest bits of xoshiro256+ are its weakest: layer and sign come from above them.
        layer = np.int64((bits >> np.uint64(3)) & np.uint64(_LAYERS - 1))
        size = np.float64(bits >> np.uint64(11))
        sign = 1.0 - 2.0 * np.float64((bits >> np.uint64(2)) & np.uint64(1))
        x: float = size * _SCALE[layer] * sign
        if size * _UNIT < _RATIO[layer]:
            return x
        if layer == 0:
            tail: float = sign * _tail(state)
            return tail
        height = _DENSITY[layer] + uniform(state) * (_DENSITY[layer + 1] - _DENSITY[layer])
        if height < np.exp(-0.5 * x * x):
            return x


@njit
def _tail(state: NDArray[np.uint64]) -> float:
    """A normal number beyond the edge of the layers."""
    while True:
        beyond = -np.log(uniform(state)) / _EDGE
        if -2.0 * np.log(uniform(state)) > beyond * beyond:
            found: float = _EDGE + beyond
            return found
