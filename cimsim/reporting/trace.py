"""The timeline of one image as a Chrome trace, to open in Perfetto (ui.perfetto.dev)."""

from __future__ import annotations

import heapq
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cimsim.sim.result import Timeline

__all__ = ["MAX_SLICES", "trace_text"]

MAX_SLICES = 100_000
"""Intervals in a trace at most, earliest first: about 10 MB, which the viewer still opens at once."""

_FS_PER_US = 1e9


def trace_text(timeline: Timeline, servers: Mapping[str, int], *, process: str) -> str:
    """JSON in the Chrome trace-event format: one track per server of a resource, times in microseconds.

    Parameters
    ----------
    servers : parallel servers by resource; a resource with more than one gets that many tracks
    process : name over all tracks, the chip's

    A longer timeline is cut after its first `MAX_SLICES` intervals, and the name over all tracks says so.

    References
    ----------
    "Trace Event Format", section "Complete Events", Google, 2016
    """
    timeline, title = _beginning(timeline, process)
    events: list[dict[str, Any]] = [_metadata("process_name", 0, title)]
    track = 0
    for index, resource in enumerate(timeline.resources):
        here = np.flatnonzero(timeline.resource == index)
        here = here[np.lexsort((timeline.end_fs[here], timeline.start_fs[here]))]
        lanes = _lanes(timeline.start_fs[here], timeline.end_fs[here])
        n_lanes = max(servers.get(resource, 1), int(lanes.max(initial=0)) + 1)
        for lane in range(n_lanes):
            name = resource if n_lanes == 1 else f"{resource} #{lane + 1}"
            events.append(_metadata("thread_name", track + lane, name))
            events.extend(_slices(timeline, here[lanes == lane], track + lane))
        track += n_lanes
    return json.dumps({"displayTimeUnit": "ns", "traceEvents": events}, allow_nan=False)


def _beginning(timeline: Timeline, process: str) -> tuple[Timeline, str]:
    n_intervals = len(timeline.start_fs)
    if n_intervals <= MAX_SLICES:
        return timeline, process
    kept = np.sort(np.argsort(timeline.start_fs, kind="stable")[:MAX_SLICES])
    columns = {name: getattr(timeline, name)[kept] for name in ("stage", "resource", "start_fs", "end_fs")}
    title = f"{process}: the first {MAX_SLICES:,} of {n_intervals:,} intervals"
    return replace(timeline, **columns), title


def _metadata(kind: str, track: int, name: str) -> dict[str, Any]:
    return {"ph": "M", "name": kind, "pid": 0, "tid": track, "args": {"name": name}}


def _slices(timeline: Timeline, which: NDArray[np.intp], track: int) -> list[dict[str, Any]]:
    starts = timeline.start_fs[which] / _FS_PER_US
    lengths = timeline.end_fs[which] / _FS_PER_US - starts
    names = [timeline.names[stage] for stage in timeline.stage[which]]
    return [
        {"ph": "X", "name": name, "pid": 0, "tid": track, "ts": start, "dur": length}
        for name, start, length in zip(names, starts.tolist(), lengths.tolist(), strict=True)
    ]


def _lanes(start_fs: NDArray[np.int64], end_fs: NDArray[np.int64]) -> NDArray[np.int64]:
    """The lowest free lane for each interval, in order of their start, so that no lane overlaps itself."""
    lanes = np.zeros(len(start_fs), dtype=np.int64)
    if np.all(start_fs[1:] >= end_fs[:-1]):
        return lanes
    working: list[tuple[int, int]] = []
    free: list[int] = []
    n_lanes = 0
    for i, (start, end) in enumerate(zip(start_fs.tolist(), end_fs.tolist(), strict=True)):
        while working and working[0][0] <= start:
            heapq.heappush(free, heapq.heappop(working)[1])
        lanes[i] = heapq.heappop(free) if free else n_lanes
        n_lanes = max(n_lanes, int(lanes[i]) + 1)
        heapq.heappush(working, (end, int(lanes[i])))
    return lanes
