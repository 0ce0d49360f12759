"""The source of random bits: reset, stochastic set, read."""

from __future__ import annotations

from cimsim.circuits.cost import Action, Component, Scalar
from cimsim.devices.pulse import pulse_energy_j

__all__ = ["stochastic_unit"]


def stochastic_unit(
    *,
    n_units: int,
    write_supply_v: float,
    reset_a: Scalar,
    reset_s: float,
    set_a: Scalar,
    set_s: float,
    driver_overhead: Scalar,
    read_supply_v: Scalar,
    read_a: Scalar,
    read_s: float,
    sense_energy_j: Scalar,
    relax_s: float,
    area_m2: Scalar,
    leakage_w: Scalar,
) -> Component:
    """One random bit: a reset pulse, a set pulse that switches with probability p, and a sensed read.

    Write drivers add ``driver_overhead`` of the pulse energy. The junction relaxes after each write pulse.

    References
    ----------
    The re-arming cycle of SpinDrop and Scale-Dropout (arXiv 2311.15816).
    """
    write = pulse_energy_j(write_supply_v, reset_a, reset_s) + pulse_energy_j(write_supply_v, set_a, set_s)
    energy = (1.0 + driver_overhead) * write + pulse_energy_j(read_supply_v, read_a, read_s) + sense_energy_j
    latency = reset_s + set_s + read_s + 2 * relax_s
    return Component(
        "stochastic_unit",
        area_m2=area_m2,
        leakage_w=leakage_w,
        actions={"draw": Action(energy, latency)},
        unit="chip",
        n_per_unit=n_units,
    )
