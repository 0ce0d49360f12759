"""A chip with round numbers, and small random networks to run on it."""

from types import SimpleNamespace

import numpy as np

from cimsim.arch.chip import Chip, Geometry, Timing
from cimsim.circuits.bit_source import BitSource
from cimsim.circuits.cost import Action, Component
from cimsim.mapping.randomness import realised
from cimsim.workload import build_graph

UNITS = {
    "subarray": {
        "cell_array": ("read_parallel", "read_antiparallel", "read_reference", "write"),
        "wordline_driver": ("drive",),
        "bitline": ("charge",),
        "column_mux": ("select",),
    },
    "macro": {"adc": ("convert",), "shift_add": ("add",), "row_counter": ("count",)},
    "tile": {
        "adder_tree": ("add",),
        "threshold_unit": ("compare",),
        "threshold_sram": ("read_bit", "write_bit"),
        "tile_buffer": ("read_bit", "write_bit"),
        "tile_controller": ("issue",),
    },
    "chip": {
        "global_buffer": ("read_bit", "write_bit"),
        "link": ("transfer_bit",),
        "chip_controller": ("issue",),
        "vector_unit": ("op",),
        "digital_mac": ("mac_bit",),
        "averaging_unit": ("accumulate", "weigh", "softmax"),
        "stochastic_unit": ("draw", "draw_fair"),
        "weight_memory": ("read_bit", "write_bit"),
        "trim_dac": ("set",),
        "dropout_gate": ("gate",),
        "gaussian_sampler": ("sample",),
        "arbiter": ("grant",),
    },
}
GEOMETRY = dict(  # noqa: C408
    n_rows=16, n_columns=16, rows_active=4, subarrays_per_macro=2, macros_per_tile=2, n_tiles=None,
    columns_per_readout=4, readouts_per_macro=4, readout="adc", biases_unselected_columns=False,
    reference_columns=0, n_branches=2,
)  # fmt: skip
TIMING = dict(  # noqa: C408
    clock_s=1e-9, wordline_s=2e-9, read_s=3e-9, convert_s=4e-9, draw_s=20e-9, digital_lanes=32,
    threshold_lanes=4, adder_lanes=8, vector_lanes=4, averaging_lanes=2, link_bits_per_clock=8,
    buffer_bits_per_clock=16,
)  # fmt: skip


def _place(path):
    return f"arch_configs/hand.yaml: {path}"


def hand_chip(
    *,
    schedule="sequential",
    first_layer="bit_serial",
    conv_mapping="unrolled",
    replicas=None,
    level_per="bank",
    **changes,
):
    """Every action costs its position in the table above, in pJ; a chip of any geometry and timing."""
    geometry = Geometry(**{k: changes.get(k, v) for k, v in GEOMETRY.items()})
    timing = Timing(**{k: changes.get(k, v) for k, v in TIMING.items()})
    components, n = {}, 0
    for unit, blocks in UNITS.items():
        for name, actions in blocks.items():
            costs = {}
            for action in actions:
                n += 1
                costs[action] = Action(n * 1e-12)
            components[name] = Component(name, n * 1e-12, n * 1e-6, costs, unit)
    block = SimpleNamespace(size_bits=changes.get("size_bits", 4096))
    word = SimpleNamespace(bits=changes.get("bits", 32))
    macro = SimpleNamespace(adc=None, shift_add=word, popcount_counter=word)
    tile = SimpleNamespace(
        buffer=block, threshold_sram=block, adder_tree=word, threshold_unit=word, macro=macro
    )
    level = SimpleNamespace(global_buffer=block, weight_memory=block)
    spec = SimpleNamespace(name="hand", source="arch_configs/hand.yaml", tile=tile, chip=level, place=_place)
    copies = replicas or {}
    return Chip(
        spec, geometry, timing, components, schedule, first_layer, conv_mapping, copies, level_per=level_per,
        trimmed=SimpleNamespace(bits_per_level=1000, nominal=lambda p: p),
    )  # fmt: skip


def with_levels(graph, n_levels):
    """The network with the probabilities of a source of so many levels; 0: of any."""
    source = BitSource(n_levels=n_levels)
    return realised(graph, lambda node: source.probability(node.dropout.p))


def _signs(rng, *shape):
    return rng.choice(np.array([-1, 1], np.int8), shape)


def _batchnorm(arrays, rng, name, channels):
    arrays |= {
        f"{name}.gamma": rng.normal(1.0, 0.5, channels),
        f"{name}.beta": rng.normal(0.0, 0.5, channels),
        f"{name}.mean": rng.normal(0.0, 2.0, channels),
        f"{name}.var": rng.uniform(0.5, 20.0, channels),
    }


def lenet_like(*, dropout="scale", bits=3, seed=0):
    """conv 3x3 - bn - sign - pool - conv 3x3 - bn - sign - flatten - fc - bn - sign - fc on 1x8x8 inputs."""
    rng, arrays = np.random.default_rng(seed), {}
    drop = {"dropout": {"kind": dropout, "p": 0.3}} if dropout in ("scale", "affine") else {}
    mask = (
        {"dropout": {"kind": dropout, "p": 0.3}}
        if dropout in ("element", "spatial", "element_redraw")
        else {}
    )
    nodes = []

    def node(name, op, source, **rest):
        nodes.append({"name": name, "op": op, "inputs": [source], **rest})

    def stage(i, op, source, shape, **rest):
        node(f"{op[:2]}{i}", op, source, **rest)
        arrays[f"{op[:2]}{i}.weight"] = _signs(rng, *shape)
        node(f"bn{i}", "batchnorm", f"{op[:2]}{i}", **drop)
        _batchnorm(arrays, rng, f"bn{i}", shape[0])
        node(f"act{i}", "sign", f"bn{i}", **mask)

    stage(1, "conv2d", "input", (5, 1, 3, 3), padding=[1, 1])
    node("pool1", "maxpool2d", "act1", kernel=[2, 2])
    stage(2, "conv2d", "pool1", (7, 5, 3, 3))
    node("flat", "flatten", "act2")
    stage(3, "linear", "flat", (20, 28))
    node("fc", "linear", "act3")
    arrays["fc.weight"] = _signs(rng, 4, 20)
    spec = {
        "format": "cimsim-workload/1", "name": "lenet_like", "task": "classification",
        "classes": list("abcd"), "input": {"shape": [1, 8, 8], "bits": bits}, "nodes": nodes, "output": "fc",
    }  # fmt: skip
    return build_graph(spec, arrays)


def residual(*, seed=0):
    """A branch and a join: sums added on the vector unit, signs back to the arrays, an average pool last."""
    rng, arrays = np.random.default_rng(seed), {}
    nodes = [
        {"name": "stem", "op": "conv2d", "inputs": ["input"], "padding": [1, 1]},
        {"name": "act0", "op": "sign", "inputs": ["stem"]},
        {"name": "left", "op": "conv2d", "inputs": ["act0"], "padding": [1, 1]},
        {"name": "act1", "op": "sign", "inputs": ["left"]},
        {"name": "right", "op": "conv2d", "inputs": ["act1"], "padding": [1, 1]},
        {"name": "join", "op": "add", "inputs": ["right", "act0"]},
        {"name": "bn", "op": "batchnorm", "inputs": ["join"], "dropout": {"kind": "scale", "p": 0.4}},
        {"name": "act2", "op": "sign", "inputs": ["bn"]},
        {"name": "head", "op": "conv2d", "inputs": ["act2"]},
        {"name": "mean", "op": "avgpool2d", "inputs": ["head"], "kernel": [4, 4]},
        {"name": "flat", "op": "flatten", "inputs": ["mean"]},
    ]
    arrays = {"stem.weight": _signs(rng, 6, 2, 3, 3), "left.weight": _signs(rng, 6, 6, 3, 3),
              "right.weight": _signs(rng, 6, 6, 3, 3), "head.weight": _signs(rng, 3, 6, 3, 3)}  # fmt: skip
    _batchnorm(arrays, rng, "bn", 6)
    spec = {
        "format": "cimsim-workload/1", "name": "residual", "task": "classification", "classes": list("abc"),
        "input": {"shape": [2, 6, 6], "bits": 1}, "nodes": nodes, "output": "flat",
    }  # fmt: skip
    return build_graph(spec, arrays)
