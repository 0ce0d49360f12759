"""Analog-to-digital converters: energy, time and area against bits."""

from __future__ import annotations

from cimsim.circuits.cost import Action, Component, Scalar

__all__ = ["flash_adc", "sar_adc", "walden_adc"]


def sar_adc(
    *,
    n_per_macro: int,
    bits: int,
    bit_energy_j: Scalar,
    step_energy_j: Scalar,
    bit_latency_s: float,
    bit_area_m2: Scalar,
    step_area_m2: Scalar,
    leakage_w: Scalar,
) -> Component:
    """Successive approximation: a comparison per bit, a capacitor array that doubles with each bit.

    ``E = bits * bit_energy_j + 2**bits * step_energy_j``, area alike; one more bit time to sample.
    """
    steps = 2**bits
    energy = bits * bit_energy_j + steps * step_energy_j
    return Component(
        "adc",
        area_m2=bits * bit_area_m2 + steps * step_area_m2,
        leakage_w=leakage_w,
        actions={"convert": Action(energy, (bits + 1) * bit_latency_s)},
        unit="macro",
        n_per_unit=n_per_macro,
    )


def flash_adc(
    *,
    n_per_macro: int,
    bits: int,
    comparator_energy_j: Scalar,
    encoder_energy_j: Scalar,
    comparator_latency_s: float,
    encoder_latency_s: float,
    comparator_area_m2: Scalar,
    leakage_w: Scalar,
) -> Component:
    """All ``2**bits - 1`` comparisons at once, then an encoder: one level of it per bit."""
    comparators = 2**bits - 1
    energy = comparators * comparator_energy_j + bits * encoder_energy_j
    return Component(
        "adc",
        area_m2=comparators * comparator_area_m2,
        leakage_w=leakage_w,
        actions={"convert": Action(energy, comparator_latency_s + bits * encoder_latency_s)},
        unit="macro",
        n_per_unit=n_per_macro,
    )


def walden_adc(
    *,
    n_per_macro: int,
    effective_bits: float,
    figure_of_merit_j: Scalar,
    rate_hz: float,
    area_m2: Scalar,
    leakage_w: Scalar,
) -> Component:
    """A converter by the energy of one step: twice as much for each bit, a result each ``1 / rate_hz``."""
    return Component(
        "adc",
        area_m2=area_m2,
        leakage_w=leakage_w,
        actions={"convert": Action(2**effective_bits * figure_of_merit_j, 1.0 / rate_hz)},
        unit="macro",
        n_per_unit=n_per_macro,
    )
