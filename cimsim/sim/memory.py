"""How many memory blocks the chip needs: what a schedule keeps waiting, over the size of a block."""

from __future__ import annotations

import math
from collections.abc import Mapping

from cimsim.mapping.placement import n_chip_tiles
from cimsim.mapping.program import Program
from cimsim.mapping.randomness import random_bits
from cimsim.mapping.site import REAL_BITS
from cimsim.mapping.thresholds import constants_of
from cimsim.sim.schedule import IN_FLIGHT, run_masks
from cimsim.workload.dropout import n_members, n_states
from cimsim.workload.graph import Node, WorkloadGraph

__all__ = ["digital_weights", "memory_blocks", "network_bits"]


def memory_blocks(program: Program, schedule: str, n_passes: int) -> Mapping[str, int]:
    """Blocks of each memory on the whole chip: one a place, more where it does not hold what waits there.

    `sequential` keeps the rows under each window, `pipelined` those of two passes; `prefix_reuse` and
    `enumerate` keep whole maps of two runs, one for every state of the masks in between, and the former the
    masks of all passes, which it draws first. Thresholds stay.
    """
    spec, placements = program.chip.spec, program.placements
    n_tiles = n_chip_tiles(placements, program.chip.geometry)
    activations, thresholds = [0.0] * n_tiles, [0.0] * n_tiles
    central = float(math.prod(program.graph.input.shape) * program.graph.input.bits)
    if schedule == "prefix_reuse":
        central += n_passes * sum(random_bits(program.graph, node) for node in program.graph.nodes)
    for layer in program.buffers:
        held = _held_bits(program, layer, schedule, n_passes)
        placement = placements.get(layer)
        if placement is None or not placement.n_macros:
            central += held
            continue
        for tile in range(placement.first_tile, placement.first_tile + placement.n_tiles):
            activations[tile] += held * placement.spread.input_copies / placement.n_tiles
    for layer, fold in program.folds.items():
        placement = placements[layer]
        spread = placement.spread
        bits = constants_of(program.graph, program.chip, fold, placement).stored_bits
        for tile in range(placement.first_tile, placement.first_tile + spread.n_homes):
            thresholds[tile] += bits * spread.threshold_copies / spread.n_homes
    blocks = {
        "tile_buffer": _blocks(activations, spec.tile.buffer.size_bits),
        "threshold_sram": _blocks(thresholds, spec.tile.threshold_sram.size_bits),
        "global_buffer": _blocks([central], spec.chip.global_buffer.size_bits),
    }
    weights, memory = digital_weights(program), spec.chip.weight_memory
    if weights and memory is not None:
        blocks["weight_memory"] = _blocks([weights], memory.size_bits)
    return blocks


def network_bits(program: Program) -> int:
    """Bits that the chip keeps of a network: weights of all copies, thresholds of all states, parameters.

    Parameters of what does not fold are words of the vector unit, merged per channel where they are fixed.
    """
    graph, placements = program.graph, program.placements
    cells = sum(
        p.rows * p.columns * p.groups * p.n_variants * max(p.replicas, 1) for p in placements.values()
    )
    thresholds = sum(
        constants_of(graph, program.chip, f, placements[f.mac]).stored_bits for f in program.folds.values()
    )
    folded = {name for fold in program.folds.values() for name in fold.chain}
    words = sum(_words(graph, node) for node in graph.nodes if node.name not in folded)
    return cells + thresholds + words * REAL_BITS


def _words(graph: WorkloadGraph, node: Node) -> int:
    """Numbers that the vector unit reads for a node: a factor, a shift or a level for each channel."""
    per_channel = {"batchnorm": 2, "affine": 2, "scale": 1, "threshold": 1}.get(node.op, 0)
    per_channel += ("bias" in node.params) + ("alpha_std" in node.params) + ("dropped_alpha" in node.params)
    return per_channel * int(graph.shapes[node.name][0]) * n_members(node)


def digital_weights(program: Program) -> int:
    """Weights, one bit each, of layers that no subarray holds."""
    layers = (name for name, placement in program.placements.items() if not placement.n_macros)
    return sum(program.graph.n_weights(name) for name in layers)


def _held_bits(program: Program, layer: str, schedule: str, n_passes: int) -> float:
    line_bits, map_bits = program.buffers[layer]
    if schedule == "sequential":
        return line_bits
    if schedule == "pipelined":
        return IN_FLIGHT * line_bits
    return IN_FLIGHT * map_bits * _states_between(program, layer, n_passes)


def _states_between(program: Program, layer: str, n_passes: int) -> int:
    """Maps that one run of the layers before leads to: one for each state of the masks on the way."""
    graph, masks, by_name = program.graph, run_masks(program), {c.name: c for c in program.commands}
    producers = {by_name[w.producer].layer for c in program.commands_of(layer) for w in c.after} - {layer}
    most = 1
    for producer in producers & masks.keys():
        new = set(masks[layer]) - set(masks[producer]) - {layer}
        states = [n_states(graph.node(name)) or n_passes for name in new]
        most = max(most, min(n_passes, math.prod(states)))
    return most


def _blocks(bits_by_place: list[float], size_bits: int) -> int:
    return sum(max(1, math.ceil(bits / size_bits)) for bits in bits_by_place)
