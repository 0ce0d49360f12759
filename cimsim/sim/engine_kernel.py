"""The compiled loop of the event engine; `cimsim.sim.engine` says what it plays, `engine_state` on what."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cimsim._jit import fused, intrinsic
from cimsim.sim.engine_state import FULL, NEVER, NONE, State

__all__ = ["run"]


@fused
def run(state: State, log: NDArray[np.int64]) -> int:
    """Play until nothing is pending.

    ``log`` (n, 3) receives stage, start and end of the first n services; returns how many rows were written.
    """
    n_logged = 0
    for s in range(len(state.stages)):
        state.stages[s].missing = 1 + aim(state, state.stages[s])
        set_due(state, np.uint32(s), state.stages[s].release_fs)
    while state.due_fs[1] != NEVER:
        now = state.due_fs[1]
        n_ready, n_started = settle(state, now)
        while n_ready + n_started > 0:
            n_started = request(state, now, n_ready, n_started)
            n_logged = record(state, now, n_started, log, n_logged)
            n_ready = start(state, now, n_started)
            n_started = np.uint32(0)
    return n_logged


@fused
def settle(state: State, now: int) -> tuple[int, int]:
    """Everything due now takes effect; returns how many stages may request and how many got a server."""
    n_ready = n_started = np.uint32(0)
    n_stages = len(state.stages)
    while state.due_fs[1] == now:
        lane = state.due_lane[1]
        lags = lane >= n_stages
        s = state.lagging[lane - n_stages] if lags else lane
        stage = state.stages[s]
        completes = lags or (stage.lag_lane == NONE and stage.started > 0)
        next_fs = NEVER
        if lags:
            following = np.uint32(stage.completed + 1)
            if following < stage.started:
                next_fs = started_at(state, stage, following) + stage.service_fs + stage.latency_fs
        elif stage.started == 0:
            n_ready = satisfy(state, s, n_ready)
        else:
            stage.released += 1
            if stage.released < stage.started:
                next_fs = started_at(state, stage, stage.released) + stage.service_fs
            if state.resources[stage.resource].first == s:
                next_fs = min(next_fs, now + stage.service_fs)
            n_started = hand_over(state, state.resources[stage.resource], n_started)
        set_due(state, lane, next_fs)
        if completes:
            n_ready = complete(state, stage, now, n_ready)
    return n_ready, n_started


@fused
def hand_over(state: State, resource: Any, n_started: int) -> int:
    """A released server goes to the head of the queue, if there is one."""
    head = resource.first
    if head == NONE:
        resource.free += 1
    else:
        resource.first = state.stages[head].behind
        state.started[n_started] = head
        n_started = np.uint32(n_started + 1)
    return n_started


@fused
def complete(state: State, stage: Any, now: int, n_ready: int) -> int:
    """One more item of a stage is completed: consumers may have what they await, producers may have room."""
    stage.completed += 1
    if stage.completed == stage.n_items:
        stage.finish_fs = now
    e = stage.first_out
    while e != NONE:
        edge = state.edges[e]
        if edge.awaited == stage.completed:
            edge.awaited = 0
            n_ready = satisfy(state, edge.consumer, n_ready)
        e = edge.next_out
    e = stage.first_in
    while e != NONE:
        edge = state.edges[e]
        if edge.capacity > 0:
            advance_done(edge)
            is_done = stage.completed == stage.n_items
            edge.freed = state.stages[edge.producer].n_items if is_done else freed(edge)
            if edge.freed >= edge.awaited_freed:
                edge.awaited_freed = FULL
                n_ready = satisfy(state, edge.producer, n_ready)
        e = edge.next_in
    return n_ready


@fused
def satisfy(state: State, s: int, n_ready: int) -> int:
    """One condition of stage ``s`` is met; after the last one it is ready (the list is in order of index)."""
    stage = state.stages[s]
    stage.missing -= 1
    if stage.missing == 0:
        slot = n_ready
        while slot > 0 and state.ready[np.uint32(slot - 1)] > s:
            state.ready[slot] = state.ready[np.uint32(slot - 1)]
            slot = np.uint32(slot - 1)
        state.ready[slot] = s
        n_ready = np.uint32(n_ready + 1)
    return n_ready


@fused
def request(state: State, now: int, n_ready: int, n_started: int) -> int:
    """Each ready stage takes a free server or joins the queue of its resource."""
    for k in range(n_ready):
        s = state.ready[k]
        stage = state.stages[s]
        resource = state.resources[stage.resource]
        stage.asked_fs = now
        if resource.free > 0:
            resource.free -= 1
            state.started[n_started] = s
            n_started = np.uint32(n_started + 1)
        else:
            stage.behind = NONE
            if resource.first == NONE:
                resource.first = s
            else:
                state.stages[resource.last].behind = s
            resource.last = s
    return n_started


@fused
def record(state: State, now: int, n_started: int, log: NDArray[np.int64], n_logged: int) -> int:
    """Log the services that start now while there is room."""
    for k in range(min(np.int64(n_started), len(log) - n_logged)):
        s = state.started[k]
        log[n_logged, 0] = s
        log[n_logged, 1] = now
        log[n_logged, 2] = now + state.stages[s].service_fs
        n_logged += 1
    return n_logged


@fused
def start(state: State, now: int, n_started: int) -> Any:
    """Items that got a server start; stages that may request their next one at once are ready."""
    n_ready = np.uint32(0)
    first_leaf = len(state.due_fs) >> 1
    for k in range(n_started):
        s = state.started[k]
        stage = state.stages[s]
        if stage.started == 0:
            stage.start_fs = now
        stage.waiting_fs += now - stage.asked_fs
        state.resources[stage.resource].busy_fs += stage.service_fs
        state.starts[stage.ring + (stage.started & stage.ring_mask)] = now
        stage.started += 1
        if state.due_fs[first_leaf + s] == NEVER:
            set_due(state, s, now + stage.service_fs)
        if stage.lag_lane != NONE and state.due_fs[first_leaf + stage.lag_lane] == NEVER:
            set_due(state, stage.lag_lane, now + stage.service_fs + stage.latency_fs)
        if stage.started < stage.n_items:
            stage.missing = aim(state, stage)
            if stage.missing == 0:
                state.ready[n_ready] = s
                n_ready = np.uint32(n_ready + 1)
    return n_ready


@fused
def started_at(state: State, stage: Any, item: int) -> Any:
    """Start time of an item in flight."""
    return state.starts[stage.ring + (item & stage.ring_mask)]


@fused
def aim(state: State, stage: Any) -> int:
    """Register what the next item of a stage waits for; returns the number of unmet conditions."""
    missing = 0
    e = stage.first_in
    while e != NONE:
        edge = state.edges[e]
        advance(edge)
        producer = state.stages[edge.producer]
        needed = min(need(edge), np.int64(producer.n_items))
        if producer.completed < needed:
            edge.awaited = needed
            missing += 1
        e = edge.next_in
    e = stage.first_out
    while e != NONE:
        edge = state.edges[e]
        if edge.capacity > 0 and stage.started - edge.freed >= edge.capacity:
            edge.awaited_freed = stage.started - edge.capacity + 1
            missing += 1
        e = edge.next_out
    return missing


@fused
def advance(edge: Any) -> None:
    """Move the cursor of the consumer's next item on by one."""
    edge.left -= 1
    if edge.left == 0:
        edge.left = edge.divide
        edge.x += 1
        if edge.x == edge.width:
            edge.x = 0
            edge.y += 1


@fused
def advance_done(edge: Any) -> None:
    """Move the cursor of the consumer's first uncompleted item on by one."""
    edge.done_left -= 1
    if edge.done_left == 0:
        edge.done_left = edge.divide
        edge.done_x += 1
        if edge.done_x == edge.width:
            edge.done_x = 0
            edge.done_y += 1


@fused
def need(edge: Any) -> Any:
    """Producer items that the consumer's next item needs."""
    row = min(np.int64(edge.y) * edge.stride_y + edge.reach_y, edge.producer_height - 1)
    column = min(np.int64(edge.x) * edge.stride_x + edge.reach_x, edge.producer_width - 1)
    return (row * edge.producer_width + column + 1) * edge.multiply


@fused
def freed(edge: Any) -> Any:
    """Producer items that no uncompleted item of the consumer needs."""
    row = min(np.int64(edge.done_y) * edge.stride_y - edge.pad_y, edge.producer_height)
    column = min(max(np.int64(edge.done_x) * edge.stride_x - edge.pad_x, 0), edge.producer_width)
    return (row * edge.producer_width + column) * edge.multiply if row >= 0 else 0


def choose(condition: bool, first: Any, second: Any) -> Any:
    """``first if condition else second``."""
    return first if condition else second


@intrinsic(choose)
def choose_either(typing_context: Any, condition: Any, first: Any, second: Any) -> Any:
    """`choose` without a branch, for conditions that nothing could predict."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        chosen = builder.select(*arguments)
        chosen.set_metadata("unpredictable", builder.module.add_metadata([]))
        return chosen

    return first(condition, first, first), emit


@fused
def set_due(state: State, lane: int, time_fs: int) -> None:
    """Replace the first event of a lane in the winner tree."""
    node = (len(state.due_fs) >> 1) + lane
    state.due_fs[node] = time_fs
    state.due_lane[node] = lane
    while node > 1:
        rival_fs, rival = state.due_fs[node ^ 1], state.due_lane[node ^ 1]
        is_later = rival_fs < time_fs
        time_fs = choose_either(is_later, rival_fs, time_fs)
        lane = choose_either(is_later, rival, lane)
        node >>= 1
        state.due_fs[node] = time_fs
        state.due_lane[node] = lane
