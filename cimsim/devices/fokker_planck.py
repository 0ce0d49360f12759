"""Switching of a perpendicular macrospin: the Fokker-Planck equation of z = m_z.

In units of the critical current (i), of the thermal energy (Delta) and of the relaxation time tau_D
(tau = t / tau_D) the density rho(z) of an ensemble that starts around z = +1 obeys::

    d rho / d tau = d/dz [ (i - h - z) (1 - z^2) rho ] + 1 / (2 Delta) d/dz [ (1 - z^2) d rho / dz ]

Cells are equal in the angle. They are kept as pairs (j, side): j counts from a pole to the equator, side 0 is
z > 0. The two sides are independent but for the equator, so a processor works on both at once.

References
----------
W. F. Brown, Phys. Rev. 130, 1677 (1963); W. H. Butler et al., IEEE Trans. Magn. 48, 4684 (2012).
D. L. Scharfetter and H. K. Gummel, IEEE Trans. Electron Devices 16, 64 (1969): the fluxes.
R. Alexander, SIAM J. Numer. Anal. 14, 1006 (1977): the time step.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cimsim._jit import njit

__all__ = ["N_CELLS", "switching_curve"]

Array = NDArray[np.float64]

N_CELLS = 700
_GAMMA = 1.0 - 0.5**0.5
_SHARE = (1.0 - _GAMMA) / _GAMMA


def switching_curve(
    overdrive: float, delta: float, steps: Array, *, n_cells: int = N_CELLS, field: float = 0.0
) -> tuple[Array, Array]:
    """Probabilities of having switched and of not having switched, after each time step.

    Each keeps its relative precision where it is small.

    Parameters
    ----------
    overdrive : current over critical current, positive towards z = -1
    delta : energy barrier over k_B T, from 1 to 300
    steps : (n_steps,) time steps in tau_D; runs of equal steps are fastest
    n_cells : cells of the grid, an even number
    field : applied field over the anisotropy field, positive towards z = +1

    Returns
    -------
    switched, not switched : (n_steps,) mass of rho below and above z = 0

    Raises
    ------
    ValueError : ``delta`` is out of range, ``n_cells`` is odd, or a time step is not above 0
    """
    if not 1.0 <= delta <= 300.0:
        raise ValueError(f"delta must be from 1 to 300 (got {delta:g})")
    if n_cells % 2 or n_cells < 4:
        raise ValueError(f"n_cells must be an even number of at least 4 (got {n_cells})")
    if len(steps) and not np.min(steps) > 0.0:
        raise ValueError(f"time steps must be above 0 (got {np.min(steps):g})")
    found = np.empty((len(steps), 2))
    _march(float(overdrive - field), float(delta), np.ascontiguousarray(steps, np.float64), n_cells, found)
    return np.ascontiguousarray(found[:, 1]), np.ascontiguousarray(found[:, 0])


@njit
def _march(drive: float, delta: float, steps: Array, n_cells: int, found: Array) -> None:
    """Singly diagonally implicit Runge-Kutta steps of second order: two stages with one matrix."""
    half = n_cells // 2
    to_equator, to_pole, mass = _discretise(drive, delta, half)
    lower, inverse, upper = np.empty((half, 2)), np.empty((half, 2)), np.empty((half, 2))
    stage = np.empty((half, 2))
    last = 0.0
    for k in range(len(steps)):
        if steps[k] != last:
            last = steps[k]
            _factor(_GAMMA * last, to_equator, to_pole, lower, inverse, upper)
        _solve(lower, inverse, upper, mass, stage)
        for j in range(half):
            for side in range(2):
                mass[j, side] = (1.0 - _SHARE) * mass[j, side] + _SHARE * stage[j, side]
        _solve(lower, inverse, upper, mass, mass)
        for side in range(2):
            found[k, side] = 0.0
        for j in range(half):
            for side in range(2):
                found[k, side] += mass[j, side]


@njit
def _discretise(drive: float, delta: float, half: int) -> tuple[Array, Array, Array]:
    """Rates of leaving a cell towards equator and pole, and the masses at the start.

    The start is thermal equilibrium without current, above z = 0 only; its sum is 1.
    """
    to_equator, to_pole, mass = np.zeros((half, 2)), np.zeros((half, 2)), np.zeros((half, 2))
    step = 0.5 * np.pi / half
    for side in range(2):
        sign = 1.0 - 2.0 * side
        for j in range(half):
            # Over the face to the next cell; the last face is the equator, whose far cell mirrors this.
            z, here, there = np.cos(step * (j + 1)), np.cos(step * (j + 0.5)), np.cos(step * (j + 1.5))
            conductance = (1.0 - z * z) / (2.0 * delta * (here - there))
            peclet = 2.0 * delta * (drive - sign * z) * sign * (here - there)
            to_equator[j, side] = conductance * _bernoulli(-peclet) / _width(step, j)
            if j + 1 < half:
                to_pole[j + 1, side] = conductance * _bernoulli(peclet) / _width(step, j + 1)
    for j in range(half):
        mass[j, 0] = np.exp(-delta * np.sin(step * (j + 0.5)) ** 2) * _width(step, j)
    return to_equator, to_pole, mass / mass.sum()


@njit
def _width(step: float, j: int) -> float:
    """Of a cell, in z."""
    found: float = 2.0 * np.sin(step * (j + 0.5)) * np.sin(0.5 * step)
    return found


@njit
def _bernoulli(x: float) -> float:
    """x / (exp(x) - 1), which weighs the two sides of a face by the drift between them."""
    if abs(x) < 1e-8:
        return 1.0 - 0.5 * x
    found: float = x / np.expm1(x)
    return found


@njit
def _factor(
    step: float, to_equator: Array, to_pole: Array, lower: Array, inverse: Array, upper: Array
) -> None:
    """Eliminate 1 - step * generator from both poles, without subtractions: entries keep their precision.

    Columns sum to 1, so a pivot is what is left of the one before, plus the rate that leaves downwards. At
    the equator the inverses are those of the last two cells together.
    """
    half = len(lower)
    left = np.ones(2)
    for j in range(half - 1):
        for side in range(2):
            inverse[j, side] = 1.0 / (left[side] + step * to_equator[j, side])
            lower[j, side] = step * to_equator[j, side] * inverse[j, side]
            upper[j, side] = step * to_pole[j + 1, side] * inverse[j, side]
            left[side] = 1.0 + left[side] * upper[j, side]
    over = step * to_equator[half - 1, 0], step * to_equator[half - 1, 1]
    determinant = left[0] * left[1] + left[0] * over[1] + left[1] * over[0]
    for side in range(2):
        inverse[half - 1, side] = (left[1 - side] + over[1 - side]) / determinant
        upper[half - 1, side] = over[1 - side] / determinant


@njit
def _solve(lower: Array, inverse: Array, upper: Array, right: Array, found: Array) -> None:
    """``found`` for a right-hand side; both may be one array."""
    last = len(right) - 1
    above, below = right[0, 0], right[0, 1]
    found[0, 0], found[0, 1] = above, below
    for j in range(1, last + 1):
        above = right[j, 0] + lower[j - 1, 0] * above
        below = right[j, 1] + lower[j - 1, 1] * below
        found[j, 0], found[j, 1] = above, below
    near, far = above, below
    above = inverse[last, 0] * near + upper[last, 0] * far
    below = inverse[last, 1] * far + upper[last, 1] * near
    found[last, 0], found[last, 1] = above, below
    for j in range(last - 1, -1, -1):
        above = found[j, 0] * inverse[j, 0] + upper[j, 0] * above
        below = found[j, 1] * inverse[j, 1] + upper[j, 1] * below
        found[j, 0], found[j, 1] = above, below
