"""A superparamagnetic junction as a source of bits: it fluctuates, a bias decides how long in which state."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp

import numpy as np
from numpy.typing import NDArray

from cimsim.circuits.dropout_unit import Condition, SetDac
from cimsim.devices.junction import NOMINAL, Unit
from cimsim.devices.magnet import ROOM_K
from cimsim.devices.scalar import Scalar

__all__ = ["TelegraphUnit"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class TelegraphUnit:
    """Two states with rates that the bias tilts: p = 1 / (1 + exp(-(I - I_b) / I_T)).

    I_T = I_c0 / (4 Delta) of a barrier Delta (1 -+ I / I_c0)^2 follows the temperature.

    Attributes
    ----------
    dac : levels of the bias current, in A
    balance_a, width_a : I_b, where both states are as likely, and I_T at 300 K
    autocorrelation_300k_s, delta_300k : time over which it forgets its state, in balance, and its barrier
    interval_s : between reads
    """

    dac: SetDac
    balance_a: float
    width_a: float
    autocorrelation_300k_s: float
    delta_300k: float
    interval_s: float

    def probability(self, code: NDArray[np.int64], condition: Condition, unit: Unit = NOMINAL) -> Array:
        """Share of the time in the state that counts as 1; the unit's ``critical`` moves I_b."""
        bias_a = self.dac.level_v(code) * (1.0 + condition.level_error)
        balance_a = self.balance_a * unit.critical * (1.0 + condition.ageing)
        width_a = self.width_a / unit.delta * condition.temperature_k / ROOM_K
        return np.asarray(1.0 / (1.0 + np.exp(-(bias_a - balance_a) / width_a)))

    def autocorrelation_s(self, p: Scalar, temperature_k: float = ROOM_K) -> Array:
        """1 / (rate up + rate down): Arrhenius in temperature, shorter out of balance."""
        balanced_s = self.autocorrelation_300k_s * exp(self.delta_300k * (ROOM_K / temperature_k - 1.0))
        return np.asarray(balanced_s * 2.0 * np.sqrt(np.asarray(p) * (1.0 - np.asarray(p))))

    def correlation(self, p: Scalar, temperature_k: float = ROOM_K) -> Array:
        """Of a bit with the one read before it."""
        return np.asarray(np.exp(-self.interval_s / self.autocorrelation_s(p, temperature_k)))
