"""What it takes to trim the probabilities of the random bits once, before the chip is used."""

from __future__ import annotations

from cimsim.mapping.program import Program
from cimsim.mapping.randomness import FAIR
from cimsim.workload.graph import Node

__all__ = ["STANDARD_ERROR", "calibration_bits"]

STANDARD_ERROR = 0.01
"""Of a probability p after counting n bits, sqrt(p (1 - p) / n)."""


def calibration_bits(program: Program) -> float:
    """Bits that are drawn and counted: p (1 - p) / `STANDARD_ERROR` ** 2 for each level and p that it serves.

    Junctions that share a level are trimmed to their mean p.
    """
    served = {
        (command.resource, _probability(program.graph.node(name)))
        for command in program.commands
        if command.kind == "draw"
        for name in command.depends_on_masks
    }
    levels = program.chip.n_levels
    return (
        sum(levels(program.modules[bank]) * p * (1.0 - p) for bank, p in sorted(served)) / STANDARD_ERROR**2
    )


def _probability(node: Node) -> float:
    """Of its bits: choices among members and normal numbers are made of fair ones."""
    assert node.dropout is not None
    return 0.5 if node.dropout.kind in FAIR else node.dropout.p
