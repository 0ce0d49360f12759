"""Conductances that change with the time since they were written."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Drift"]

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Drift:
    """Power law of resistive memories: G(t) = G(start) * (t / start)**-nu, with a nu for each device.

    Each pair of numbers is of the low resistance (parallel) and of the high one (antiparallel).

    Attributes
    ----------
    log_time : ln(t / start), at least 0
    exponents, deviations : mean and deviation of nu, normal; a device with nu below 0 conducts more and more
    access_shares : what the access transistor, which does not drift, has of a branch's resistance
    """

    log_time: float
    exponents: tuple[float, float]
    deviations: tuple[float, float]
    access_shares: tuple[float, float]

    def draw(self, is_parallel: Flags, generator: np.random.Generator) -> Array:
        """What the currents of branches in these states are multiplied by, a nu for each; same shape."""
        mean, deviation, share = (
            np.where(is_parallel, *pair) for pair in (self.exponents, self.deviations, self.access_shares)
        )
        exponent = mean + deviation * generator.standard_normal(is_parallel.shape)
        resistance = np.exp(exponent * self.log_time)
        return np.asarray(1.0 / (share + (1.0 - share) * resistance))
