"""What a Program costs, given what its values pass saw: time, ledger and the range of its energy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from cimsim.arch.build import ComponentsOf, build_components
from cimsim.arch.quantity import Draws
from cimsim.mapping.program import Program
from cimsim.sim.counts import ArrayUse, array_use, as_written
from cimsim.sim.ledger import Ledger, book
from cimsim.sim.memory import memory_blocks
from cimsim.sim.ranges import Drawn, draw_costs
from cimsim.sim.reliability import images_until_lost, reliability_summary, warnings_of_cells
from cimsim.sim.result import Activity
from cimsim.sim.summary import cost_summary, warnings_of
from cimsim.sim.timing import Times, run_time

__all__ = ["N_COST_DRAWS", "Played", "Price", "price"]

N_COST_DRAWS = 512
"""Draws of the sources behind every ``_low`` and ``_high``."""


TimePass = Callable[[Program, NDArray[np.uint8], str], Times]


class Played(Protocol):
    """What the values pass leaves for the bill, as `cimsim.sim.values.Values` has it."""

    @property
    def masks(self) -> NDArray[np.uint8]: ...
    @property
    def activities(self) -> Mapping[str, Activity]: ...
    @property
    def n_passes(self) -> int: ...


@dataclass(frozen=True, eq=False)
class Price:
    """The cost of one image, all its passes, on one schedule."""

    times: Times
    ledger: Ledger
    drawn: Drawn
    summary: Mapping[str, Any]
    warnings: tuple[str, ...]
    images_until_lost: Mapping[str, float]


def price(
    program: Program,
    values: Played,
    schedule: str,
    seed: int = 0,
    *,
    time: TimePass = run_time,
    components: ComponentsOf = build_components,
) -> Price:
    """Time, energy and area of a network whose values are known.

    Parameters
    ----------
    program : the network on its chip
    values : of the values pass on the same network; passes of an "exact" one for the schedule ``enumerate``
    schedule : how the chip plays the passes, as ``chip.mc_schedule``
    seed : of the draws of the sources
    time : the time pass, or one that remembers what it played
    components : what prices components at draws of their sources, or a `cimsim.arch.build.Builder`'s
    """
    n_images = len(values.masks)
    times = time(program, values.masks, schedule)
    uses = _array_uses(program, values, n_images, schedule)
    ledger = book(program, times, uses, memory_blocks(program, schedule, values.n_passes))
    budgets = images_until_lost(program, uses)
    drawn_costs = components(program.chip.spec, Draws(seed, N_COST_DRAWS))
    chips = replace(program.chip, components=drawn_costs)
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


def _array_uses(program: Program, values: Played, n_images: int, schedule: str) -> dict[str, ArrayUse]:
    shares_prefixes = schedule in ("prefix_reuse", "enumerate")
    uses = {
        name: array_use(activity, n_images, shares_prefixes=shares_prefixes)
        for name, activity in values.activities.items()
        if program.placements[name].n_macros
    }
    if program.chip.geometry.n_branches == 2:
        return uses
    return {name: as_written(use, program.graph.node(name)) for name, use in uses.items()}
