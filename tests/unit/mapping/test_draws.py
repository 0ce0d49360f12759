"""Who draws which bits: shared units, banks of modules, and what they gate; against closed forms."""

import math
from collections import defaultdict

import numpy as np
import pytest
from hand_chip import hand_chip, lenet_like, with_levels

from cimsim.arch import build_chip, load_arch
from cimsim.mapping.draws import SAMPLER, SHARED, n_gates
from cimsim.mapping.mapper import map_network
from cimsim.workload import build_graph, load_workload
from cimsim.workload.writer import to_arrays, to_spec

STT = "arch_configs/stt_mram.yaml"
WIDTHS = (4, 6, 8)


def chain(kind, kernel=3, widths=WIDTHS, classes=3, members=2):
    """Convolutions of one kernel on padded 6 x 6 maps and logits, with this dropout in each hidden layer."""
    rng, nodes, arrays = np.random.default_rng(0), [], {}
    source, c_in = "input", 2
    zeroes = ("element", "element_redraw", "spatial")
    on_sign = {"dropout": {"kind": kind, "p": 0.25}} if kind in zeroes else {}
    on_norm = {"dropout": {"kind": kind, "p": 0.25}} if kind in ("scale", "affine") else {}
    on_scale = {"dropout": {"kind": kind}} if kind == "gaussian_scale" else {}
    on_mac = {"dropout": {"kind": kind}} if kind == "instances" else {}
    for k, c_out in enumerate(widths):
        shape = (c_out, c_in, kernel, kernel)
        shape = (members, *shape) if on_mac else shape
        arrays[f"conv{k}.weight"] = rng.choice(np.array([-1, 1], np.int8), shape)
        arrays[f"scale{k}.alpha"] = np.ones(c_out)
        if on_scale:
            arrays[f"scale{k}.alpha_std"] = np.full(c_out, 0.1)
        arrays |= {f"bn{k}.{key}": np.ones(c_out) for key in ("gamma", "beta", "mean", "var")}
        pad = [kernel // 2] * 2
        nodes += [
            {"name": f"conv{k}", "op": "conv2d", "inputs": [source], "padding": pad, **on_mac},
            {"name": f"scale{k}", "op": "scale", "inputs": [f"conv{k}"], **on_scale},
            {"name": f"bn{k}", "op": "batchnorm", "inputs": [f"scale{k}"], **on_norm},
            {"name": f"sign{k}", "op": "sign", "inputs": [f"bn{k}"], **on_sign},
        ]
        source, c_in = f"sign{k}", c_out
    nodes += [
        {"name": "flat", "op": "flatten", "inputs": [source]},
        {"name": "fc", "op": "linear", "inputs": ["flat"]},
    ]
    arrays["fc.weight"] = rng.choice(np.array([-1, 1], np.int8), (classes, 36 * c_in))
    spec = {"format": "cimsim-workload/1", "name": kind or "plain", "task": "classification", "nodes": nodes,
            "input": {"shape": [2, 6, 6], "bits": 1}, "output": "fc"}  # fmt: skip
    return build_graph(spec, arrays)


def drawn(program):
    total = defaultdict(float)
    for command in program.commands:
        if command.kind == "draw":
            for component, _, count in command.actions:
                total[component] += count
    return total


POSITIONS = 36
ROWS = [9 * WIDTHS[0], 9 * WIDTHS[1], POSITIONS * WIDTHS[2]]
"""Word lines of the layers that read the three hidden maps: two convolutions and the logits."""


@pytest.mark.parametrize(
    ("kind", "bits", "units"),
    [
        ("scale", 3, 1),  # a bit a layer
        ("affine", 6, 1),  # two bits a layer
        ("instances", 3, 1),  # one of two instances a layer
        # a normal number of sixteen bits a scale value, drawn side by side
        ("gaussian_scale", 16 * sum(WIDTHS), 16),
        ("spatial", sum(WIDTHS), sum(WIDTHS)),  # a bit and a module a feature map
        ("element", POSITIONS * sum(WIDTHS), sum(ROWS)),  # a bit a value, a module a word line
        # a bit a word line and MVM: padded taps are word lines too
        ("element_redraw", POSITIONS * (ROWS[0] + ROWS[1]) + ROWS[2], sum(ROWS)),
    ],
)
def test_bits_and_units_are_the_closed_forms(kind, bits, units):
    program = map_network(chain(kind), build_chip(load_arch(STT)))
    assert drawn(program)["stochastic_unit"] == bits
    assert sum(program.modules.values()) == units
    assert (set(program.modules) == {SHARED}) == (units == 1)


def test_nothing_random_has_no_modules():
    assert map_network(chain(""), hand_chip()).modules == {}
    assert n_gates(chain(""), map_network(chain(""), hand_chip()).placements) == 0


@pytest.mark.parametrize("kernel", [1, 3, 5])
@pytest.mark.parametrize("mapping", ["unrolled", "kernel_split"])
def test_a_module_a_map_is_k_squared_fewer_than_one_a_word_line(kernel, mapping):
    chip = hand_chip(conv_mapping=mapping)
    element, spatial = (map_network(chain(kind, kernel), chip) for kind in ("element", "spatial"))
    for k in (0, 1):  # the maps that a convolution reads
        name = f"sign{k}.modules"
        assert element.modules[name] == kernel**2 * spatial.modules[name]
    assert drawn(spatial)["stochastic_unit"] == sum(WIDTHS)


def test_the_shared_unit_serves_any_width_and_depth():
    for widths in ((4,), (64, 64), (8, 16, 32, 64, 64, 8)):
        program = map_network(chain("scale", widths=widths), hand_chip())
        assert program.modules == {SHARED: 1}
        assert drawn(program)["stochastic_unit"] == len(widths)


def test_a_bank_draws_side_by_side():
    program = map_network(chain("element"), hand_chip())
    command = next(c for c in program.commands if c.name == "sign0.draw")
    assert program.resources[command.resource] == 9 * WIDTHS[0]
    assert command.n_items == POSITIONS * WIDTHS[0]
    assert math.ceil(command.n_items / program.resources[command.resource]) == 4


@pytest.mark.parametrize("kind", ["element", "spatial", "element_redraw"])
def test_gates_stand_on_the_word_lines_of_readers_and_open_once_a_row_and_position(kind):
    program = map_network(chain(kind, classes=20), hand_chip())
    gated = [program.placements[name] for name in ("conv1", "conv2", "fc")]
    assert n_gates(program.graph, program.placements) == sum(p.rows * p.column_tiles for p in gated)
    counts = {
        c.layer: n for c in program.commands for component, _, n in c.actions if component == "dropout_gate"
    }
    inside = (6 * 3 - 2) ** 2  # taps of a 3 x 3 window on a padded 6 x 6 map that are in bounds
    wide = 2  # column tiles of 20 classes on 16 columns, with word lines of their own
    assert counts == {
        "conv1": inside * WIDTHS[0],
        "conv2": inside * WIDTHS[1],
        "fc": wide * POSITIONS * WIDTHS[2],
    }


def test_channels_dropped_as_a_whole_store_no_second_bit():
    read = {}
    for kind in ("", "spatial", "element"):
        commands = {command.name: command for command in map_network(chain(kind), hand_chip()).commands}
        actions = {action[:2]: action[2] for action in commands["conv1.fetch"].actions}
        read[kind] = actions["tile_buffer", "read_bit"]
    assert read["spatial"] == read[""] and read["element"] == 2 * read[""]


@pytest.mark.parametrize(
    ("kind", "bits", "modules"),
    [("element", 2 * 36, 2 * 9), ("spatial", 2, 2), ("element_redraw", 2 * 9 * 36, 2 * 9)],
)
@pytest.mark.parametrize("first_layer", ["bit_serial", "digital"])
def test_the_network_input_may_be_dropped_too(kind, bits, modules, first_layer):
    """Two 6 x 6 maps of the image in front of a padded 3 x 3 convolution."""
    plain = chain("", widths=(4,))
    spec, image = to_spec(plain), {"name": "image", "op": "identity", "inputs": ["input"]}
    spec["nodes"][0]["inputs"] = ["image"]
    spec["nodes"].insert(0, {**image, "dropout": {"kind": kind, "p": 0.25}})
    program = map_network(build_graph(spec, to_arrays(plain)), hand_chip(first_layer=first_layer))
    assert drawn(program)["stochastic_unit"] == bits and sum(program.modules.values()) == modules
    gates = {c.layer: n for c in program.commands for name, _, n in c.actions if name == "dropout_gate"}
    assert gates == ({"conv0": 2 * 16**2} if first_layer == "bit_serial" else {})


def test_samplers_and_arbiters_follow_the_draws():
    assert drawn(map_network(chain("gaussian_scale"), hand_chip()))["gaussian_sampler"] == sum(WIDTHS)
    assert drawn(map_network(chain("instances"), hand_chip()))["arbiter"] == 3
    assert drawn(map_network(lenet_like(dropout="affine"), hand_chip()))["arbiter"] == 0


@pytest.mark.parametrize(
    ("kind", "steps"),
    # maps of 36 positions: 4 draws a bank of nine modules a channel, 1 where there is a module a value
    [("scale", 3), ("spatial", 3), ("element", 4 + 4 + 1), ("gaussian_scale", 4 + 6 + 8)],
)
def test_levels_are_stepped_once_for_all_that_share_one(kind, steps):
    graph = chain(kind)
    shared, own = (
        map_network(graph, build_chip(load_arch(STT, [f"chip.trim_dac.per={per}"])))
        for per in ("bank", "module")
    )
    assert drawn(shared)["trim_dac"] == steps
    assert drawn(own)["trim_dac"] == drawn(own)["stochastic_unit"] == drawn(shared)["stochastic_unit"]


def test_a_word_of_a_shift_register_is_as_many_fair_bits():
    program = map_network(chain("gaussian_scale"), build_chip(load_arch(STT, ["chip.random_source=lfsr"])))
    commands = [command for command in program.commands if command.kind == "draw"]
    assert [command.n_items for command in commands] == list(WIDTHS)  # sixteen bits: a word a number
    assert drawn(program)["stochastic_unit"] == 16 * sum(WIDTHS) and program.modules == {SAMPLER: 1}
    assert {action for c in commands for name, action, _ in c.actions if name == SHARED} == {"draw_fair"}


@pytest.mark.parametrize("op", ["hardtanh", "identity"])
def test_signs_that_were_dropped_are_gated_behind_what_keeps_signs(op):
    nodes = [
        {"name": "fc", "op": "linear", "inputs": ["input"]},
        {"name": "act", "op": "sign", "inputs": ["fc"], "dropout": {"kind": "element", "p": 0.2}},
        {"name": "between", "op": op, "inputs": ["act"]},
        {"name": "out", "op": "linear", "inputs": ["between"]},
    ]
    spec = {"format": "cimsim-workload/1", "name": "n", "task": "classification", "nodes": nodes,
            "input": {"shape": [4], "bits": 1}, "output": "out"}  # fmt: skip
    arrays = {"fc.weight": np.ones((6, 4), np.int8), "out.weight": np.ones((2, 6), np.int8)}
    program = map_network(build_graph(spec, arrays), hand_chip())
    (fetch,) = (command for command in program.commands if command.name == "out.fetch")
    actions = {action[:2]: action[2] for action in fetch.actions}
    assert actions["tile_buffer", "read_bit"] == 2 * 6 and actions["dropout_gate", "gate"] == 6
    assert n_gates(program.graph, program.placements) == 6


def test_cmos_bits_need_no_level():
    program = map_network(chain("element"), build_chip(load_arch(STT, ["chip.random_source=lfsr"])))
    assert drawn(program)["trim_dac"] == 0 and drawn(program)["stochastic_unit"] == POSITIONS * sum(WIDTHS)


def test_a_source_gives_the_network_its_probabilities():
    graph = chain("element")
    coarse = with_levels(graph, 16)
    assert with_levels(graph, 0) is graph
    assert with_levels(chain("scale"), 4).nodes[2].dropout.p == 0.25
    fine = with_levels(graph, 10)
    assert {node.dropout.p for node in fine.stochastic_nodes} == {0.2}
    assert {node.dropout.p for node in coarse.stochastic_nodes} == {0.25}


@pytest.mark.parametrize(("kind", "modules"), [("element", 2976), ("spatial", 736)])
def test_modules_of_a_whole_vgg(kind, modules):
    """9 a channel for its 160 convolved maps, 1 a word line of full layers: 4 times fewer in all."""
    graph = load_workload("workloads/vgg_w16_deterministic.npz")
    spec = to_spec(graph)
    for node in spec["nodes"]:
        if node["op"] == "sign":
            node["dropout"] = {"kind": kind, "p": 0.2}
    program = map_network(build_graph(spec, to_arrays(graph)), build_chip(load_arch(STT)))
    assert sum(program.modules.values()) == modules
    of_maps = [program.modules[f"sign{k}.modules"] for k in range(1, 6)]
    assert sum(of_maps) == 160 * (9 if kind == "element" else 1)
