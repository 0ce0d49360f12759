"""The distance of two images in a stream whose passes overlap."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cimsim.mapping.program import Program
from cimsim.sim.engine import play
from cimsim.sim.schedule import Plan, stage_table
from cimsim.units import to_femtoseconds

__all__ = ["LONGEST_PLAY", "Period", "stream_period"]

LONGEST_PLAY = 64
"""Passes played at most before the distance is a mean instead of a constant."""


class Period(NamedTuple):
    """Time between two images, and whether it is exact or a mean."""

    fs: float
    is_exact: bool


def stream_period(program: Program, n_passes: int, latency_fs: int) -> Period:
    """Time from one image to the next, both of ``n_passes`` passes.

    Longer and longer streams are played until every command repeats at one distance (of 1, 2 or 4 passes) in
    the middle of the stream, away from its start and end: this is exact. Where none does within
    `LONGEST_PLAY`, it is the mean distance there, though not below what the busiest resource needs. It is
    never more than ``latency_fs``: the next image may wait until the chip is empty.
    """
    n_runs = 8
    while n_runs <= LONGEST_PLAY:
        table, _ = stage_table(program, Plan(n_runs, 1, {}, is_tree=False))
        finish = play(table).finish_fs.reshape(-1, n_runs)
        distance = _constant(finish, n_runs // 2)
        if distance is not None:
            return Period(min(n_passes * distance, latency_fs), True)
        n_runs *= 2
    quarter = finish.shape[1] // 4
    mean = (finish[-1, 3 * quarter] - finish[-1, quarter]) / (2 * quarter)
    return Period(min(n_passes * max(float(mean), _busiest_fs(program)), latency_fs), False)


def _constant(finish: NDArray[np.int64], middle: int) -> float | None:
    """Distance of passes around the middle if all commands agree on it, else None."""
    for n_steps in (1, 2, 4):
        early = middle - 1 - n_steps // 2
        if early + n_steps + 3 > finish.shape[1] - 1:
            return None
        steps = finish[:, early + n_steps : early + n_steps + 3] - finish[:, early : early + 3]
        if (steps == steps[0, 0]).all():
            return float(steps[0, 0]) / n_steps
    return None


def _busiest_fs(program: Program) -> float:
    """Time that a pass holds the busiest resource, over its servers."""
    busy = dict.fromkeys(program.resources, 0)
    for command in program.commands:
        busy[command.resource] += command.n_items * to_femtoseconds(command.service_s)
    return max(time / program.resources[name] for name, time in busy.items())
