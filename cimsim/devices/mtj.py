"""The static magnetic tunnel junction: resistance of both states, its bias, the current through a cell.

References
----------
``TMR(V) = TMR0 / (1 + (V/Vh)^2)`` as in the UT Austin Stochastic_MTJ_Model and the VGSOT-MTJ compact model.
"""

from __future__ import annotations

import math

from cimsim.devices.scalar import Scalar

__all__ = [
    "polarisation_kept",
    "read_current_a",
    "resistance_ohm",
    "resistance_parallel_ohm",
    "tmr",
    "tmr_at",
]

_BIAS_STEPS = 8


def resistance_parallel_ohm(ra_product_ohm_m2: Scalar, diameter_m: Scalar) -> Scalar:
    """Low-bias resistance of the parallel state of a round junction, RA / (pi D^2 / 4).

    Examples
    --------
    >>> round(resistance_parallel_ohm(5e-12, 40e-9))
    3979
    """
    return ra_product_ohm_m2 / (math.pi / 4 * diameter_m**2)


def tmr(voltage_v: Scalar, tmr_zero_bias: Scalar, tmr_half_voltage_v: Scalar) -> Scalar:
    """(R_AP - R_P) / R_P at a voltage across the junction: half of it is left at ``tmr_half_voltage_v``."""
    return tmr_zero_bias / (1.0 + (voltage_v / tmr_half_voltage_v) ** 2)


def read_current_a(
    voltage_v: Scalar,
    *,
    resistance_parallel: Scalar,
    access_resistance: Scalar,
    tmr_zero_bias: Scalar = 0.0,
    tmr_half_voltage_v: Scalar = 1.0,
) -> Scalar:
    """Current through a junction and its access transistor in series, with ``voltage_v`` across both.

    The parallel state by default; give the TMR for the antiparallel state, whose share of the voltage is
    found by fixed-point iteration (the junction's resistance falls with its bias, a contraction).

    Parameters
    ----------
    voltage_v, resistance_parallel, access_resistance, tmr_zero_bias, tmr_half_voltage_v : float or (n_draws,)

    Returns
    -------
    current, in amperes, float or (n_draws,)
    """
    if isinstance(tmr_zero_bias, float) and tmr_zero_bias == 0.0:
        return voltage_v / (resistance_parallel + access_resistance)
    junction_v: Scalar = voltage_v
    for _ in range(_BIAS_STEPS):
        resistance = resistance_parallel * (1.0 + tmr(junction_v, tmr_zero_bias, tmr_half_voltage_v))
        junction_v = voltage_v * resistance / (resistance + access_resistance)
    return junction_v / resistance


def resistance_ohm(
    cosine: Scalar,
    voltage_v: Scalar,
    *,
    resistance_parallel: Scalar,
    tmr_zero_bias: Scalar,
    tmr_half_voltage_v: Scalar,
) -> Scalar:
    """Resistance with the free layer at an angle to the reference, conductance linear in its ``cosine``.

    R_P at cosine +1 and R_P (1 + TMR(V)) at -1.
    """
    bias = 1.0 + (voltage_v / tmr_half_voltage_v) ** 2
    return resistance_parallel * (bias + tmr_zero_bias) / (bias + tmr_zero_bias * (1.0 + cosine) / 2.0)


def polarisation_kept(temperature_k: float, loss_300k: Scalar) -> Scalar:
    """Polarisation at a temperature over that at 300 K; ``loss_300k`` is what is lost between 0 and 300 K."""
    kept: Scalar = (1.0 - loss_300k * (temperature_k / 300.0) ** 1.5) / (1.0 - loss_300k)
    return kept


def tmr_at(temperature_k: float, tmr_300k: Scalar, polarisation_loss_300k: Scalar) -> Scalar:
    """Zero-bias TMR at a temperature, from that at 300 K.

    Julliere's TMR = 2 P^2 / (1 - P^2) with a polarisation P0 (1 - loss (T / 300 K)^1.5).

    References
    ----------
    M. Julliere, Phys. Lett. A 54, 225 (1975); C. H. Shang et al., Phys. Rev. B 58, R2917 (1998) for P(T).
    """
    polarisation2 = (
        tmr_300k / (2.0 + tmr_300k) * polarisation_kept(temperature_k, polarisation_loss_300k) ** 2
    )
    found: Scalar = 2.0 * polarisation2 / (1.0 - polarisation2)
    return found
