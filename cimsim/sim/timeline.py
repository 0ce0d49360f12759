"""Service intervals of one image, joined where they touch, for the figure and the trace."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cimsim.mapping.program import Command, Program
from cimsim.sim.engine import Intervals
from cimsim.sim.result import Timeline

__all__ = ["MAX_INTERVALS", "timeline"]

MAX_INTERVALS = 2_000_000
"""Services recorded at most; what starts later is left out of the picture, never out of a number."""


def timeline(
    program: Program, commands: Sequence[Command], intervals: Intervals, n_repeats: int, period_fs: int
) -> Timeline:
    """The intervals of one play, repeated ``n_repeats`` times every ``period_fs``.

    Parameters
    ----------
    commands : the command behind each stage of the play
    """
    names = tuple(command.name for command in program.commands)
    index = {name: i for i, name in enumerate(names)}
    command_of = np.array([index[command.name] for command in commands], np.int32)
    resources = tuple(program.resources)
    place = {name: i for i, name in enumerate(resources)}
    resource_of = np.array([place[command.resource] for command in program.commands], np.int32)
    stage, start, end = _joined(command_of[intervals.stage], intervals.start_fs, intervals.end_fs)
    shift = np.repeat(np.arange(n_repeats, dtype=np.int64) * period_fs, len(stage))
    stage = np.tile(stage, n_repeats)
    return Timeline(
        names,
        resources,
        stage,
        resource_of[stage],
        np.tile(start, n_repeats) + shift,
        np.tile(end, n_repeats) + shift,
    )


def _joined(
    stage: NDArray[np.int32], start: NDArray[np.int64], end: NDArray[np.int64]
) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int64]]:
    """Merge intervals of one stage where the next begins as one ends; in order of start."""
    order = np.lexsort((start, stage))
    stage, start, end = stage[order], start[order], end[order]
    is_new = np.ones(len(stage), np.bool_)
    is_new[1:] = (stage[1:] != stage[:-1]) | (start[1:] != end[:-1])
    first = np.flatnonzero(is_new)
    last = np.append(first[1:], len(stage)) - 1 if len(stage) else first
    stage, start, end = stage[first], start[first], end[last]
    order = np.lexsort((stage, start))
    return stage[order], start[order], end[order]
