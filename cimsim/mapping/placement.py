"""Weight matrix -> subarrays, macros and tiles.

A subarray belongs to one layer and so does a macro; a tile may hold macros of several layers, which share its
buffer, adders and threshold unit. Layers fill macros in graph order, so neighbours sit close together.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from cimsim.arch.chip import Chip, Geometry
from cimsim.errors import CapacityError, SpecError, closest
from cimsim.mapping.program import Placement
from cimsim.workload.graph import Node, WorkloadGraph

__all__ = ["n_chip_tiles", "place_layers", "reads_per_step", "row_tile_sizes", "sum_bits"]


def place_layers(graph: WorkloadGraph, chip: Chip) -> dict[str, Placement]:
    """Place every MAC node, in graph order.

    Returns
    -------
    placements : by layer name, in graph order

    Raises
    ------
    SpecError
        `chip.replicas` names a layer that is not there.
    CapacityError
        `chip.geometry.n_tiles` tiles hold fewer macros than the network needs.
    """
    layers = [node.name for node in graph.mac_nodes]
    for name in chip.replicas:
        if name not in layers:
            cure = closest(name, layers)
            raise SpecError(f"{_file(chip)}: chip.replicas", "must name layers of the network", name, cure)
    placements: dict[str, Placement] = {}
    n_macros = 0
    for node in graph.mac_nodes:
        placements[node.name] = _place(graph, node, chip, n_macros)
        n_macros += placements[node.name].n_macros
    _check_capacity(placements, chip)
    return placements


def n_chip_tiles(placements: Mapping[str, Placement], geometry: Geometry) -> int:
    """Tiles on the chip: the budget, or as few as hold the network (at least one)."""
    if geometry.n_tiles is not None:
        return geometry.n_tiles
    return max(1, math.ceil(sum(p.n_macros for p in placements.values()) / geometry.macros_per_tile))


def row_tile_sizes(rows: int, n_rows: int, splits: int = 1) -> list[int]:
    """Rows on each row tile: `splits` equal parts, each cut evenly so that no tile takes needless steps.

    >>> row_tile_sizes(130, 128)
    [65, 65]
    """
    part = rows // splits
    n_tiles = math.ceil(part / n_rows)
    return [part // n_tiles + (i < part % n_tiles) for i in range(n_tiles)] * splits


def reads_per_step(placement: Placement, geometry: Geometry) -> int:
    """Columns of a subarray that one read-out takes in turn in a row step; they are spread evenly."""
    columns: int = math.ceil(placement.columns / max(placement.column_tiles, 1))
    return math.ceil(columns * geometry.columns_per_readout / geometry.n_columns)


def sum_bits(placement: Placement) -> int:
    """Bits of a layer's signed integer sums."""
    largest: int = placement.rows * (2**placement.n_planes - 1)
    return largest.bit_length() + 1


def _place(graph: WorkloadGraph, node: Node, chip: Chip, first_macro: int) -> Placement:
    geometry = chip.geometry
    weight = node.params["weight"]
    is_conv = node.op == "conv2d"
    groups = int(node.attrs.get("groups", 1))
    n_variants = weight.shape[0] if weight.ndim > (4 if is_conv else 2) else 1
    kernel_taps = int(np.prod(weight.shape[-2:])) if is_conv else 1
    columns = int(weight.shape[-4] if is_conv else weight.shape[-2]) // groups
    rows = int(weight.shape[-3]) * kernel_taps if is_conv else int(weight.shape[-1])
    n_positions = int(np.prod(graph.shapes[node.name][1:])) if is_conv else 1
    reads_input = graph.domains[node.inputs[0]] == "input"
    if reads_input and chip.first_layer == "digital":
        return _digital(node.name, rows, columns, groups, n_positions, graph.input.bits)
    is_split = is_conv and chip.conv_mapping == "kernel_split"
    sizes = row_tile_sizes(rows, geometry.n_rows, kernel_taps if is_split else 1)
    column_tiles = math.ceil(columns / geometry.n_columns)
    per_copy = groups * len(sizes) * column_tiles * n_variants
    replicas = min(chip.replicas.get(node.name, 1), n_positions)
    n_macros = replicas * math.ceil(per_copy / geometry.subarrays_per_macro)
    first_tile, last_tile = (m // geometry.macros_per_tile for m in (first_macro, first_macro + n_macros - 1))
    n_cells = per_copy * geometry.n_rows * geometry.n_columns
    return Placement(
        layer=node.name,
        strategy="kernel_split" if is_split else "unrolled",
        rows=rows,
        columns=columns,
        row_tiles=len(sizes),
        column_tiles=column_tiles,
        n_subarrays=per_copy * replicas,
        n_macros=n_macros,
        n_tiles=last_tile - first_tile + 1,
        replicas=replicas,
        steps=math.ceil(max(sizes) / geometry.rows_active),
        n_planes=graph.input.bits if reads_input else 1,
        n_positions=n_positions,
        cell_utilization=groups * rows * columns * n_variants / n_cells,
        groups=groups,
        n_variants=n_variants,
        row_steps=sum(math.ceil(size / geometry.rows_active) for size in sizes),
        first_tile=first_tile,
        n_gathers=_n_gathers(len(sizes), groups * column_tiles, first_macro, geometry),
    )


def _n_gathers(row_tiles: int, column_blocks: int, first_macro: int, geometry: Geometry) -> int:
    """Pairs of (column tile, tile beside the first) that hold its rows; subarrays fill up columnwise."""
    per_tile = geometry.subarrays_per_macro * geometry.macros_per_tile
    start = first_macro % geometry.macros_per_tile * geometry.subarrays_per_macro
    return sum(
        (start + (block + 1) * row_tiles - 1) // per_tile
        - max((start + block * row_tiles) // per_tile, 1)
        + 1
        for block in range(column_blocks)
        if (start + (block + 1) * row_tiles - 1) // per_tile >= 1
    )


def _digital(name: str, rows: int, columns: int, groups: int, n_positions: int, bits: int) -> Placement:
    return Placement(name, "digital", rows, columns, 0, 0, 0, 0, 0, 1, 0, bits, n_positions, 0.0, groups)


def _check_capacity(placements: Mapping[str, Placement], chip: Chip) -> None:
    n_tiles, per_tile = chip.geometry.n_tiles, chip.geometry.macros_per_tile
    needed = sum(placement.n_macros for placement in placements.values())
    if n_tiles is None or needed <= n_tiles * per_tile:
        return
    each = ", ".join(f"{p.layer} {p.n_macros}" for p in placements.values() if p.n_macros)
    enough = math.ceil(needed / per_tile)
    raise CapacityError(
        f"{_file(chip)}: chip.tiles",
        f"{_count(n_tiles, 'tile')} {'holds' if n_tiles == 1 else 'hold'} "
        f"{_count(n_tiles * per_tile, 'macro')}, the network needs {needed} ({each})",
        cure=f"set chip.tiles to auto or to at least {enough}",
    )


def _file(chip: Chip) -> str:
    return Path(str(getattr(chip.spec, "source", "<memory>"))).name


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"
