"""How often each action happens for one image: the Program's counts, times plays, with real activity."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

from cimsim.mapping.placement import reads_per_step
from cimsim.mapping.program import Command, Program
from cimsim.sim.result import Activity
from cimsim.sim.timing import Times
from cimsim.workload.graph import Node

__all__ = ["ArrayUse", "Count", "array_use", "as_written", "count_actions"]


class Count(NamedTuple):
    """An action of a component for a layer: how often, and how long its resource is held for it."""

    component: str
    layer: str
    action: str
    count: float  # type: ignore[assignment]  # not how often a tuple holds something
    busy_s: float


class ArrayUse(NamedTuple):
    """On a layer's subarrays for one image: cells read parallel and antiparallel, word lines driven."""

    parallel: float
    antiparallel: float
    rows_driven: float

    @property
    def cell_reads(self) -> float:
        return self.parallel + self.antiparallel


def array_use(activity: Activity, n_images: int, *, shares_prefixes: bool) -> ArrayUse:
    """Mean over images; where the schedule shares prefixes, each distinct one is read once."""
    if shares_prefixes:
        matches, reads, rows = (
            activity.matches_distinct,
            activity.cell_reads_distinct,
            activity.rows_driven_distinct,
        )
    else:
        matches, reads, rows = activity.matches, activity.cell_reads, activity.rows_driven
    return ArrayUse(matches / n_images, (reads - matches) / n_images, rows / n_images)


def as_written(use: ArrayUse, node: Node) -> ArrayUse:
    """Reads of cells with a single branch, whose state is that of the weight, whatever the input.

    A layer's cells count as if read equally often: exact but where padding or a mask leaves rows undriven.
    """
    parallel = use.cell_reads * float((node.params["weight"] > 0).mean())
    return ArrayUse(parallel, use.cell_reads - parallel, use.rows_driven)


def count_actions(program: Program, times: Times, uses: Mapping[str, ArrayUse]) -> list[Count]:
    """Counts in the order of the commands; the same action of a layer may come more than once.

    Where runs stand for several passes, each value is weighted before it is accumulated.
    A command's resource time is booked on its first action: busy times add up to those of the resources.
    """
    counts: list[Count] = []
    for command in program.commands:
        plays, busy_s = times.n_plays[command.name], times.busy_s[command.name]
        for component, action, count in _actions(command, times):
            found = _exact(program, command, component, action, count * plays, uses)
            if times.is_weighted and (component, action) == ("averaging_unit", "accumulate"):
                found.append(("weigh", count * plays))
            for exact, n in found:
                if n > 0:
                    counts.append(Count(component, command.layer, exact, n, busy_s))
                    busy_s = 0.0
    return counts


def _actions(command: Command, times: Times) -> tuple[tuple[str, str, float], ...]:
    """Those of a command; bits that are drawn ahead of everything else wait in the global buffer."""
    if command.kind != "draw" or not times.is_weighted:
        return command.actions
    n_bits = math.fsum(count for component, _, count in command.actions if component == "stochastic_unit")
    waiting = (("global_buffer", "write_bit", n_bits), ("global_buffer", "read_bit", n_bits))
    return (*command.actions, *waiting)


def _exact(
    program: Program,
    command: Command,
    component: str,
    action: str,
    count: float,
    uses: Mapping[str, ArrayUse],
) -> list[tuple[str, float]]:
    """Replace what depends on data by what the values pass saw."""
    if command.kind != "mvm" or component not in ("cell_array", "wordline_driver"):
        return [(action, count)]
    placement, use = program.placements[command.layer], uses[command.layer]
    if component == "wordline_driver":
        return [(action, use.rows_driven * placement.column_tiles)]
    reads, spare = 1, 0.0
    geometry, reads_of_step = program.chip.geometry, reads_per_step(placement, program.chip.geometry)
    if geometry.biases_unselected_columns:
        reads = reads_of_step
        columns = placement.column_tiles * geometry.n_columns
        spare = use.rows_driven * columns - use.cell_reads
    # What columns without weights hold is not known: half of their cells match.
    found = [
        ("read_parallel", (use.parallel + spare / 2) * reads),
        ("read_antiparallel", (use.antiparallel + spare / 2) * reads),
    ]
    if geometry.reference_columns:
        found.append(("read_reference", use.rows_driven * placement.column_tiles * reads_of_step))
    return found
