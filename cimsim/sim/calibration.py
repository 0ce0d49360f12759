"""What it takes to trim the probabilities of the random bits once, before the chip is used."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from cimsim.mapping.program import Program
from cimsim.mapping.randomness import FAIR
from cimsim.workload.graph import Node

__all__ = ["Calibration", "calibration"]


@dataclass(frozen=True)
class Calibration:
    """Bits that are drawn and counted, and how long that takes; banks are trimmed at the same time."""

    bits: int
    time_s: float


def calibration(program: Program) -> Calibration:
    """The loop of `cimsim.circuits.trimming.trim`, once for each level and p that it serves.

    Junctions that share a level are trimmed to their mean p, and count side by side.
    """
    chip = program.chip
    if chip.trimmed is None:
        return Calibration(0, 0.0)
    served = sorted(
        {
            (command.resource, _probability(program.graph.node(name)))
            for command in program.commands
            if command.kind == "draw"
            for name in command.depends_on_masks
        }
    )
    each, bits, draws = chip.trimmed.bits_per_level, 0, dict[str, int]()
    for bank, _ in served:
        n_modules = program.modules[bank]
        n_levels = chip.n_levels(n_modules)
        bits += n_levels * each
        draws[bank] = draws.get(bank, 0) + ceil(n_levels * each / n_modules)
    return Calibration(bits, max(draws.values(), default=0) * chip.timing.draw_s)


def _probability(node: Node) -> float:
    """Of its bits: choices among members and normal numbers are made of fair ones."""
    assert node.dropout is not None
    return 0.5 if node.dropout.kind in FAIR else node.dropout.p
