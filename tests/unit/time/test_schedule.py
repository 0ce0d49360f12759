"""From commands to stages: how many runs, who descends from whom, and what waits."""

import numpy as np
import pytest
from hand_chip import hand_chip, lenet_like, residual
from hypothesis import given, settings
from hypothesis import strategies as st

from cimsim.mapping.mapper import map_network
from cimsim.sim.engine import play
from cimsim.sim.schedule import Plan, run_masks, stage_table


def tree(program, counts, n_draws=4):
    sets = {command.depends_on_masks for command in program.commands if command.kind != "draw"}
    return Plan(4, n_draws, {names: counts.get(names, 1) for names in sets}, is_tree=True)


def runs(commands):
    return {name: sum(c.name == name for c in commands) for name in {c.name for c in commands}}


def test_a_pass_has_one_stage_for_every_command():
    program = map_network(lenet_like(bits=1), hand_chip())
    _, commands = stage_table(program, Plan(1, 1, {}, is_tree=False))
    assert [c.name for c in commands] == [c.name for c in program.commands]


def test_a_layer_is_played_once_for_each_state_before_it():
    program = map_network(lenet_like(bits=1), hand_chip())
    counts = {("bn1",): 2, ("bn1", "bn2"): 3, ("bn1", "bn2", "bn3"): 4}
    table, commands = stage_table(program, tree(program, counts))
    found = runs(commands)
    assert [found[f"{layer}.mvm"] for layer in ("co1", "co2", "li3", "fc")] == [1, 2, 3, 4]
    assert [found[f"{node}.draw"] for node in ("bn1", "bn2", "bn3")] == [1, 1, 1]
    n_items = {c.name: int(n) for c, n in zip(commands, table.stages[:, 1], strict=True)}
    assert n_items["bn1.draw"] == 4


def test_sums_are_compared_once_for_every_state_that_follows():
    program = map_network(lenet_like(bits=1), hand_chip())
    counts = {("bn1",): 2, ("bn1", "bn2"): 3, ("bn1", "bn2", "bn3"): 4}
    table, commands = stage_table(program, tree(program, counts))
    service = {}
    for command, row in zip(commands, table.stages, strict=True):
        service.setdefault(command.name, []).append(int(row[2]) / 1e6)
    assert service["co1.convert"] == [8] and service["co1.activate"] == [2 * 2]
    assert service["co2.activate"] == [2 * 2, 2 * 1]  # one of the two runs has both states
    assert service["li3.move"] == [2 * 3, 3, 3]


def test_enumerate_draws_nothing():
    program = map_network(lenet_like(bits=1), hand_chip())
    _, commands = stage_table(program, tree(program, {}, n_draws=0))
    assert not [c for c in commands if c.kind == "draw"]


def test_a_pass_enters_a_layer_when_the_pass_before_has_left_it():
    program = map_network(lenet_like(bits=1), hand_chip())
    table, commands = stage_table(program, Plan(5, 1, {}, is_tree=False))
    result = play(table)
    start, finish = (times.reshape(-1, 5) for times in (result.start_fs, result.finish_fs))
    assert (start[:, 1:] >= finish[:, :-1]).all()
    names = [c.name for c in commands[::5]]
    consumer, producer = names.index("co2.mvm"), names.index("co1.move")
    assert (start[producer, 2:] >= finish[consumer, :-2]).all(), "the buffer holds two passes"
    assert start[names.index("co1.mvm"), 1] < finish[consumer, 0], "passes overlap"


@pytest.mark.parametrize("graph", [lenet_like(bits=1), lenet_like(dropout="element", bits=1), residual()])
def test_every_schedule_finishes(graph):
    program = map_network(graph, hand_chip())
    for plan in (Plan(4, 1, {}, is_tree=False), tree(program, {})):
        table, _ = stage_table(program, plan)
        assert play(table).end_fs > 0


@settings(max_examples=15)
@given(st.lists(st.integers(1, 2), min_size=3, max_size=3), st.integers(0, 2**31))
def test_any_tree_finishes_and_holds_resources_as_long_as_its_states_take(growth, seed):
    program = map_network(lenet_like(bits=1, seed=seed % 3), hand_chip())
    sizes = np.cumprod(growth)
    names = (("bn1",), ("bn1", "bn2"), ("bn1", "bn2", "bn3"))
    plan = tree(program, {n: int(s) for n, s in zip(names, sizes, strict=True)})
    table, commands = stage_table(program, plan)
    busy = {}
    for command, busy_fs in zip(commands, play(table).busy_fs, strict=True):
        busy[command.name] = busy.get(command.name, 0) + int(busy_fs)
    for command in program.commands:
        plays = 4 if command.kind == "draw" else plan.counts[command.depends_on_masks]
        assert busy[command.name] == plays * command.n_items * round(command.service_s * 1e15)


def test_runs_follow_what_a_layer_works_on():
    masks = run_masks(map_network(lenet_like(bits=1), hand_chip()))
    assert masks["co1"] == () and masks["co2"] == ("bn1",) and masks["output"] == ("bn1", "bn2", "bn3")
