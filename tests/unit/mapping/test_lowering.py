"""The commands of one image and one pass, counted by hand."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hand_chip import hand_chip, lenet_like, residual

from cimsim.arch import build_chip, load_arch
from cimsim.mapping.mapper import map_network
from cimsim.mapping.spread import Spread
from cimsim.workload import build_graph, load_workload


def commands(graph, **changes):
    return {command.name: command for command in map_network(graph, hand_chip(**changes)).commands}


def counts(command):
    return {f"{component}.{action}": n for component, action, n in command.actions}


def after(command):
    return {window.producer: window for window in command.after}


def test_a_layer_is_a_chain_of_commands():
    kinds = [c.name for c in map_network(lenet_like(), hand_chip()).commands_of("co2")]
    assert kinds == [
        "co2.issue", "co2.fetch", "co2.mvm", "co2.convert", "co2.gather", "co2.reduce", "bn2.draw",
        "co2.activate", "co2.move",
    ]  # fmt: skip


def test_the_bit_serial_first_layer():
    found = commands(lenet_like(bits=3))
    load, fetch, mvm, convert = (found[n] for n in ("input.load", "co1.fetch", "co1.mvm", "co1.convert"))
    assert (load.n_items, load.service_s) == (8, pytest.approx(3e-9))  # a row of 8 pixels x 3 bits, 8 a clock
    assert counts(load)["global_buffer.read_bit"] == 8 * 8 * 3
    assert fetch.n_items == 64 * 3
    in_bounds = (3 * 8 - 2) ** 2  # 3x3 taps over 8x8 with a border of one
    assert counts(fetch)["tile_buffer.read_bit"] == in_bounds * 3
    assert mvm.n_items == 64 * 3 * 3  # positions, planes, steps of 4 rows for 9
    assert mvm.service_s == pytest.approx(2e-9 + 2 * 3e-9)  # 5 columns on 4 read-outs
    assert counts(mvm)["wordline_driver.drive"] == in_bounds * 3
    assert counts(mvm)["cell_array.read"] == in_bounds * 3 * 5
    assert convert.service_s == pytest.approx(2 * 4e-9)
    assert counts(convert)["adc.convert"] == counts(mvm)["bitline.charge"] == 64 * 3 * 3 * 5
    assert counts(convert)["row_counter.count"] == 64 * 3 * 3


def test_cells_with_a_single_branch_are_read_twice_a_step_and_driven_once():
    two, one = (commands(lenet_like(bits=3), n_branches=n) for n in (2, 1))
    assert one.keys() == two.keys()
    for layer in ("co1", "co2", "li3", "fc"):
        mvm, convert = one[f"{layer}.mvm"], one[f"{layer}.convert"]
        for command in (mvm, convert):
            assert command.n_items == 2 * two[command.name].n_items
            assert command.service_s == two[command.name].service_s
            before = counts(two[command.name])
            for action, n in counts(command).items():
                once = action in ("cell_array.read", "wordline_driver.drive")
                assert n == (1 if once else 2) * before[action], action
        assert one[f"{layer}.fetch"].actions == two[f"{layer}.fetch"].actions
    assert after(one["co1.mvm"])["co1.fetch"].divide == 2 * 3
    assert after(one["co1.activate"])["co1.convert"].multiply == 2 * 3 * 3


def test_a_sense_amplifier_reads_any_cell_once():
    two, one = (commands(lenet_like(), readout="sense_amp", n_branches=n) for n in (2, 1))
    assert one == two


def test_subarrays_of_a_macro_share_its_read_outs():
    found = commands(lenet_like())
    assert found["co2.mvm"].service_s == pytest.approx(2e-9 + 2 * 3e-9)  # each subarray reads its own columns
    assert found["co2.convert"].service_s == pytest.approx(4 * 4e-9)  # 2 subarrays x 7 columns on 4 ADCs


def test_partial_sums_of_row_tiles_are_gathered_and_added():
    found = commands(lenet_like())
    assert counts(found["co2.reduce"])["adder_tree.add"] == 2 * 7 * 4  # 3 row tiles, 7 channels, 4 positions
    assert (
        counts(found["co2.gather"])["link.transfer_bit"] == 1 * 7 * 7 * 4
    )  # one tile sends 7 sums of 7 bits
    assert after(found["co2.gather"])["co2.convert"].multiply == 4


def test_thresholds_signs_and_the_pool():
    found = commands(lenet_like(bits=3))
    activate, move = found["co1.activate"], found["co1.move"]
    assert (activate.n_items, move.n_items) == (64, 16)
    assert activate.service_s == pytest.approx(2e-9)  # 5 channels on 4 lanes
    assert counts(activate)["threshold_unit.compare"] == 64 * 5
    assert counts(activate)["threshold_sram.read_bit"] == 64 * 5 * 8  # sums of -63..63, and a direction
    assert counts(move)["tile_buffer.write_bit"] == 16 * 5 * 1.0
    window = after(move)["co1.activate"]
    assert (window.stride_y, window.reach_y, window.producer_width) == (2, 1, 8)


def test_one_random_bit_a_layer_gates_the_thresholds():
    found = commands(lenet_like())
    for layer, node in (("co1", "bn1"), ("co2", "bn2"), ("li3", "bn3")):
        assert found[f"{node}.draw"].n_items == 1
        assert f"{node}.draw" in after(found[f"{layer}.activate"])
        assert found[f"{node}.draw"].resource == "stochastic_unit"


def test_what_depends_on_which_masks():
    found = commands(lenet_like())
    assert found["co1.convert"].depends_on_masks == ()
    assert found["co1.activate"].depends_on_masks == found["co2.mvm"].depends_on_masks == ("bn1",)
    assert found["output.average"].depends_on_masks == ("bn1", "bn2", "bn3")


def test_a_layer_starts_when_its_window_is_there_and_a_vector_when_all_is():
    found = commands(lenet_like())
    window = after(found["co2.fetch"])["co1.move"]
    assert (window.reach_y, window.reach_x, window.producer_height, window.width) == (2, 2, 4, 2)
    assert window.capacity == 16  # four rows of four: kernel and stride, within the map
    window = after(found["li3.fetch"])["co2.move"]
    assert (window.reach_y, window.capacity) == (4, 0)


@pytest.mark.parametrize(
    ("kind", "draws"),
    [
        ("element", {"act1.draw": 5 * 64, "act2.draw": 7 * 4, "act3.draw": 20}),
        ("spatial", {"act1.draw": 5, "act2.draw": 7, "act3.draw": 20}),
        ("affine", {"bn1.draw": 2, "bn2.draw": 2, "bn3.draw": 2}),
    ],
)
def test_masks_with_more_bits(kind, draws):
    graph = lenet_like(dropout=kind)
    found = {n: c.n_items for n, c in commands(graph).items() if c.kind == "draw"}
    assert found == draws


def test_redrawn_masks_take_a_bit_for_every_word_line_and_mvm():
    nodes = [
        {"name": "first", "op": "conv2d", "inputs": ["input"]},
        {"name": "act", "op": "sign", "inputs": ["first"], "dropout": {"kind": "element_redraw", "p": 0.5}},
        {"name": "second", "op": "conv2d", "inputs": ["act"]},
    ]
    spec = {"format": "cimsim-workload/1", "name": "redraw", "task": "segmentation", "nodes": nodes,
            "classes": ["a", "b"], "input": {"shape": [1, 6, 6], "bits": 1}, "output": "second"}  # fmt: skip
    rng = np.random.default_rng(0)
    arrays = {"first.weight": rng.choice(np.array([-1, 1], np.int8), (3, 1, 3, 3)),
              "second.weight": rng.choice(np.array([-1, 1], np.int8), (2, 3, 3, 3))}  # fmt: skip
    found = commands(build_graph(spec, arrays))
    assert found["second.redraw"].n_items == 27 * 4
    window = after(found["second.fetch"])["second.redraw"]
    assert (window.multiply, window.producer_height) == (27, 4)
    assert "act.draw" not in found


def test_dropped_signs_carry_a_second_bit():
    assert counts(commands(lenet_like(dropout="element"))["co2.move"])["link.transfer_bit"] == 2 * 7 * 4
    assert counts(commands(lenet_like())["co2.move"])["link.transfer_bit"] == 7 * 4


def test_a_row_tile_on_two_tiles_is_stored_twice():
    found = commands(lenet_like())  # li3: each of its two column tiles lies on a tile of its own
    assert counts(found["co2.move"])["tile_buffer.write_bit"] == 2 * 7 * 4
    assert counts(found["li3.fetch"])["tile_buffer.read_bit"] == 2 * 28
    assert counts(found["co2.move"])["link.transfer_bit"] == 7 * 4  # a bus: one transfer, two listeners


def test_a_digital_first_layer():
    found = commands(lenet_like(bits=8), first_layer="digital")
    assert "co1.mvm" not in found and "co1.convert" not in found
    mac = found["co1.mac"]
    assert (mac.resource, mac.n_items, mac.service_s) == ("digital_mac", 64, pytest.approx(12e-9))
    assert counts(mac)["digital_mac.mac_bit"] == 64 * 45 * 8  # 360 products of a position on 32 lanes
    assert counts(found["input.load"])["tile_buffer.write_bit"] == 0


def test_what_does_not_fold_runs_on_the_vector_unit():
    found = commands(residual())
    assert counts(found["join.vector"])["vector_unit.op"] == 6 * 36
    assert set(after(found["join.vector"])) == {"right.move", "stem.move"}
    assert counts(found["bn.vector"])["vector_unit.op"] == 2 * 6 * 36
    assert "bn.draw" in after(found["bn.vector"])
    assert counts(found["mean.vector"])["vector_unit.op"] == 3 * 16
    assert counts(found["right.move"])["link.transfer_bit"] == 36 * 6 * 7  # sums of -54..54
    assert (
        counts(found["act2.move"])["tile_buffer.write_bit"]
        == counts(found["act2.move"])["link.transfer_bit"]
        == 36 * 6
    )


def test_a_tensor_with_two_readers_is_kept_whole():
    program = map_network(residual(), hand_chip())
    found = {command.name: command for command in program.commands}
    assert after(found["left.fetch"])["stem.move"].capacity == 0
    assert after(found["right.fetch"])["left.move"].capacity == 4 * 6
    assert program.buffers["left"] == (6 * 36, 6 * 36)
    assert program.buffers["right"] == (4 * 6 * 6, 6 * 36)


def test_softmax_and_mean_come_last():
    last = map_network(lenet_like(), hand_chip()).commands[-1]
    assert (last.name, last.n_items, last.service_s) == ("output.average", 1, pytest.approx(4e-9))
    assert counts(last) == {"averaging_unit.accumulate": 4, "averaging_unit.softmax": 4}


def test_replicas_are_servers():
    program = map_network(lenet_like(), hand_chip(replicas={"co1": 3}))
    assert (program.resources["co1.array"], program.resources["co1.readout"]) == (3, 3)
    assert program.resources["co2.array"] == 1


@pytest.mark.parametrize("graph", [lenet_like(), residual(), lenet_like(dropout="element")])
def test_commands_wait_for_known_commands_and_resources_exist(graph):
    program = map_network(graph, hand_chip())
    names = [command.name for command in program.commands]
    assert len(set(names)) == len(names)
    for i, command in enumerate(program.commands):
        assert {window.producer for window in command.after} <= set(names[:i])
        assert command.resource in program.resources
        assert command.service_s > 0 and command.n_items > 0


def test_counters_shift_their_counts_between_input_planes():
    """One shift for each column of each row tile, position and plane but the first."""
    chip = hand_chip(readout="sense_amp", rows_active=1)
    commands = {c.name: c for c in map_network(lenet_like(bits=3), chip).commands}
    assert counts(commands["co1.convert"])["popcount_counter.shift"] == 64 * 5 * 2
    assert counts(commands["li3.convert"])["popcount_counter.shift"] == 0


def test_a_digital_first_layer_reads_windows_and_weights_and_sends_its_sums():
    found = commands(lenet_like(bits=8), first_layer="digital")
    assert counts(found["input.load"])["global_buffer.read_bit"] == 0, "no array reads the image"
    fetch, mac, gather = (found[f"co1.{kind}"] for kind in ("fetch", "mac", "gather"))
    taps = 6 * 6 * 9 + 4 * 6 * 6 + 4 * 4  # inner, edge and corner windows of a padded 8 x 8 map
    assert fetch.resource == "global_buffer" and counts(fetch) == {"global_buffer.read_bit": taps * 8}
    assert fetch.service_s == pytest.approx(-(-taps * 8 / 64 // 8) * 1e-9)
    assert counts(mac)["weight_memory.read_bit"] == 64 * 45
    bits = 5 * 13  # sums of 9 * 255 at most, with a sign
    assert gather.resource == "link" and counts(gather) == {"link.transfer_bit": 64 * bits}
    assert gather.service_s == pytest.approx(9e-9)
    assert "co1.gather" in after(found["co1.activate"])


def test_digital_sums_that_do_not_fold_go_to_the_vector_unit_at_once():
    found = commands(linear_only(), first_layer="digital")
    assert "only.gather" not in found
    assert counts(found["only.move"])["global_buffer.write_bit"] > 0


def linear_only():
    spec = {"format": "cimsim-workload/1", "name": "one", "task": "regression",
            "input": {"shape": [6], "bits": 3},
            "nodes": [{"name": "only", "op": "linear", "inputs": ["input"]}], "output": "only"}  # fmt: skip
    return build_graph(spec, {"only.weight": np.ones((4, 6), np.int8)})


def test_copies_on_several_tiles_share_the_work_and_each_get_the_image():
    def program_and_counts(replicas):
        graph, arch = load_workload("workloads/lenet.npz"), load_arch("arch_configs/stt_mram.yaml")
        chip = replace(build_chip(arch), replicas={"conv1": replicas})
        program = map_network(graph, chip)
        total = Counter()
        for command in program.commands:
            for component, action, count in command.actions:
                total[component, action, command.kind] += count
        return program, total

    (_, one), (program, many) = program_and_counts(1), program_and_counts(64)
    assert program.placements["conv1"].spread.n_sites == 8
    assert [program.resources[f"conv1.{unit}"] for unit in ("buffers", "thresholds")] == [8, 8]
    image = 28 * 28 * 8
    written = ("tile_buffer", "write_bit", "load")
    assert many.pop(written) == 8 * one.pop(written) == 8 * image
    travels = {key for key in many if many[key] != one[key]}  # conv2 begins a tile now, and is not cut in two
    assert {kind for *_, kind in travels} <= {"move", "fetch"}


def test_sites_add_and_compare_side_by_side():
    program = map_network(lenet_like(), hand_chip(replicas={"co1": 2, "co2": 3}))  # co2: a tile each
    found = {command.kind: command for command in program.commands_of("co2")}
    assert program.placements["co2"].spread == Spread(3, 1, 1, 0, 1, 3, 3, 3)
    units = {kind: found[kind].resource for kind in ("fetch", "reduce", "activate")}
    assert units == {"fetch": "co2.buffers", "reduce": "co2.adders", "activate": "co2.thresholds"}
    assert {program.resources[unit] for unit in units.values()} == {3}
    assert after(found["activate"])["co2.reduce"].capacity == 2 * 3
    assert counts(found["reduce"])["tile_controller.issue"] == 4, "each position is added once"
