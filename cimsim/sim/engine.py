"""The event engine: plays a table of stages on FIFO resources in integer femtoseconds.

No domain words here. Arrays in, arrays out; events are made when they are needed, so memory follows the
stages, edges, resources and items in flight, never the number of items.

Semantics
---------
1. A stage requests its items in order. It requests item i when item i-1 has started (item 0: at ``release_fs``),
   every incoming edge has its producer's completed count at ``need(i)`` or above, and every outgoing edge with a
   capacity has ``i - freed < capacity`` (`cimsim.sim.stage_table.Edge` defines both).
2. A resource serves requests first come first served on ``n_servers`` servers. An item holds its server for
   ``service_fs`` and is completed ``latency_fs`` after that.
3. Ties. At one instant, first every release and completion due then takes effect. Then the stages which these
   allow to request join their queues, in order of their index. Then each free server takes the head of its queue;
   a stage whose item starts here and may request the next one at once joins the end of the queue.

As in `Edge`, an item may need fewer items than the one before it (a clipped last row): needs add up in raster order.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cimsim.errors import CapacityError
from cimsim.sim.stage_table import StageTable

__all__ = ["EngineResult", "Intervals", "play"]


@dataclass(frozen=True, eq=False)
class Intervals:
    """The first recorded services, in order of start: equal-length columns."""

    stage: NDArray[np.int64]
    start_fs: NDArray[np.int64]
    end_fs: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class EngineResult:
    """When everything happened.

    Attributes
    ----------
    start_fs, finish_fs : (n_stages,) int64, start of the first item and completion of the last one
    busy_fs : (n_stages,) int64, server time held by the stage
    waiting_fs : (n_stages,) int64, time its requests spent in the queue
    resource_busy_fs : (n_resources,) int64, server time held on each resource (up to end x servers)
    n_events : scheduled releases and completions processed (one per item, two where ``latency_fs > 0``)
    end_fs : completion of the last item of all
    intervals : what ``record`` asked for
    """

    start_fs: NDArray[np.int64]
    finish_fs: NDArray[np.int64]
    busy_fs: NDArray[np.int64]
    waiting_fs: NDArray[np.int64]
    resource_busy_fs: NDArray[np.int64]
    n_events: int
    end_fs: int
    intervals: Intervals


def play(table: StageTable, *, record: int = 0) -> EngineResult:
    """Play every item of every stage to its completion.

    Parameters
    ----------
    table : the program
    record : keep the service intervals of the first ``record`` items to start; changes no number

    Raises
    ------
    CapacityError
        Stages that wait for each other for ever, typically a buffer smaller than the window read from it.
    """
    from cimsim.sim.engine_kernel import open_state, run

    state = open_state(table.stages, table.edges, table.n_servers)
    log = np.zeros((record, 3), np.int64)
    n_events, n_logged = run(state, log)
    stages = state.stages
    stuck = np.flatnonzero(stages["completed"] < stages["n_items"])
    if len(stuck):
        raise _deadlock(table, stages["completed"], stuck)
    resource_busy_fs = np.zeros(len(table.n_servers), np.int64)
    np.add.at(resource_busy_fs, stages["resource"], stages["busy_fs"])
    return EngineResult(
        start_fs=stages["start_fs"].copy(),
        finish_fs=stages["finish_fs"].copy(),
        busy_fs=stages["busy_fs"].copy(),
        waiting_fs=stages["waiting_fs"].copy(),
        resource_busy_fs=resource_busy_fs,
        n_events=int(n_events),
        end_fs=int(stages["finish_fs"].max(initial=0)),
        intervals=Intervals(*log[:n_logged].T),
    )


def _deadlock(table: StageTable, completed: NDArray[np.int64], stuck: NDArray[np.int64]) -> CapacityError:
    """Names the stage held back by a full buffer if there is one, else the first stuck stage."""
    blocked = np.isin(table.edges[:, 0], stuck) & np.isin(table.edges[:, 1], stuck) & (table.edges[:, -1] > 0)
    if blocked.any():
        producer, consumer, *_, capacity = (int(field) for field in table.edges[np.flatnonzero(blocked)[0]])
        rule = f"must have a buffer that holds what {table.name(consumer)} reads at once"
        value, cure = f"capacity {capacity}", "enlarge the buffer"
    else:
        producer = int(stuck[0])
        rule, value, cure = "must not wait for itself", "", "break the cycle of edges"
    done = f"stopped after item {completed[producer]} of {table.stages[producer, 1]}"
    return CapacityError(table.name(producer), rule, f"{value}, {done}" if value else done, cure)
