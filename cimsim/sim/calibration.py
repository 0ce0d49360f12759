"""What it takes to trim the probabilities of the random bits once, before the chip is used."""

from __future__ import annotations

from cimsim.mapping.program import Program
from cimsim.mapping.randomness import is_drawn
from cimsim.workload.graph import Node

__all__ = ["STANDARD_ERROR", "calibration_bits"]

STANDARD_ERROR = 0.01
"""Of a probability p after counting n bits, sqrt(p (1 - p) / n)."""

_FAIR = ("instances", "gaussian_scale")


def calibration_bits(program: Program) -> float:
    """Bits that each stochastic unit draws and counts: p (1 - p) / `STANDARD_ERROR` ** 2 for each p."""
    found = {_probability(node) for node in program.graph.nodes if is_drawn(node)}
    return sum(p * (1.0 - p) for p in sorted(found)) / STANDARD_ERROR**2


def _probability(node: Node) -> float:
    """Of its bits: choices among members and normal numbers are made of fair ones."""
    assert node.dropout is not None
    return 0.5 if node.dropout.kind in _FAIR else node.dropout.p
