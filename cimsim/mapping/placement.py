"""Weight matrix -> subarrays, macros and tiles.

A subarray belongs to one layer and so does a macro; a tile may hold macros of several layers, which share its
buffer, adders and threshold unit. Layers fill macros in graph order, so neighbours sit close together.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

from cimsim.arch.chip import Chip, Geometry
from cimsim.errors import CapacityError, SpecError, closest
from cimsim.mapping.program import Placement
from cimsim.mapping.spread import Copies, spread_over_tiles
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
            place = chip.spec.place(f"chip.replicas.{name}")
            raise SpecError(place, "must name a layer of the network", cure=cure)
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


def row_tile_sizes(rows: int, n_rows: int, rows_active: int, splits: int = 1) -> list[int]:
    """Rows on each row tile: `splits` equal parts, each cut evenly in whole row steps, the last one short.

    No tile takes more steps than it must, and together they take ceil(part / rows_active). If whole steps
    do not fit a subarray, the cut is even in rows.

    >>> row_tile_sizes(130, 128, 16)
    [80, 50]
    """
    part = rows // splits
    n_tiles, n_steps = math.ceil(part / n_rows), math.ceil(part / rows_active)
    sizes = [rows_active * (n_steps // n_tiles + (i < n_steps % n_tiles)) for i in range(n_tiles)]
    sizes[-1] -= sum(sizes) - part
    if max(sizes) > n_rows or min(sizes) <= 0:
        sizes = [part // n_tiles + (i < part % n_tiles) for i in range(n_tiles)]
    return sizes * splits


def reads_per_step(placement: Placement, geometry: Geometry) -> int:
    """Columns of a subarray that one read-out takes in turn in a row step; they are spread evenly."""
    columns: int = math.ceil(placement.columns / max(placement.column_tiles, 1))
    return math.ceil(columns / math.ceil(geometry.n_columns / geometry.columns_per_readout))


def sum_bits(placement: Placement) -> int:
    """Bits of a layer's signed integer sums."""
    largest: int = placement.rows * (2**placement.n_planes - 1)
    return largest.bit_length() + 1


class _Matrix(NamedTuple):
    """The weight matrix of one group: rows are ``taps`` kernel taps of each input channel."""

    rows: int
    columns: int
    taps: int
    groups: int
    n_variants: int


def _matrix(node: Node) -> _Matrix:
    """Axes are (c_out, c_in/groups, rows, columns) or (n_out, n_in), behind one of variants if any."""
    shape, groups = node.params["weight"].shape, int(node.attrs.get("groups", 1))
    n_axes = 4 if node.op == "conv2d" else 2
    taps = math.prod(shape[-2:]) if n_axes == 4 else 1
    c_out, c_in = shape[-n_axes : len(shape) - n_axes + 2]
    return _Matrix(c_in * taps, c_out // groups, taps, groups, math.prod(shape[:-n_axes]))


def _place(graph: WorkloadGraph, node: Node, chip: Chip, first_macro: int) -> Placement:
    geometry, matrix = chip.geometry, _matrix(node)
    reads_input = graph.domains[node.inputs[0]] == "input"
    n_positions = math.prod(graph.shapes[node.name][1:])
    n_planes = graph.input.bits if reads_input else 1
    if reads_input and chip.first_layer == "digital":
        return _on_digital_unit(node, matrix, n_planes, n_positions)
    is_split = node.op == "conv2d" and chip.conv_mapping == "kernel_split"
    sizes = row_tile_sizes(matrix.rows, geometry.n_rows, geometry.rows_active, matrix.taps if is_split else 1)
    column_tiles = math.ceil(matrix.columns / geometry.n_columns)
    replicas = min(chip.replicas.get(node.name, 1), n_positions)
    copies = Copies(replicas, matrix.n_variants, matrix.groups, column_tiles, len(sizes))
    per_copy = math.prod(copies[1:])
    n_macros = replicas * math.ceil(per_copy / geometry.subarrays_per_macro)
    first, last = (m // geometry.macros_per_tile for m in (first_macro, first_macro + n_macros - 1))
    return Placement(
        layer=node.name,
        strategy="kernel_split" if is_split else "unrolled",
        rows=matrix.rows,
        columns=matrix.columns,
        row_tiles=len(sizes),
        column_tiles=column_tiles,
        n_subarrays=per_copy * replicas,
        n_macros=n_macros,
        n_tiles=last - first + 1,
        replicas=replicas,
        steps=math.ceil(max(sizes) / geometry.rows_active),
        n_planes=n_planes,
        n_positions=n_positions,
        cell_utilization=node.params["weight"].size / (per_copy * geometry.n_rows * geometry.n_columns),
        groups=matrix.groups,
        n_variants=matrix.n_variants,
        row_steps=sum(math.ceil(size / geometry.rows_active) for size in sizes),
        first_tile=first,
        spread=spread_over_tiles(copies, first_macro, geometry),
    )


def _on_digital_unit(node: Node, matrix: _Matrix, n_planes: int, n_positions: int) -> Placement:
    none = (0, 0, 0, 0, 0, 1, 0)
    return Placement(
        node.name, "digital", matrix.rows, matrix.columns, *none, n_planes, n_positions, 0.0, *matrix[3:]
    )


def _check_capacity(placements: Mapping[str, Placement], chip: Chip) -> None:
    n_tiles, per_tile = chip.geometry.n_tiles, chip.geometry.macros_per_tile
    needed = sum(placement.n_macros for placement in placements.values())
    if n_tiles is None or needed <= n_tiles * per_tile:
        return
    each = ", ".join(f"{p.layer} {p.n_macros}" for p in placements.values() if p.n_macros)
    enough = math.ceil(needed / per_tile)
    raise CapacityError(
        chip.spec.place("chip.tiles"),
        f"{_count(n_tiles, 'tile')} {'holds' if n_tiles == 1 else 'hold'} "
        f"{_count(n_tiles * per_tile, 'macro')}, the network needs {needed} ({each})",
        cure=f"set chip.tiles to auto or to at least {enough}",
    )


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"
