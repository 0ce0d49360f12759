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

    def mean_factors(self) -> tuple[float, float]:
        """By which the current of a branch changes whose device has the mean nu."""
        low, high = self._factor(np.array(self.exponents), np.array(self.access_shares))
        return float(low), float(high)

    def draw(self, is_parallel: Flags, generator: np.random.Generator) -> Array:
        """The same of branches in these states, each device out of the spread; same shape."""
        mean, deviation, share = (
            np.where(is_parallel, *pair) for pair in (self.exponents, self.deviations, self.access_shares)
        )
        return self._factor(mean + deviation * generator.standard_normal(is_parallel.shape), share)

    def _factor(self, exponent: Array, access_share: Array) -> Array:
        resistance = np.exp(exponent * self.log_time)
        return np.asarray(1.0 / (access_share + (1.0 - access_share) * resistance))
