"""How long a perpendicular junction takes to switch under a steady current: mean and quantiles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cimsim.devices.escape import escape_rate
from cimsim.devices.fokker_planck import switching_curve

__all__ = ["SwitchingTime", "switching_time"]

_STEPS, _LEAST, _DOUBLINGS = 4000, 1e-9, 20
_RARE = 12.0


@dataclass(frozen=True, eq=False)
class SwitchingTime:
    """Times in tau_D: their mean, and those by which given shares have switched."""

    mean: float
    quantiles: NDArray[np.float64]


def switching_time(
    overdrive: float, delta: float, shares: tuple[float, ...] = (0.1, 0.5, 0.9)
) -> SwitchingTime:
    """From thermal equilibrium, until m_z is below 0.

    Parameters
    ----------
    overdrive : current over critical current
    delta : barrier over k_B T, from 1 to 300
    shares : for the quantiles

    Raises
    ------
    ValueError : the barrier is so low that some junctions are always on their way back

    Notes
    -----
    The mean is the integral of the probability of not having switched. Where the barrier is still far above
    the thermal energy, Delta (1 - i)^2 > 12, switching is a matter of chance at the escape rate: exponential
    times.
    """
    if overdrive < 0.9 and delta * (1.0 - overdrive) ** 2 > _RARE:
        mean = 1.0 / escape_rate(overdrive, delta)
        return SwitchingTime(mean, -mean * np.log1p(-np.asarray(shares)))
    span = 4.0 * (np.log(4.0 * delta) + 2.0) / max(overdrive, 0.5)
    for _ in range(_DOUBLINGS):
        step = span / _STEPS
        switched, kept = switching_curve(overdrive, delta, np.full(_STEPS, step))
        if kept[-1] < _LEAST:
            tau = step * np.arange(_STEPS + 1)
            mean = step * (0.5 + float(kept.sum()))
            return SwitchingTime(mean, np.interp(shares, np.concatenate([[0.0], switched]), tau))
        span *= 2.0
    raise ValueError(f"junctions return over so low a barrier: overdrive {overdrive:g}, delta {delta:g}")
