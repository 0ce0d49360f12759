"""The trace: valid JSON whose tracks never overlap themselves."""

import json
from collections import defaultdict
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from cimsim.reporting import trace
from cimsim.reporting.trace import trace_text
from cimsim.sim.result import Timeline


def tracks(text):
    events = json.loads(text)["traceEvents"]
    names = {e["tid"]: e["args"]["name"] for e in events if e["name"] == "thread_name"}
    slices = defaultdict(list)
    for event in events:
        if event["ph"] == "X":
            slices[names[event["tid"]]].append((event["ts"], event["ts"] + event["dur"], event["name"]))
    return names, slices


def test_a_track_for_each_resource_with_times_in_microseconds(result):
    names, slices = tracks(trace_text(result.timeline, result.program.resources, process="demo"))
    assert sorted(names.values()) == sorted(result.timeline.resources)
    assert slices["conv1.readout"][0] == (1.0, 4.0, "conv1.convert")
    assert sum(len(track) for track in slices.values()) == len(result.timeline.start_fs)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 50), st.integers(1, 9)), max_size=30))
def test_tracks_are_monotone_and_hold_every_interval(intervals):
    resource, start, length = (
        (np.array(column, np.int64) for column in zip(*intervals, strict=True))
        if intervals
        else (np.zeros(0, np.int64),) * 3
    )
    start, length = start * 10**9, length * 10**9
    line = Timeline(
        ("a.mvm",),
        ("r0", "r1"),
        np.zeros(len(start), np.int32),
        resource.astype(np.int32),
        start,
        start + length,
    )
    _, slices = tracks(trace_text(line, {"r0": 1, "r1": 2}, process="demo"))
    assert sum(len(track) for track in slices.values()) == len(intervals)
    for track in slices.values():
        for (_, end, _), (begin, _, _) in pairwise(track):
            assert begin >= end


def test_servers_of_one_resource_get_a_track_each():
    ones = np.zeros(2, np.int32)
    line = Timeline(("a.mvm",), ("pool",), ones, ones, np.zeros(2, np.int64), np.full(2, 5, np.int64))
    names, slices = tracks(trace_text(line, {"pool": 2}, process="demo"))
    assert set(names.values()) == {"pool #1", "pool #2"} == set(slices)


def test_a_long_timeline_is_cut_at_its_end_and_says_so(monkeypatch):
    monkeypatch.setattr(trace, "MAX_SLICES", 2)
    zeros, start = np.zeros(3, np.int32), np.array([20, 0, 10], np.int64) * 10**9
    line = Timeline(("a.mvm",), ("r0",), zeros, zeros, start, start + 10**9)
    text = trace_text(line, {"r0": 1}, process="demo")
    assert tracks(text)[1]["r0"] == [(0.0, 1.0, "a.mvm"), (10.0, 11.0, "a.mvm")]
    assert "demo: the first 2 of 3 intervals" in text
