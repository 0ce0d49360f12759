"""All of ``summary.json``: what a network answers, and what that costs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cimsim.mapping.program import Program
from cimsim.sim.instances import dropout_p, warnings_of_bits
from cimsim.sim.margins import warnings_of_sums
from cimsim.sim.price import Price
from cimsim.sim.settings import Settings

__all__ = ["run_summary"]


def run_summary(
    program: Program,
    dataset: str,
    settings: Settings,
    told: Mapping[str, Any],
    scores: Mapping[str, Any],
    scores_of_chips: Mapping[str, Any],
    cost: Price,
) -> dict[str, Any]:
    """The numbers of a run under their names.

    Parameters
    ----------
    told : `Settings.told`
    scores : of the answers
    scores_of_chips : of those out of the spread, if any
    """
    draws = settings.schedule != "enumerate"
    return {
        "architecture": program.chip.spec.name,
        "workload": program.graph.name,
        "dataset": dataset,
        **scores,
        **told,
        "array_errors_modelled": settings.fidelity != "ideal",
        **cost.summary,
        "dropout_p": dropout_p(program.graph, program.chip) if draws else {},
        **scores_of_chips,
        "warnings": [
            *cost.warnings,
            *warnings_of_bits(program, settings.schedule),
            *warnings_of_sums(program, settings.fidelity),
        ],
    }
