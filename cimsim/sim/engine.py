"""The event engine: plays a table of stages on FIFO resources in integer femtoseconds.

No domain words here. Arrays in, arrays out; events are made when they are needed, so memory follows the
stages, edges, resources and items in flight, never the number of items.

Semantics
---------
1. A stage requests its items in order. It requests item i when item i-1 has started (item 0: at its
   ``release_fs``), the producer of every incoming edge has completed the items that item i needs, and for
   every outgoing edge with a capacity ``i - freed < capacity`` (`Edge` defines what is needed and freed).
2. A resource serves requests first come first served on ``n_servers`` servers. An item holds its server for
   ``service_fs`` and is completed ``latency_fs`` after that.
3. Ties. At one instant, first every release and completion due then takes effect, and a released server goes
   to the head of its queue. Then the stages which these events allow to request do so in order of index: each
   gets a free server or joins the end of the queue. Last, each stage whose item just started and that may
   request the next one at once does so, in order of start, until nothing starts any more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cimsim.errors import CapacityError
from cimsim.sim.stage_table import StageTable

if TYPE_CHECKING:
    from cimsim.sim.engine_state import State

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
    resource_busy_fs : (n_resources,) int64, server time booked on each resource (at most end x servers)
    n_events : scheduled releases and completions processed: one per item, two where it has a latency
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
    from cimsim.sim.engine_kernel import run
    from cimsim.sim.engine_state import open_state

    n_items, service_fs, latency_fs = (table.stages[:, column] for column in (1, 2, 3))
    state = open_state(table.stages, table.edges, table.n_servers)
    log = np.zeros((min(record, int(n_items.sum())), 3), np.int64)
    n_logged = run(state, log)
    if (state.stages["completed"] < n_items).any():
        raise _deadlock(table, state)
    return EngineResult(
        start_fs=state.stages["start_fs"].copy(),
        finish_fs=state.stages["finish_fs"].copy(),
        busy_fs=n_items * service_fs,
        waiting_fs=state.stages["waiting_fs"].copy(),
        resource_busy_fs=state.resources["busy_fs"].copy(),
        n_events=int((n_items * (1 + (latency_fs > 0))).sum()),
        end_fs=int(state.stages["finish_fs"].max(initial=0)),
        intervals=Intervals(*log[:n_logged].T),
    )


def _deadlock(table: StageTable, state: State) -> CapacityError:
    """Blames a buffer smaller than what one item reads, else a full one, else the first stuck stage."""
    from cimsim.sim.engine_state import FULL

    is_full = state.edges["awaited_freed"] < FULL
    is_small = is_full & (state.edges["awaited"] > 0)
    for edge in np.flatnonzero(is_small if is_small.any() else is_full)[:1]:
        needed = int(state.edges["awaited"][edge] - state.edges["freed"][edge])
        place, capacity = f"{table.edge_name(edge)}: capacity", str(table.edges[edge, -1])
        if is_small[edge]:
            cure = f"raise it to at least {needed}"
            return CapacityError(place, "must hold what one item reads", capacity, cure)
        rule = "must hold what waits for other inputs of the reader"
        return CapacityError(place, rule, capacity, "raise it")
    completed, n_items = state.stages["completed"], state.stages["n_items"]
    stuck = int(np.flatnonzero(completed < n_items)[0])
    done = f"stopped after item {completed[stuck]} of {n_items[stuck]}"
    return CapacityError(table.name(stuck), "must not wait for itself", done, "break the cycle of edges")
