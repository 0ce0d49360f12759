"""The compiled loop of the event engine; `cimsim.sim.engine` states the semantics.

Pending events sit in lanes. A stage's items are released in order and completed in order, so a stage has one lane
for releases and, where it has a latency, one for completions; only the first event of a lane is in the tree of
pending events, a winner tree whose root is the lane that is due next.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cimsim._jit import njit

__all__ = ["State", "open_state", "run"]

NEVER = 2**63 - 1

STAGE = np.dtype(
    [
        (name, np.int64)
        for name in (
            *("resource", "n_items", "service_fs", "latency_fs", "release_fs"),
            *("ring", "ring_mask", "first_in", "end_in", "first_out", "end_out"),
            *("started", "released", "completed", "missing"),
            *("asked_fs", "start_fs", "finish_fs", "busy_fs", "waiting_fs"),
        )
    ]
)
"""Per stage: the table's columns; where its ring of start times and its edges lie; item counts and the number of
unmet conditions of its next item; bookings."""

EDGE = np.dtype(
    [
        (name, np.int64)
        for name in (
            *("producer", "consumer", "divide", "multiply", "width", "producer_width", "producer_height"),
            *("stride_y", "stride_x", "reach_y", "reach_x", "pad_y", "pad_x", "capacity"),
            *("awaited", "freed", "awaited_freed"),
        )
    ]
)
"""Per edge: the table's columns; the completed count its consumer waits for (0: none); items freed by the
consumer and how many of them the producer waits for (NEVER: none)."""

RESOURCE = np.dtype([(name, np.int64) for name in ("free", "queue", "queue_mask", "head", "tail", "touched")])
"""Per resource: free servers; where its ring of waiting stages lies; whether something happened there now."""


class State(NamedTuple):
    """Everything the loop reads and writes.

    Attributes
    ----------
    stages, edges, resources : record arrays of `STAGE`, `EDGE` (in order of producer) and `RESOURCE`
    in_edges : (n_edges,) int64, edges in order of consumer
    queues : waiting stages, one ring per resource
    starts : start time of each item in flight, one ring per stage
    due_fs, due_lane : (2 x n_leaves,) int64, winner tree: node k is the earlier of nodes 2k and 2k+1
    """

    stages: NDArray[np.void]
    edges: NDArray[np.void]
    resources: NDArray[np.void]
    in_edges: NDArray[np.int64]
    queues: NDArray[np.int64]
    starts: NDArray[np.int64]
    due_fs: NDArray[np.int64]
    due_lane: NDArray[np.int64]


def open_state(stages: NDArray[np.int64], edges: NDArray[np.int64], n_servers: NDArray[np.int64]) -> State:
    """The state before the first event, from the arrays of a `cimsim.sim.stage_table.StageTable`."""
    n_stages = len(stages)
    edges = edges[np.argsort(edges[:, 0], kind="stable")]
    in_order = np.argsort(edges[:, 1], kind="stable")
    stage = np.zeros(n_stages, STAGE)
    edge = np.zeros(len(edges), EDGE)
    resource = np.zeros(len(n_servers), RESOURCE)
    for record, rows in ((stage, stages), (edge, edges)):
        for column, name in enumerate(record.dtype.names[: rows.shape[1]]):
            record[name] = rows[:, column]
    for side, column in (("out", edges[:, 0]), ("in", edges[in_order, 1])):
        stage[f"first_{side}"] = np.searchsorted(column, np.arange(n_stages), side="left")
        stage[f"end_{side}"] = np.searchsorted(column, np.arange(n_stages), side="right")
    edge["reach_y"] = np.minimum(edge["reach_y"], edge["producer_height"])
    edge["reach_x"] = np.minimum(edge["reach_x"], edge["producer_width"])
    edge["awaited_freed"] = NEVER
    in_flight = n_servers[stage["resource"]] * (1 - -stage["latency_fs"] // stage["service_fs"])
    stage["ring"], stage["ring_mask"], n_starts = _rings(np.minimum(in_flight, stage["n_items"]))
    users = np.bincount(stage["resource"], minlength=len(n_servers))
    resource["free"] = n_servers
    resource["queue"], resource["queue_mask"], n_waiting = _rings(users)
    n_leaves = 1 << int(n_stages * (2 if stage["latency_fs"].any() else 1)).bit_length()
    return State(
        stage.view(np.recarray),
        edge.view(np.recarray),
        resource.view(np.recarray),
        in_order.astype(np.int64),
        np.zeros(n_waiting, np.int64),
        np.zeros(n_starts, np.int64),
        np.full(2 * n_leaves, NEVER, np.int64),
        np.zeros(2 * n_leaves, np.int64),
    )


def _rings(lengths: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    """Offsets and index masks of rings with room for these many entries (powers of two), and their total size."""
    sizes = np.array([1 << max(int(length) - 1, 0).bit_length() for length in lengths], np.int64)
    ends = np.cumsum(sizes)
    return ends - sizes, sizes - 1, int(sizes.sum())


@njit
def run(state: State, log: NDArray[np.int64]) -> tuple[int, int]:
    """Play until nothing is pending; returns the number of events and of rows written to ``log``."""
    stages, edges, resources, in_edges, queues, starts, due_fs, due_lane = state
    n_stages = len(stages)
    touched = np.zeros(len(resources) + 1, np.int64)
    n_events = n_logged = 0
    for s in range(n_stages):
        stages[s].missing = 1
        set_due(due_fs, due_lane, s, stages[s].release_fs)
    while due_fs[1] != NEVER:
        now = due_fs[1]

        # Phase 1, settle: all that is due now takes effect; stages that become able to request join their queues.
        while due_fs[1] == now:
            lane = due_lane[1]
            s = lane if lane < n_stages else lane - n_stages
            stage = stages[s]
            next_fs = NEVER
            if lane >= n_stages:
                complete(state, s, now, touched)
                if stage.completed < stage.started:
                    next_fs = starts[stage.ring + (stage.completed & stage.ring_mask)] + stage.service_fs + stage.latency_fs
                n_events += 1
            elif stage.released == stage.started:
                stage.missing += aim(stages, edges, in_edges, s)
                satisfy(state, s, now, touched)
            else:
                stage.released += 1
                resources[stage.resource].free += 1
                touch(resources, stage.resource, touched)
                if stage.latency_fs == 0:
                    complete(state, s, now, touched)
                if stage.released < stage.started:
                    next_fs = starts[stage.ring + (stage.released & stage.ring_mask)] + stage.service_fs
                n_events += 1
            set_due(due_fs, due_lane, lane, next_fs)

        # Phase 2, serve: free servers take the heads of their queues; a stage whose item starts may request the next.
        for k in range(1, touched[0] + 1):
            resource = resources[touched[k]]
            resource.touched = 0
            while resource.free > 0 and resource.head < resource.tail:
                s = queues[resource.queue + (resource.head & resource.queue_mask)]
                resource.head += 1
                resource.free -= 1
                start(stages[s], starts, due_fs, due_lane, s, n_stages, now)
                if n_logged < len(log):
                    log[n_logged, 0] = s
                    log[n_logged, 1] = now
                    log[n_logged, 2] = now + stages[s].service_fs
                    n_logged += 1
                if stages[s].started < stages[s].n_items:
                    stages[s].missing = aim(stages, edges, in_edges, s)
                    if stages[s].missing == 0:
                        stages[s].asked_fs = now
                        queues[resource.queue + (resource.tail & resource.queue_mask)] = s
                        resource.tail += 1
        touched[0] = 0
    return n_events, n_logged


@njit
def start(stage: Any, starts: Any, due_fs: Any, due_lane: Any, s: int, n_stages: int, now: int) -> None:
    """The requested item of stage ``s`` takes a server."""
    i = stage.started
    if i == 0:
        stage.start_fs = now
    stage.waiting_fs += now - stage.asked_fs
    stage.busy_fs += stage.service_fs
    starts[stage.ring + (i & stage.ring_mask)] = now
    stage.started = i + 1
    if stage.released == i:
        set_due(due_fs, due_lane, s, now + stage.service_fs)
    if stage.latency_fs > 0 and stage.completed == i:
        set_due(due_fs, due_lane, n_stages + s, now + stage.service_fs + stage.latency_fs)


@njit
def complete(state: State, s: int, now: int, touched: Any) -> None:
    """One more item of stage ``s`` counts as completed: consumers that awaited it and producers it frees go on."""
    stages, edges = state.stages, state.edges
    stage = stages[s]
    stage.completed += 1
    stage.finish_fs = now
    for e in range(stage.first_out, stage.end_out):
        if edges[e].awaited == stage.completed:
            edges[e].awaited = 0
            satisfy(state, edges[e].consumer, now, touched)
    for k in range(stage.first_in, stage.end_in):
        e = state.in_edges[k]
        if edges[e].capacity > 0:
            done = stage.completed == stage.n_items
            edges[e].freed = stages[edges[e].producer].n_items if done else freed(edges[e], stage.completed)
            if edges[e].freed >= edges[e].awaited_freed:
                edges[e].awaited_freed = NEVER
                satisfy(state, edges[e].producer, now, touched)


@njit
def aim(stages: Any, edges: Any, in_edges: Any, s: int) -> int:
    """Register what the next item of stage ``s`` waits for; returns the number of unmet conditions."""
    stage = stages[s]
    i = stage.started
    missing = 0
    for k in range(stage.first_in, stage.end_in):
        edge = edges[in_edges[k]]
        producer = stages[edge.producer]
        needed = min(need(edge, i), producer.n_items)
        if producer.completed < needed:
            edge.awaited = needed
            missing += 1
    for e in range(stage.first_out, stage.end_out):
        edge = edges[e]
        if edge.capacity > 0 and i - edge.freed >= edge.capacity:
            edge.awaited_freed = i - edge.capacity + 1
            missing += 1
    return missing


@njit
def need(edge: Any, i: int) -> int:
    """Producer items that item ``i`` of the consumer waits for."""
    position = i // edge.divide
    y = position // edge.width
    x = position - y * edge.width
    row = min(y * edge.stride_y + edge.reach_y, edge.producer_height - 1)
    column = min(x * edge.stride_x + edge.reach_x, edge.producer_width - 1)
    return (row * edge.producer_width + column + 1) * edge.multiply


@njit
def freed(edge: Any, n_completed: int) -> int:
    """Producer items that a consumer with ``n_completed`` of its items done needs no more."""
    position = n_completed // edge.divide
    y = position // edge.width
    x = position - y * edge.width
    row = y * edge.stride_y - edge.pad_y
    column = min(max(x * edge.stride_x - edge.pad_x, 0), edge.producer_width)
    return max(row * edge.producer_width + column, 0) * edge.multiply if row >= 0 else 0


@njit
def satisfy(state: State, s: int, now: int, touched: Any) -> None:
    """One condition of stage ``s`` is met; after the last one it joins its queue, by index among those of this instant."""
    stages, queues = state.stages, state.queues
    stage = stages[s]
    stage.missing -= 1
    if stage.missing > 0:
        return
    stage.asked_fs = now
    resource = state.resources[stage.resource]
    base, mask = resource.queue, resource.queue_mask
    slot = resource.tail
    while slot > resource.head:
        other = queues[base + (slot - 1 & mask)]
        if other < s or stages[other].asked_fs < now:
            break
        queues[base + (slot & mask)] = other
        slot -= 1
    queues[base + (slot & mask)] = s
    resource.tail += 1
    if resource.free > 0:
        touch(state.resources, stage.resource, touched)


@njit
def touch(resources: Any, r: int, touched: Any) -> None:
    """Remember to serve resource ``r`` at the end of this instant."""
    if resources[r].touched == 0:
        resources[r].touched = 1
        touched[0] += 1
        touched[touched[0]] = r


@njit
def set_due(due_fs: Any, due_lane: Any, lane: int, time_fs: int) -> None:
    """Put the first event of a lane into the winner tree, replacing the one it had."""
    node = len(due_fs) // 2 + lane
    due_fs[node] = time_fs
    due_lane[node] = lane
    while node > 1:
        rival_fs, rival = due_fs[node ^ 1], due_lane[node ^ 1]
        wins = rival_fs < time_fs
        time_fs = rival_fs if wins else time_fs
        lane = rival if wins else lane
        node >>= 1
        due_fs[node] = time_fs
        due_lane[node] = lane
