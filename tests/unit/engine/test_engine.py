"""The event engine: stories worked out by hand, its SimPy twin, and the laws every play obeys."""

import os
import pickle
import subprocess
import sys

import numpy as np
import pytest
from naive.engine_programs import longest_path_fs, random_program
from naive.simpy_engine import play_simpy

from cimsim.errors import CapacityError
from cimsim.sim.engine import play
from cimsim.sim.engine_state import open_state
from cimsim.sim.stage_table import Edge, Stage, StageTable

SEEDS = range(300)


def services(table):
    """(stage, start, end) of everything, in order of start."""
    result = play(table, record=10**6)
    columns = (result.intervals.stage, result.intervals.start_fs, result.intervals.end_fs)
    return list(zip(*(column.tolist() for column in columns), strict=True))


def elementwise(producer, consumer, n_items, capacity=0):
    return Edge(producer, consumer, producer_height=n_items, capacity=capacity)


def plays(seeds=SEEDS):
    """Random programs that reach their end, with their results."""
    for seed in seeds:
        table = random_program(seed)
        try:
            yield table, play(table, record=10**6)
        except CapacityError:
            continue


def test_two_stages_take_turns_on_one_server():
    table = StageTable.build([Stage(0, 3, 10), Stage(0, 2, 4)], [], [1])
    assert services(table) == [(0, 0, 10), (1, 10, 14), (0, 14, 24), (1, 24, 28), (0, 28, 38)]
    result = play(table)
    assert result.waiting_fs.tolist() == [28, 24]
    assert result.end_fs == 38
    assert result.n_events == 5


def test_two_servers_serve_two_items_at_once():
    table = StageTable.build([Stage(0, 3, 10), Stage(0, 1, 5)], [], [2])
    assert services(table) == [(0, 0, 10), (1, 0, 5), (0, 5, 15), (0, 10, 20)]


def test_requests_of_one_instant_are_served_by_index():
    table = StageTable.build([Stage(1, 1, 5), Stage(0, 1, 3), Stage(1, 1, 7)], [], [1, 1])
    assert services(table) == [(0, 0, 5), (1, 0, 3), (2, 5, 12)]


def test_latency_is_pipelined():
    table = StageTable.build([Stage(0, 3, 2, latency_fs=7), Stage(1, 3, 1)], [elementwise(0, 1, 3)], [1, 1])
    assert services(table) == [(0, 0, 2), (0, 2, 4), (0, 4, 6), (1, 9, 10), (1, 11, 12), (1, 13, 14)]
    assert play(table).n_events == 9


def test_nothing_is_requested_before_its_release():
    table = StageTable.build([Stage(0, 1, 5, release_fs=3), Stage(0, 1, 5)], [], [1])
    assert services(table) == [(1, 0, 5), (0, 5, 10)]
    assert play(table).waiting_fs.tolist() == [2, 0]


def test_a_window_waits_for_its_last_row_and_column():
    raster = {"width": 3, "producer_width": 3, "producer_height": 3, "reach_y": 1, "reach_x": 1}
    table = StageTable.build([Stage(0, 9, 10), Stage(1, 9, 1)], [Edge(0, 1, **raster)], [1, 1])
    starts = [start for stage, start, _ in services(table) if stage == 1]
    assert starts == [50, 60, 61, 80, 90, 91, 92, 93, 94]


def test_pooling_and_divided_items():
    raster = {"width": 2, "producer_width": 4, "producer_height": 2, "stride_y": 2, "stride_x": 2}
    window = Edge(0, 1, divide=3, multiply=2, reach_y=1, reach_x=1, **raster)
    table = StageTable.build([Stage(0, 16, 1), Stage(1, 6, 1)], [window], [1, 1])
    assert [start for stage, start, _ in services(table) if stage == 1] == [12, 13, 14, 16, 17, 18]


def test_a_barrier_waits_for_everything():
    table = StageTable.build(
        [Stage(0, 5, 3), Stage(1, 2, 1)], [Edge(0, 1, producer_height=5, reach_y=10**18)], [1, 1]
    )
    assert [start for stage, start, _ in services(table) if stage == 1] == [15, 16]


def test_a_full_buffer_stalls_its_producer():
    table = StageTable.build([Stage(0, 4, 1), Stage(1, 4, 10)], [elementwise(0, 1, 4, capacity=2)], [1, 1])
    assert [start for stage, start, _ in services(table) if stage == 0] == [0, 1, 11, 21]


def test_a_row_that_padding_still_needs_is_not_freed():
    raster = {"width": 2, "producer_width": 2, "producer_height": 3, "reach_y": 1, "pad_y": 1}
    table = StageTable.build([Stage(0, 6, 1), Stage(1, 6, 10)], [Edge(0, 1, capacity=5, **raster)], [1, 1])
    assert [start for stage, start, _ in services(table) if stage == 0] == [0, 1, 2, 3, 4, 33]


def test_random_programs_end_as_in_simpy():
    n_complete = 0
    for seed in SEEDS:
        table = random_program(seed)
        twin = play_simpy(table)
        if (twin["completed"] < table.stages[:, 1]).any():
            with pytest.raises(CapacityError):
                play(table)
            continue
        result = play(table)
        n_complete += 1
        for name in ("start", "finish", "busy", "waiting"):
            np.testing.assert_array_equal(getattr(result, f"{name}_fs"), twin[name], err_msg=f"seed {seed}")
        busy = np.bincount(table.stages[:, 0], twin["busy"], minlength=len(table.n_servers))
        np.testing.assert_array_equal(result.resource_busy_fs, busy)
    assert n_complete >= 200


def test_no_resource_serves_more_than_its_servers():
    for table, result in plays():
        assert (result.resource_busy_fs <= result.end_fs * table.n_servers).all()
        resource = table.stages[result.intervals.stage, 0]
        for r, n_servers in enumerate(table.n_servers):
            start, end = result.intervals.start_fs[resource == r], result.intervals.end_fs[resource == r]
            steps = sorted([(t, 1) for t in start.tolist()] + [(t, -1) for t in end.tolist()])
            assert np.cumsum([step for _, step in steps] or [0]).max() <= n_servers


def test_time_never_goes_back_and_every_item_is_served_once():
    for table, result in plays():
        assert (np.diff(result.intervals.start_fs) >= 0).all()
        n_served = np.bincount(result.intervals.stage, minlength=len(table.stages))
        np.testing.assert_array_equal(n_served, table.stages[:, 1])


def test_no_stage_ends_before_its_longest_path():
    is_tight = []
    for table, result in plays(range(100)):
        bound = longest_path_fs(table)
        assert (result.finish_fs >= bound).all()
        is_tight.append((result.finish_fs == bound).any())
    assert any(is_tight)


def test_recording_changes_nothing_and_keeps_the_first_services():
    for table, full in plays(range(50)):
        short = play(table, record=3)
        for name in ("start_fs", "finish_fs", "busy_fs", "waiting_fs", "resource_busy_fs"):
            np.testing.assert_array_equal(getattr(short, name), getattr(full, name))
        np.testing.assert_array_equal(short.intervals.stage, full.intervals.stage[:3])
        assert len(play(table).intervals.stage) == 0


def test_memory_follows_stages_not_items():
    def n_bytes(n_items):
        table = StageTable.build(
            [Stage(0, n_items, 3, latency_fs=20), Stage(1, n_items, 2)], [elementwise(0, 1, n_items)], [2, 1]
        )
        return sum(array.nbytes for array in open_state(table.stages, table.edges, table.n_servers))

    assert n_bytes(10**9) == n_bytes(10**3)


def test_hours_of_femtoseconds():
    table = StageTable.build([Stage(0, 4, 10**18), Stage(0, 2, 1)], [], [1])
    assert play(table).end_fs == 4 * 10**18 + 2


def test_an_empty_program_takes_no_time():
    assert play(StageTable.build([], [], [])).end_fs == 0


def test_buffer_smaller_than_the_window_is_named():
    window = Edge(0, 1, producer_height=8, reach_y=4, capacity=3)
    table = StageTable.build([Stage(0, 8, 1), Stage(1, 4, 1)], [window], [1, 1], names=["load", "read"])
    with pytest.raises(CapacityError) as caught:
        play(table)
    message = "load -> read: capacity: must hold what one item reads (got 3); raise it to at least 5"
    assert str(caught.value) == message
    assert str(pickle.loads(pickle.dumps(caught.value))) == message
    enough = StageTable.build([Stage(0, 8, 1), Stage(1, 4, 1)], [window._replace(capacity=5)], [1, 1])
    assert play(enough).end_fs == 12


def test_buffer_that_blocks_another_input_is_named():
    stages = [Stage(0, 6, 1), Stage(1, 6, 1), Stage(2, 6, 1)]
    barrier = Edge(0, 1, producer_height=6, reach_y=6)
    table = StageTable.build(stages, [barrier, elementwise(0, 2, 6, 4), elementwise(1, 2, 6)], [1, 1, 1])
    with pytest.raises(CapacityError) as caught:
        play(table)
    assert str(caught.value) == (
        "stage 0 -> stage 2: capacity: must hold what waits for other inputs of the reader (got 4); raise it"
    )


def test_a_cycle_is_named():
    table = StageTable.build(
        [Stage(0, 2, 1), Stage(0, 2, 1)], [elementwise(0, 1, 2), elementwise(1, 0, 2)], [1], names=["a", "b"]
    )
    with pytest.raises(CapacityError) as caught:
        play(table)
    assert str(caught.value) == (
        "a: must not wait for itself (got stopped after item 0 of 2); break the cycle of edges"
    )


def test_without_the_compiler():
    program = """
import sys
sys.path[:0] = ["tests", "."]
from cimsim.sim.engine import play
from naive.engine_programs import random_program
print(play(random_program(int(sys.argv[1]))).finish_fs.tolist())
"""
    seed, (_, result) = next((s, p) for s in SEEDS for p in plays([s]) if p[1].n_events > 60)
    output = subprocess.run(
        [sys.executable, "-c", program, str(seed)],
        env={**os.environ, "CIMSIM_JIT": "0"},
        capture_output=True,
        text=True,
        check=True,
        cwd=os.path.join(os.path.dirname(__file__), "..", "..", ".."),
    ).stdout
    assert output.strip() == str(result.finish_fs.tolist())
