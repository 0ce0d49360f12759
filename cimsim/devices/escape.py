"""Rare switching, far below the critical current: rates, retention, read disturb."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

__all__ = ["MOST_OVERDRIVE", "disturb_probability", "escape_rate"]

MOST_OVERDRIVE = 0.95
"""Up to here a well is left by the noise, further on by the torque."""

_POINTS = 8001
_REACH = 0.9


@lru_cache(maxsize=4096)
def escape_rate(overdrive: float, delta: float) -> float:
    """Rate at which a perpendicular junction in equilibrium leaves its well, in 1/tau_D.

    One over the mean first-passage time from the well, over the barrier at z = i, to nine tenths of the way
    down and at least to z = 0: the exact double integral, however small the rate. A current of the other
    sign (``overdrive`` < 0) makes the well deeper. Where hardly a barrier is left it is still one over that
    time, but escape is no longer equally likely at any time.

    Parameters
    ----------
    overdrive : current over critical current, from -0.95 to 0.95
    delta : barrier over k_B T

    Raises
    ------
    ValueError : ``overdrive`` is out of range: there is no barrier

    References
    ----------
    H. Risken, The Fokker-Planck Equation (1989), section 5.2.7, for the equation of
    `cimsim.devices.fokker_planck`.
    """
    if not abs(overdrive) <= MOST_OVERDRIVE:
        raise ValueError(f"no barrier is left at overdrive {overdrive:g} and delta {delta:g}")
    end = min(0.0, overdrive - _REACH * min(1.0 - overdrive, 1.0 + overdrive))
    z = np.linspace(1.0, end, _POINTS)
    log_density = delta * (z * z - 2.0 * overdrive * z)
    density = np.exp(log_density - log_density.max())
    step = z[0] - z[1]
    mass = step * np.concatenate([[0.0], np.cumsum(0.5 * (density[1:] + density[:-1]))])
    passage = np.exp(log_density.max() - log_density[1:]) * mass[1:] * 2.0 * delta / (1.0 - z[1:] ** 2)
    return 1.0 / float(step * (passage.sum() - 0.5 * passage[-1] + 0.5 * 2.0 * delta * 0.5))


def disturb_probability(overdrive: float, delta: float, tau: float) -> float:
    """That a junction switches within ``tau`` (in tau_D): retention at no current, or a read."""
    return float(-np.expm1(-escape_rate(overdrive, delta) * tau))
