"""Counts times costs, by hand."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hand_chip import UNITS, hand_chip, lenet_like

from cimsim.mapping.mapper import map_network
from cimsim.sim.counts import ArrayUse, array_use, count_actions
from cimsim.sim.ledger import book, calibration_energy_j, n_instances, program_energy_j
from cimsim.sim.masks import draw
from cimsim.sim.ranges import draw_costs
from cimsim.sim.result import Activity
from cimsim.sim.timing import run_time
from cimsim.workload import build_graph

PICOJOULES = {}
for blocks in UNITS.values():
    for name, actions in blocks.items():
        for action in actions:
            PICOJOULES[name, action] = len(PICOJOULES) + 1.0


def booked(n_passes=4, uses=None, blocks=None, dropout="scale", **changes):
    graph = lenet_like(bits=3, dropout=dropout)
    program = map_network(graph, hand_chip(**changes))
    times = run_time(program, draw(graph, 2, n_passes, seed=0), "sequential")
    uses = uses or {name: ArrayUse(600.0, 400.0, 90.0) for name in program.placements}
    return program, times, book(program, times, uses, blocks or {})


def rows(ledger, **wanted):
    return [row for row in ledger.rows if all(getattr(row, key) == value for key, value in wanted.items())]


def test_every_action_costs_its_count():
    _, times, ledger = booked()
    for row in ledger.rows:
        if row.action == "leakage":
            assert row.energy_j == pytest.approx(row.count * times.latency_s * 1e-6 * _last(row.component))
        elif row.action != "area":
            assert row.energy_j == pytest.approx(row.count * 1e-12 * PICOJOULES[row.component, row.action])


def _last(component):
    return max(n for (name, _), n in PICOJOULES.items() if name == component)


def test_the_parts_are_the_total():
    _, _, ledger = booked()
    assert ledger.energy_j == math.fsum(row.energy_j for row in ledger.rows)
    layers = {row.layer for row in ledger.rows}
    assert math.fsum(ledger.layer_energy_j(layer) for layer in layers) == pytest.approx(
        ledger.energy_j, rel=1e-15
    )


def test_counts_are_those_of_the_passes():
    _, _, ledger = booked(n_passes=4)
    assert ledger.count(("adc", "convert"), layer="co1") == 4 * 64 * 3 * 3 * 5
    assert ledger.count(("stochastic_unit", "draw")) == 4 * 3
    assert ledger.count(("averaging_unit", "softmax")) == 4 * 4


def test_array_reads_are_what_the_values_saw():
    _, _, ledger = booked()
    for layer, column_tiles in (("co1", 1), ("co2", 1), ("li3", 2), ("fc", 1)):
        assert ledger.count(("cell_array", "read_parallel"), layer=layer) == 600
        assert ledger.count(("cell_array", "read_antiparallel"), layer=layer) == 400
        assert ledger.count(("wordline_driver", "drive"), layer=layer) == 90 * column_tiles


def test_biased_columns_conduct_in_every_conversion():
    _, _, ledger = booked(biases_unselected_columns=True)
    # 5 columns on 4 read-outs take turns twice, 10 columns of either of two subarrays three times.
    for layer, reads, columns in (("co1", 2, 16), ("li3", 3, 2 * 16)):
        spare = 90 * columns - 1000  # columns of the subarray that hold no weights: half of their cells match
        assert ledger.count(("cell_array", "read_parallel"), layer=layer) == reads * (600 + spare / 2)
        assert ledger.count(("cell_array", "read_antiparallel"), layer=layer) == reads * (400 + spare / 2)
    # One charge a row step and column of the subarray, used or not.
    assert ledger.count(("bitline", "charge"), layer="co1") == 4 * 64 * 3 * 3 * 16
    assert ledger.count(("bitline", "charge"), layer="li3") == 4 * (4 + 3) * 2 * 16
    assert ledger.count(("column_mux", "select"), layer="co1") == 4 * 64 * 3 * 3 * 5


def test_reference_columns_conduct_in_each_read_of_a_step():
    plain, (_, _, ledger) = booked()[2], booked(reference_columns=3)
    # 5 columns on 4 read-outs take turns twice, 10 columns of either of two subarrays three times.
    for layer, reads, column_tiles in (("co1", 2, 1), ("co2", 2, 1), ("li3", 3, 2), ("fc", 1, 1)):
        assert ledger.count(("cell_array", "read_reference"), layer=layer) == 90 * reads * column_tiles
    # One charge a row step, subarray and reference column, beside those of the conversions.
    for layer, steps in (("co1", 4 * 64 * 3 * 3), ("li3", 4 * (4 + 3) * 2)):
        charges = [found.count(("bitline", "charge"), layer=layer) for found in (plain, ledger)]
        assert charges[1] - charges[0] == 3 * steps
    assert not plain.count(("cell_array", "read_reference"))


def test_resource_time_is_booked_once():
    program, times, ledger = booked()
    assert math.fsum(row.busy_s for row in ledger.rows) == pytest.approx(math.fsum(times.busy_s.values()))
    (row,) = rows(ledger, component="adc", layer="co1", action="convert")
    assert row.busy_s == times.busy_s["co1.convert"]
    uses = {name: ArrayUse(1.0, 1.0, 1.0) for name in program.placements}
    assert all(count.count > 0 for count in count_actions(program, times, uses))


def test_area_and_leakage_of_what_is_there():
    _, _, ledger = booked()
    # Three tiles of two macros of two subarrays.
    found = {row.component: row.count for row in rows(ledger, action="area")}
    assert (
        found["cell_array"] == 12 and found["adc"] == 6 and found["tile_buffer"] == 3 and found["link"] == 1
    )
    assert ledger.area_m2 == pytest.approx(sum(n * 1e-12 * _last(name) for name, n in found.items()))
    assert ledger.leakage_w == pytest.approx(sum(n * 1e-6 * _last(name) for name, n in found.items()))
    assert all(math.isnan(row.area_m2) for row in ledger.rows if row.action != "area")
    assert "digital_mac" not in found and found["stochastic_unit"] == 1


def test_a_budget_of_tiles_is_paid_for_in_full():
    _, _, ledger = booked(n_tiles=5)
    assert {r.count for r in rows(ledger, action="area", component="tile_buffer")} == {5}


def test_memory_blocks_replace_one_a_place():
    program, _, _ = booked()
    assert n_instances(program, [], {"tile_buffer": 7})["tile_buffer"] == 7
    assert n_instances(program, [], {})["tile_buffer"] == 3


def test_units_that_nobody_asks_are_not_built():
    program, _, _ = booked()
    assert not {"digital_mac", "stochastic_unit"} & set(n_instances(program, [], {}))


def test_nominal_draws_give_the_nominal_energy():
    program, times, ledger = booked()
    drawn = draw_costs(program, ledger, times.latency_s)
    assert drawn.total_j == pytest.approx([ledger.energy_j], rel=1e-14)
    assert drawn.leakage_w == pytest.approx([ledger.leakage_w], rel=1e-14)
    assert drawn.area_of_m2(drawn.area_m2) == pytest.approx([ledger.area_m2], rel=1e-14)
    assert drawn.layer_energy_j("co1") == pytest.approx([ledger.layer_energy_j("co1")])
    assert drawn.energy_of_j({"adc"}) == pytest.approx([ledger.energy_of_j({"adc"})])


def test_writing_the_weights():
    program, _, _ = booked()
    cells = 45 + 45 * 7 + 28 * 20 + 20 * 4
    # Two states each; bits of the sums, their sign and a direction.
    bits = 2 * (5 * 8 + 7 * 8 + 20 * 7)
    expected = (
        cells * PICOJOULES["cell_array", "write"] + bits * PICOJOULES["threshold_sram", "write_bit"]
    ) * 1e-12
    assert program_energy_j(program) == pytest.approx(expected)
    # Three more in each row of each subarray.
    references = 3 * (9 + 45 + 2 * 28 + 20)
    more = program_energy_j(booked(reference_columns=3)[0]) - expected
    assert more == pytest.approx(references * PICOJOULES["cell_array", "write"] * 1e-12)


def test_replicas_are_written_too():
    once, thrice = (booked(replicas={"co1": n})[0] for n in (1, 3))
    more = program_energy_j(thrice) - program_energy_j(once)
    cells = 2 * 45 * PICOJOULES["cell_array", "write"]
    thresholds = 2 * 5 * 8 * PICOJOULES["threshold_sram", "write_bit"]  # the third copy is on the next tile
    assert more == pytest.approx((cells + thresholds) * 1e-12)


def test_activity_by_schedule():
    activity = Activity("co1", 60.0, 100.0, 20.0, 15.0, 25.0, 5.0, np.ones(5, np.int32))
    assert array_use(activity, 5, shares_prefixes=False) == (12.0, 8.0, 4.0)
    assert array_use(activity, 5, shares_prefixes=True) == (3.0, 2.0, 1.0)


def test_weights_of_a_digital_layer_are_written_into_their_memory():
    array, digital = booked()[0], booked(first_layer="digital")[0]
    difference_j = program_energy_j(array) - program_energy_j(digital)
    per_weight = PICOJOULES["cell_array", "write"] - PICOJOULES["weight_memory", "write_bit"]
    assert difference_j == pytest.approx(45 * per_weight * 1e-12)


def test_a_weight_memory_is_built_for_a_digital_layer_only():
    assert not rows(booked()[2], component="weight_memory")
    _, _, ledger = booked(first_layer="digital", blocks={"weight_memory": 3})
    assert {row.count for row in rows(ledger, component="weight_memory", action="area")} == {3}
    assert ledger.count(("weight_memory", "read_bit"), layer="co1") == 4 * 64 * 45


@pytest.mark.parametrize(
    ("dropout", "per", "n_levels"),
    [("scale", "bank", 1), ("scale", "module", 1), ("spatial", "bank", 3), ("spatial", "module", 5 + 7 + 20),
     (None, "bank", 0)],
)  # fmt: skip
def test_calibration_counts_the_bits_of_the_loop_for_each_level(dropout, per, n_levels):
    """1000 bits a level; three layers share one p."""
    program, _, ledger = booked(dropout=dropout, level_per=per)
    draw_j = PICOJOULES["stochastic_unit", "draw"] * 1e-12
    assert calibration_energy_j(program) == pytest.approx(n_levels * 1000 * draw_j)
    built = [row.count for row in rows(ledger, component="trim_dac", action="area")]
    assert built == ([n_levels] if n_levels else [])


def test_a_source_is_calibrated_for_those_p_alone_that_it_serves():
    """Sources of a layer know its p, shared units all of them."""
    draw_j = PICOJOULES["stochastic_unit", "draw"] * 1e-12
    for kind, per, expected in (
        ("spatial", "bank", 3),
        ("spatial", "module", 5 + 7 + 20),
        ("scale", "bank", 2),
    ):
        graph = lenet_like(dropout=kind)
        first = graph.stochastic_nodes[0]
        other = replace(first, dropout=replace(first.dropout, p=0.1))
        changed = replace(graph, nodes=tuple(other if node is first else node for node in graph.nodes))
        program = map_network(changed, hand_chip(level_per=per))
        assert calibration_energy_j(program) == pytest.approx(1000 * expected * draw_j)


def test_choices_and_normal_numbers_are_calibrated_as_fair_bits():
    spec = {"format": "cimsim-workload/1", "name": "many", "task": "regression",
            "nodes": [{"name": "fc", "op": "linear", "inputs": ["input"], "dropout": {"kind": "instances"}}],
            "input": {"shape": [6], "bits": 1}, "output": "fc"}  # fmt: skip
    graph = build_graph(spec, {"fc.weight": np.ones((3, 5, 6), np.int8)})
    draw_j = PICOJOULES["stochastic_unit", "draw"] * 1e-12
    assert calibration_energy_j(map_network(graph, hand_chip())) == pytest.approx(1000 * draw_j)


def test_runs_that_stand_for_several_passes_are_weighted():
    program = map_network(lenet_like(bits=3), hand_chip())
    uses = {name: ArrayUse(600.0, 400.0, 90.0) for name in program.placements}
    masks = np.zeros((2, 4, 3), np.uint8)
    for schedule, runs in (("sequential", 0), ("pipelined", 0), ("prefix_reuse", 1)):
        ledger = book(program, run_time(program, masks, schedule), uses, {})
        assert ledger.count(("averaging_unit", "weigh")) == runs * 4


@pytest.mark.parametrize(("schedule", "waits"), [("sequential", 0), ("pipelined", 0), ("prefix_reuse", 1)])
def test_bits_that_are_drawn_ahead_are_written_and_read(schedule, waits):
    """A bit a channel in each of four passes; no other use is made of the global buffer in these layers."""
    program = map_network(lenet_like(dropout="spatial"), hand_chip())
    uses = {name: ArrayUse(600.0, 400.0, 90.0) for name in program.placements}
    ledger = book(program, run_time(program, np.zeros((2, 4, 0), np.uint8), schedule), uses, {})
    for layer, channels in (("co2", 7), ("li3", 20)):
        assert ledger.count(("stochastic_unit", "draw"), layer=layer) == 4 * channels
        for action in ("write_bit", "read_bit"):
            assert ledger.count(("global_buffer", action), layer=layer) == waits * 4 * channels
