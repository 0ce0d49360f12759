"""What one MAC node does on its arrays: fetch the window, drive rows, convert columns, add partial sums."""

from __future__ import annotations

import math

from cimsim.arch.chip import SUMS_PER_COLUMN
from cimsim.mapping.draws import gates_on, lay_draw, lay_redraw
from cimsim.mapping.placement import reads_per_step, sum_bits
from cimsim.mapping.program import Command, Placement, Window
from cimsim.mapping.site import Site, raster
from cimsim.mapping.vector_ops import sliding_of
from cimsim.mapping.windows import each, taps_in_bounds, whole
from cimsim.workload.graph import Node, WorkloadGraph

__all__ = ["driven_rows", "lay_mac"]

PAIR = 2
"""Input registers and sample-and-holds come in pairs: one fills while the other is read."""


def lay_mac(site: Site, node: Node) -> Window:
    """Lay the commands that end in the node's integer sums; returns how to wait for each position."""
    placement = site.placements[node.name]
    issue = site.lay(Command(
        f"{node.name}.issue", node.name, "issue", "chip_controller", 1, site.clocks(1),
        (("chip_controller", "issue", 1.0),), (), site.masks_before(node),
    ))  # fmt: skip
    n_mvm = placement.n_positions * placement.n_planes
    divide = 1 if placement.strategy == "digital" else placement.n_planes
    width = raster(site.graph.shapes[node.name])[1]
    after = (
        whole(issue, 1),
        *site.inputs_of(node, sliding_of(node), width, divide=divide),
        *_choice(site, node),
        *_redraw(site, node, divide),
    )
    if placement.strategy == "digital":
        return _lay_digital(site, node, placement, after)
    (taps, driven), spread = driven_rows(site.graph, node), placement.spread
    bits = taps * placement.n_planes * _bits_per_row(site, node) * spread.input_reads
    site.lay(Command(
        f"{node.name}.fetch", node.name, "fetch", placement.tile_unit("buffer"), n_mvm,
        site.clocks(bits / n_mvm / spread.copy_tiles, site.chip.timing.buffer_bits_per_clock),
        (
            ("tile_buffer", "read_bit", bits),
            ("tile_controller", "issue", n_mvm * spread.copy_tiles),
            *gates_on(site, node, float(taps * placement.n_planes * placement.column_tiles)),
        ),
        after, site.masks_before(node),
    ), spread.n_sites)  # fmt: skip
    _lay_arrays(site, node, placement, driven * placement.n_planes)
    return _lay_adders(site, node, placement)


def driven_rows(graph: WorkloadGraph, node: Node) -> tuple[int, int]:
    """(taps read from the buffer, word lines driven) of one bit plane, summed over all output positions.

    Zero padding is not driven; padding with -1 or +1 is driven but read from nowhere. Behind the network
    input the pad value is a constant in the threshold, so padding is not driven there either.
    """
    n_in = int(graph.shapes[node.inputs[0]][0])
    if node.op == "linear":
        return n_in, n_in
    move, sizes, outs = sliding_of(node), graph.shapes[node.inputs[0]][1:], graph.shapes[node.name][1:]
    inside = n_in * math.prod(
        taps_in_bounds(sizes[axis], outs[axis], move.kernel[axis], move.stride[axis], move.padding[axis])
        for axis in (0, 1)
    )
    drives_padding = node.attrs["pad_value"] != 0 and graph.domains[node.inputs[0]] == "sign"
    return inside, n_in * math.prod(move.kernel) * math.prod(outs) if drives_padding else inside


def _lay_arrays(site: Site, node: Node, placement: Placement, driven: int) -> None:
    geometry, timing, masks = site.chip.geometry, site.chip.timing, site.masks_before(node)
    n_mvm = placement.n_positions * placement.n_planes
    steps, row_steps = (geometry.n_phases * n for n in (placement.steps, placement.row_steps))
    n_items = n_mvm * steps
    columns = math.ceil(placement.columns / placement.column_tiles)
    share = min(geometry.subarrays_per_macro, placement.groups * placement.row_tiles * placement.column_tiles)
    converts_per_step = math.ceil(columns * share / geometry.readouts_per_macro)
    conversions = float(n_mvm * row_steps * placement.columns * placement.groups)
    charges = conversions
    if geometry.biases_unselected_columns:
        charges = float(n_mvm * row_steps * placement.column_tiles * geometry.n_columns * placement.groups)
    charges += n_mvm * row_steps * placement.column_tiles * geometry.reference_columns * placement.groups
    sums = placement.n_positions * placement.row_tiles * placement.columns * placement.groups
    mvm = site.lay(Command(
        f"{node.name}.mvm", node.name, "mvm", f"{node.name}.array", n_items,
        timing.wordline_s + reads_per_step(placement, geometry) * timing.read_s,
        (
            ("cell_array", "read", float(driven * placement.columns)),
            ("wordline_driver", "drive", float(driven * placement.column_tiles)),
            ("bitline", "charge", charges),
            ("column_mux", "select", conversions),
            ("tile_controller", "issue", n_items * placement.spread.copy_tiles),
        ),
        (each(f"{node.name}.fetch", n_mvm, divide=steps, buffered=PAIR * placement.replicas),),
        masks,
    ), placement.replicas)  # fmt: skip
    site.lay(Command(
        f"{node.name}.convert", node.name, "convert", f"{node.name}.readout", n_items,
        converts_per_step * timing.convert_s,
        (
            *_readout(geometry.readout, conversions, float(sums * (placement.n_planes - 1))),
            ("row_counter", "count", float(n_mvm * row_steps * placement.groups)),
        ),
        (each(mvm, n_items, buffered=PAIR * placement.replicas),), masks,
    ), placement.replicas)  # fmt: skip


def _readout(readout: str, conversions: float, shifts: float) -> tuple[tuple[str, str, float], ...]:
    """Conversions and what accumulates them; an adder shifts in passing, a counter between planes."""
    if readout == "adc":
        return ("adc", "convert", conversions), ("shift_add", "add", conversions)
    return (
        ("sense_amp", "convert", conversions),
        ("popcount_counter", "add", conversions),
        ("popcount_counter", "shift", shifts),
    )


def _lay_adders(site: Site, node: Node, placement: Placement) -> Window:
    """Sums of all steps and planes, gathered where a column tile begins and added across row tiles."""
    spread, masks, n_positions = placement.spread, site.masks_before(node), placement.n_positions
    per_position = placement.n_planes * placement.steps * site.chip.geometry.n_phases
    sums = each(
        f"{node.name}.convert",
        n_positions,
        multiply=per_position,
        buffered=SUMS_PER_COLUMN * placement.replicas,
    )
    if spread.n_gathers:
        columns = math.ceil(placement.columns / placement.column_tiles)
        bits = spread.n_gathers * columns * sum_bits(placement)
        sums = each(_lay_gather(site, node, bits, sums), n_positions, buffered=PAIR * spread.n_sites)
    adds = (placement.row_tiles - 1) * placement.columns * placement.groups
    if not adds:
        return sums
    reduce = site.lay(Command(
        f"{node.name}.reduce", node.name, "reduce", placement.tile_unit("adder"), n_positions,
        site.clocks(adds / spread.copy_homes, site.chip.timing.adder_lanes),
        (("adder_tree", "add", float(adds * n_positions)), ("tile_controller", "issue", float(n_positions))),
        (sums,), masks,
    ), spread.n_sites)  # fmt: skip
    return each(reduce, n_positions, buffered=PAIR * spread.n_sites)


def _lay_gather(site: Site, node: Node, bits: float, sums: Window) -> str:
    """Send ``bits`` of sums for each position to the tile that compares them; returns the command's name."""
    n_positions = site.placements[node.name].n_positions
    return site.lay(Command(
        f"{node.name}.gather", node.name, "move", "link", n_positions,
        site.clocks(bits, site.chip.timing.link_bits_per_clock),
        (("link", "transfer_bit", float(bits * n_positions)),), (sums,), site.masks_before(node),
    ))  # fmt: skip


def _lay_digital(site: Site, node: Node, placement: Placement, after: tuple[Window, ...]) -> Window:
    """Windows from the global buffer, weights from their memory, sums over the link to their thresholds."""
    masks, n_positions = site.masks_before(node), placement.n_positions
    bits = driven_rows(site.graph, node)[0] * placement.n_planes
    fetch = site.lay(Command(
        f"{node.name}.fetch", node.name, "fetch", "global_buffer", n_positions,
        site.clocks(bits / n_positions, site.chip.timing.link_bits_per_clock),
        (("global_buffer", "read_bit", float(bits)),), after, masks,
    ))  # fmt: skip
    mac_bits = site.graph.n_macs(node.name) // placement.n_variants * placement.n_planes
    name = site.lay(Command(
        f"{node.name}.mac", node.name, "mvm", "digital_mac", n_positions,
        site.clocks(mac_bits / n_positions, site.chip.timing.digital_lanes),
        (
            ("digital_mac", "mac_bit", float(mac_bits)),
            ("weight_memory", "read_bit", float(mac_bits // placement.n_planes)),
        ),
        (each(fetch, n_positions, buffered=PAIR),), masks,
    ))  # fmt: skip
    sums = each(name, n_positions, buffered=PAIR)
    if node.name not in site.folds:
        return sums
    sum_width = site.graph.shapes[node.name][0] * sum_bits(placement)
    return each(_lay_gather(site, node, sum_width, sums), n_positions, buffered=PAIR)


def _bits_per_row(site: Site, node: Node) -> int:
    """Bits that a word line is driven from: one of a plane, or a sign with its drop flag."""
    tensor = node.inputs[0]
    return 1 if site.graph.domains[tensor] == "input" else site.value_bits(tensor)


def _choice(site: Site, node: Node) -> tuple[Window, ...]:
    """Where one of several weight sets is picked at random, the pick comes first."""
    if node.dropout is None or node.dropout.kind != "instances":
        return ()
    laid = lay_draw(site, node, node.name)
    return () if laid is None else (whole(*laid),)


def _redraw(site: Site, node: Node, divide: int) -> tuple[Window, ...]:
    """A fresh bit for every word line and MVM, drawn position by position."""
    windows = []
    for source in site.tensors[node.inputs[0]].redrawn:
        draw, per_position = lay_redraw(site, source, node)
        n_positions = site.placements[node.name].n_positions
        windows.append(each(draw, n_positions, divide=divide, multiply=per_position))
    return tuple(windows)
