"""What a source of random bits makes of the probability that is asked of it."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["IDEAL", "BitSource"]


@dataclass(frozen=True)
class BitSource:
    """How far the bits of a source are from independent draws with any probability.

    Attributes
    ----------
    n_levels : probabilities are multiples of 1/n_levels; 0 where every one can be set
    correlation : of a bit with the one before it from the same module, from 0 to 1
    n_units : modules that all layers share; they draw in turn
    fair_bits : fair bits that one draw gives
    normal_bits : fair bits whose centred, scaled sum stands for a normal number; 0 for exact ones
    """

    n_levels: int = 0
    correlation: float = 0.0
    n_units: int = 1
    fair_bits: int = 1
    normal_bits: int = 0

    def probability(self, p: float) -> float:
        """The probability that comes closest; what is open stays open, 0 and 1 are exact.

        >>> BitSource(n_levels=8).probability(0.2), BitSource(n_levels=8).probability(1e-6)
        (0.25, 0.125)
        """
        if not self.n_levels or p in (0.0, 1.0):
            return p
        return min(max(round(p * self.n_levels), 1), self.n_levels - 1) / self.n_levels


IDEAL = BitSource()
"""Independent bits of any probability."""
