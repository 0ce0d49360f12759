"""What a Program costs, given what its values pass saw: time, ledger and the range of its energy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from cimsim.arch.build import build_chip
from cimsim.arch.quantity import Draws
from cimsim.mapping.program import Program
from cimsim.sim.counts import ArrayUse, array_use, as_written
from cimsim.sim.ledger import Ledger, book
from cimsim.sim.memory import memory_blocks
from cimsim.sim.ranges import Drawn, draw_costs
from cimsim.sim.reliability import images_until_lost, reliability_summary, warnings_of_cells
from cimsim.sim.summary import cost_summary, warnings_of
from cimsim.sim.timing import Times, run_time
from cimsim.sim.values import Values

__all__ = ["N_COST_DRAWS", "Price", "price"]

N_COST_DRAWS = 512
"""Draws of the sources behind every ``_low`` and ``_high``."""


@dataclass(frozen=True, eq=False)
class Price:
    """The cost of one image, all its passes, on one schedule."""

    times: Times
    ledger: Ledger
    drawn: Drawn
    summary: Mapping[str, Any]
    warnings: tuple[str, ...]
    images_until_lost: Mapping[str, float]


def price(program: Program, values: Values, schedule: str, seed: int = 0) -> Price:
    """Time, energy and area of a network whose values are known.

    Parameters
    ----------
    program : the network on its chip
    values : of the values pass on the same network; passes of an "exact" one for the schedule ``enumerate``
    schedule : how the chip plays the passes, as ``chip.mc_schedule``
    seed : of the draws of the sources
    """
    n_images = len(values.masks)
    times = run_time(program, values.masks, schedule)
    uses = _array_uses(program, values, n_images, schedule)
    ledger = book(program, times, uses, memory_blocks(program, schedule, values.n_passes))
    budgets = images_until_lost(program, uses)
    chips = build_chip(program.chip.spec, Draws(seed, N_COST_DRAWS))
    drawn = draw_costs(replace(program, chip=chips), ledger, times.latency_s)
    return Price(
        times,
        ledger,
        drawn,
        {
            **cost_summary(program, times, ledger, uses, drawn, values.n_passes),
            **reliability_summary(program, budgets),
        },
        (
            *warnings_of(program, times, n_images, values.n_passes, schedule),
            *warnings_of_cells(program, budgets, 1.0 / times.period_s),
        ),
        budgets,
    )


def _array_uses(program: Program, values: Values, n_images: int, schedule: str) -> dict[str, ArrayUse]:
    shares_prefixes = schedule in ("prefix_reuse", "enumerate")
    uses = {
        name: array_use(activity, n_images, shares_prefixes=shares_prefixes)
        for name, activity in values.activities.items()
        if program.placements[name].n_macros
    }
    if program.chip.geometry.n_branches == 2:
        return uses
    return {name: as_written(use, program.graph.node(name)) for name, use in uses.items()}
