"""Closed forms of switching, each with the range where it may stand in for the Fokker-Planck equation.

Lengths of time are in tau_D and rates in 1/tau_D, ``overdrive`` is current over critical current, ``delta``
the barrier over k_B T. Errors are against `cimsim.devices.fokker_planck`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "koch_rate",
    "precessional_error",
    "precessional_mean_time",
    "thermal_rate",
]

Array = NDArray[np.float64]
Number = float | Array

_EULER = 0.5772156649015329


def thermal_rate(overdrive: Number, delta: Number) -> Array:
    """Rate of thermally activated switching of a perpendicular junction, overdrive below 1.

    (1 - 1/x) sqrt(Delta / pi) (1 - i^2) (1 - i) exp(-x) with x = Delta (1 - i)^2. Good to 4 % where x is
    above 5.

    References
    ----------
    Kramers' limit of Brown (1963) with the spin torque as a field; the exponent 2 is that of a perpendicular
    easy axis.
    """
    i = np.asarray(overdrive, np.float64)
    exponent = np.asarray(delta * (1.0 - i) ** 2)
    attempt = np.sqrt(np.asarray(delta) / np.pi) * (1.0 - i**2) * (1.0 - i)
    return np.asarray((1.0 - 1.0 / exponent) * attempt * np.exp(-exponent))


def koch_rate(overdrive: Number, delta: Number, *, exponent: float = 1.0, attempt_rate: float = 1.0) -> Array:
    """Textbook rate ``attempt_rate`` exp(-Delta (1 - i)^exponent), for in-plane junctions and for fits.

    With its own exponent, 1, it keeps a larger barrier than a perpendicular junction has: at Delta 60 and i
    = 0.3 it understates read disturb by about six orders of magnitude.

    References
    ----------
    R. H. Koch et al., Phys. Rev. Lett. 92, 088302 (2004); Z. Li and S. Zhang, Phys. Rev. B 69, 134416 (2004).
    """
    i = np.asarray(overdrive, np.float64)
    return np.asarray(attempt_rate * np.exp(-np.asarray(delta) * (1.0 - i) ** exponent))


def precessional_error(overdrive: Number, tau: Number, delta: Number) -> Array:
    """Probability of not having switched after ``tau``, overdrive above 1.

    1 - exp(-u_c Delta (i - 1) / (i exp(2 (i - 1) tau) - 1)). The time to any error down to 1e-9 is good to 1
    % from i = 2.5, to 10 % from 1.5; at 1.25 it is 20 to 30 % off, below it is of no use.

    References
    ----------
    The crossing time of a macrospin without noise, averaged over a Gaussian start with noise in the linear
    stage; W. H. Butler et al., IEEE Trans. Magn. 48, 4684 (2012) has the same form with u_c = pi^2 / 4.
    """
    i = np.asarray(overdrive, np.float64)
    growth = i * np.exp(np.minimum(2.0 * (i - 1.0) * tau, 700.0)) - 1.0
    return np.asarray(-np.expm1(-_crossing(i) * delta * (i - 1.0) / growth))


def precessional_mean_time(overdrive: Number, delta: Number) -> Array:
    """Mean switching time, (C + ln(u_c Delta (i - 1) / i)) / (2 (i - 1)); within 1 % from i = 2, 4 % at 1.5.

    References
    ----------
    J. Z. Sun, Phys. Rev. B 62, 570 (2000) has pi^2 / 4 for u_c (i - 1) / i: too long by a quarter at i = 2.
    """
    i = np.asarray(overdrive, np.float64)
    return np.asarray((_EULER + np.log(_crossing(i) * delta * (i - 1.0) / i)) / (2.0 * (i - 1.0)))


def _crossing(i: Array) -> Array:
    """u_c of a start at angle theta_0: theta_0^2 u_c / 2 marks the trajectories that just cross in time."""
    return np.asarray(2.0 * ((i - 1.0) / i) ** (2.0 / (i + 1.0)) * 2.0 ** ((i - 1.0) / (i + 1.0)))
