"""SRAM blocks: energy per bit moved, area and leakage per bit held."""

from __future__ import annotations

from cimsim.circuits.cost import Action, Component, Scalar

__all__ = ["sram"]


def sram(
    name: str,
    unit: str,
    *,
    size_bits: int,
    read_bit_energy_j: Scalar,
    write_bit_energy_j: Scalar,
    bit_area_m2: Scalar,
    bit_leakage_w: Scalar,
) -> Component:
    """A memory of ``size_bits``, one in each ``unit``."""
    actions = {"read_bit": Action(read_bit_energy_j), "write_bit": Action(write_bit_energy_j)}
    return Component(name, size_bits * bit_area_m2, size_bits * bit_leakage_w, actions, unit=unit)
