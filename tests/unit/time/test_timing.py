"""Latency, throughput and what holds the resources, against full plays of the engine."""

import numpy as np
import pytest
from hand_chip import hand_chip, lenet_like, residual

from cimsim.mapping.mapper import map_network
from cimsim.sim import stream, timing
from cimsim.sim.engine import play
from cimsim.sim.masks import draw, enumerate_masks
from cimsim.sim.schedule import Plan, stage_table
from cimsim.sim.stage_table import Edge, StageTable
from cimsim.sim.summary import warnings_of
from cimsim.sim.timing import run_time

GRAPHS = {"lenet": lenet_like(bits=1), "residual": residual()}


def masks_of(graph, n_images=30, n_passes=6, seed=0):
    return draw(graph, n_images, n_passes, seed)


def chained(program, n_passes):
    """All passes in one table: whatever starts a pass waits for the average of the pass before."""
    once, commands = stage_table(program, Plan(1, 1, {}, is_tree=False))
    n, last = len(commands), len(commands) - 1
    stages = np.tile(once.stages, (n_passes, 1))
    edges = [row + np.array([t * n, t * n] + [0] * 12) for t in range(n_passes) for row in once.edges]
    links = [
        Edge(producer=t * n + last, consumer=(t + 1) * n + i, reach_y=1, producer_height=1)
        for t in range(n_passes - 1)
        for i in range(n)
    ]
    return StageTable(stages, np.array([*edges, *links], np.int64), once.n_servers)


@pytest.mark.parametrize("name", GRAPHS)
def test_sequential_passes_repeat_to_the_femtosecond(name):
    program = map_network(GRAPHS[name], hand_chip())
    times = run_time(program, masks_of(GRAPHS[name]), "sequential")
    result = play(chained(program, 6))
    assert round(times.latency_s * 1e15) == result.end_fs
    assert times.timeline.end_fs.max() == result.end_fs
    assert times.latency_p5_s == times.latency_p95_s == times.period_s == times.latency_s


@pytest.mark.parametrize("name", GRAPHS)
def test_a_pipelined_stream_keeps_its_distance(name):
    program = map_network(GRAPHS[name], hand_chip())
    times = run_time(program, masks_of(GRAPHS[name], n_passes=2), "pipelined")
    table, commands = stage_table(program, Plan(24, 1, {}, is_tree=False))
    finish = play(table).finish_fs.reshape(-1, 24)
    last = finish[[c.name for c in commands[::24]].index("output.average")]
    assert round(times.period_s * 1e15) == last[16] - last[14]
    busiest, share = times.busiest(program)
    assert times.period_s >= share * times.latency_s * (1 - 1e-12), busiest


@pytest.mark.parametrize("name", GRAPHS)
def test_schedules_in_order_of_speed(name):
    program, masks = map_network(GRAPHS[name], hand_chip()), masks_of(GRAPHS[name])
    latency = {s: run_time(program, masks, s).latency_s for s in ("sequential", "pipelined", "prefix_reuse")}
    assert latency["prefix_reuse"] < latency["pipelined"] < latency["sequential"]


def test_prefix_latency_depends_on_the_masks_of_the_image():
    program = map_network(GRAPHS["lenet"], hand_chip())
    masks = np.zeros((4, 6, 3), np.uint8)
    alike = run_time(program, masks, "prefix_reuse")
    masks[0, 3:, 1] = 1
    mixed = run_time(program, masks, "prefix_reuse")
    assert alike.latency_p5_s == alike.latency_p95_s == mixed.latency_p5_s
    assert mixed.latency_p95_s > mixed.latency_s > mixed.latency_p5_s
    assert mixed.n_plays["li3.mvm"] == 1.25 and mixed.n_plays["co2.activate"] == 1.25
    assert mixed.n_plays["co2.mvm"] == 1 and mixed.n_plays["bn2.draw"] == 6


def test_one_pass_costs_the_same_whatever_the_schedule():
    graph = GRAPHS["lenet"]
    program, masks = map_network(graph, hand_chip()), masks_of(graph, n_passes=1)
    latency = {run_time(program, masks, s).latency_s for s in ("sequential", "pipelined")}
    assert len(latency) == 1


def test_enumerate_plays_every_mask_once():
    graph = GRAPHS["lenet"]
    program = map_network(graph, hand_chip())
    masks, _ = enumerate_masks(graph)
    times = run_time(program, np.broadcast_to(masks, (3, *masks.shape)), "enumerate")
    plays = [times.n_plays[f"{layer}.mvm"] for layer in ("co1", "co2", "li3", "fc")]
    assert plays == [1, 2, 4, 8]
    assert times.n_plays["bn1.draw"] == times.busy_s["bn1.draw"] == 0
    assert times.latency_p5_s == times.latency_p95_s


def test_masks_of_every_value_never_repeat():
    graph = lenet_like(dropout="element", bits=1)
    program = map_network(graph, hand_chip())
    times = run_time(program, masks_of(graph, n_passes=3), "prefix_reuse")
    assert times.n_plays["co1.mvm"] == 1 and times.n_plays["co2.mvm"] == times.n_plays["li3.mvm"] == 3


@pytest.mark.parametrize("schedule", ["sequential", "pipelined", "prefix_reuse"])
def test_busy_times_are_those_of_the_timeline(schedule):
    graph = GRAPHS["lenet"]
    program = map_network(graph, hand_chip())
    times = run_time(program, masks_of(graph, n_images=1), schedule)
    line = times.timeline
    length = np.bincount(line.stage, line.end_fs - line.start_fs, minlength=len(line.names))
    for name, busy_fs in zip(line.names, length, strict=True):
        assert busy_fs == pytest.approx(times.busy_s[name] * 1e15)
    assert line.end_fs.max() <= round(times.latency_s * 1e15)
    assert (np.diff(line.start_fs) >= 0).all() or schedule == "sequential"


def test_rare_images_take_the_latency_of_the_most_similar(monkeypatch):
    rng = np.random.default_rng(0)
    graph = GRAPHS["lenet"]
    program = map_network(graph, hand_chip())
    masks = (rng.random((200, 6, 3)) < rng.random((200, 1, 1))).astype(np.uint8)
    exact = run_time(program, masks, "prefix_reuse")
    assert exact.n_exact == 200
    monkeypatch.setattr(timing, "MAX_PLAYS", 4)
    near = run_time(program, masks, "prefix_reuse")
    assert near.n_exact < 200
    assert near.latency_s == pytest.approx(exact.latency_s, rel=0.05)
    assert near.busy_s == exact.busy_s, "what holds the resources needs no play"


def test_the_busiest_resource():
    program = map_network(GRAPHS["lenet"], hand_chip())
    assert run_time(program, masks_of(GRAPHS["lenet"]), "sequential").busiest(program)[0] == "co1.array"


def test_a_mean_distance_of_images_says_that_it_is_one(monkeypatch):
    program, masks = map_network(GRAPHS["lenet"], hand_chip()), masks_of(GRAPHS["lenet"], n_passes=2)
    exact = run_time(program, masks, "pipelined")
    assert exact.is_period_exact
    monkeypatch.setattr(stream, "_constant", lambda finish, middle: None)
    times = run_time(program, masks, "pipelined")
    assert not times.is_period_exact
    assert times.period_s == pytest.approx(exact.period_s, rel=0.01)
    message = "images of a stream do not follow at one distance: throughput is a mean over its middle"
    assert message in warnings_of(program, times, 1, 2, "sequential")
