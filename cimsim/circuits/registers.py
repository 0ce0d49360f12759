"""Registers that keep running sums: every column has its own, whoever takes turns on the read-out."""

from __future__ import annotations

from dataclasses import dataclass

from cimsim.circuits.cost import Scalar

__all__ = ["Registers"]


@dataclass(frozen=True)
class Registers:
    """``n`` registers of ``bits`` bits; ``n`` may be an average share of those of a macro.

    Energy per bit written, area per bit, leakage of one register.
    """

    n: float
    bits: int
    bit_energy_j: Scalar
    bit_area_m2: Scalar
    each_leakage_w: Scalar

    @property
    def write_j(self) -> Scalar:
        """One register is written."""
        return self.bits * self.bit_energy_j

    @property
    def area_m2(self) -> Scalar:
        """Of all of them."""
        return self.n * self.bits * self.bit_area_m2

    @property
    def leakage_w(self) -> Scalar:
        """Of all of them."""
        return self.n * self.each_leakage_w
