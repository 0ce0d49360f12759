"""Graph -> commands of one image and one pass: what moves where, which unit serves it, and what it waits for.

Sums stream position by position from the arrays through the threshold unit into the buffer of the layer that
reads them; what does not fold goes to the vector unit at chip level. A layer starts with its first window.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from cimsim.arch.chip import Chip
from cimsim.mapping.draws import lay_draw
from cimsim.mapping.mac_commands import lay_mac
from cimsim.mapping.moves import lay_load, lay_move, routes
from cimsim.mapping.placement import sum_bits
from cimsim.mapping.program import Command, Fold, Placement, Window
from cimsim.mapping.randomness import is_drawn, masks_upstream, random_bits
from cimsim.mapping.site import CHOICES, WIRING, Site, Tensor, raster
from cimsim.mapping.thresholds import constants_of
from cimsim.mapping.vector_ops import ops_per_value, sliding_of
from cimsim.mapping.windows import POINT, Sliding, Source, each, line_buffer, sliding, whole
from cimsim.workload.graph import Node, WorkloadGraph

__all__ = ["lower"]


def lower(
    graph: WorkloadGraph, chip: Chip, placements: Mapping[str, Placement], folds: Mapping[str, Fold]
) -> Site:
    """Everything the Program needs beside its inputs: commands in graph order, resources, buffers."""
    site = Site(graph, chip, placements, folds, masks_upstream(graph))
    lay_load(site)
    folded = {name for fold in folds.values() for name in fold.chain}
    for node in graph.nodes:
        if node.is_mac:
            sums = lay_mac(site, node)
            if node.name in folds:
                _lay_fold(site, folds[node.name], sums)
            else:
                _lay_sums(site, node, sums)
        elif node.op in WIRING and node.name not in folded:
            _lay_wiring(site, node)
        elif node.name not in folded:
            _lay_vector(site, node)
    _lay_average(site)
    return site


def _lay_fold(site: Site, fold: Fold, sums: Window) -> None:
    """Compare with the thresholds of the drawn states, OR over the pool, send the signs on."""
    graph, placement, spread = site.graph, site.placements[fold.mac], site.placements[fold.mac].spread
    channels, n_positions = graph.shapes[fold.mac][0], placement.n_positions
    height, width = raster(graph.shapes[fold.mac])
    gates = [(name, gate) for name in (fold.mac, *fold.chain) for gate in _gates(site, name, fold.mac)]
    is_early = {name: raster(graph.shapes[name]) == (height, width) for name, _ in gates}
    compares, constants = float(channels * n_positions), constants_of(graph, site.chip, fold, placement)
    products = compares * constants.n_products
    activate = site.lay(Command(
        f"{fold.mac}.activate", fold.mac, "activate", placement.tile_unit("threshold"), n_positions,
        site.clocks(channels / spread.copy_homes, site.chip.timing.threshold_lanes),
        (
            ("threshold_unit", "compare", compares),
            ("threshold_sram", "read_bit", compares * constants.read_bits),
            *((("scale_multiplier", "multiply", products),) if products else ()),
            ("tile_controller", "issue", float(n_positions)),
        ),
        (sums, *(gate for name, gate in gates if is_early[name])), site.upstream[fold.output],
    ), spread.n_sites)  # fmt: skip
    source = Source(activate, height, width)
    pool = Sliding(fold.pool.kernel, fold.pool.stride, fold.pool.padding) if fold.pool else POINT
    width_out = raster(graph.shapes[fold.output])[1]
    waits = sliding(source, pool, width_out, capacity=line_buffer(source, pool))
    late = (gate for name, gate in gates if not is_early[name])
    signs = lay_move(site, fold.output, fold.mac, placement.first_tile, (waits, *late))
    site.tensors[fold.output] = Tensor((signs,), redrawn=_redrawn(graph.node(fold.output)))


def _gates(site: Site, name: str, layer: str) -> tuple[Window, ...]:
    """How the mask drawn at a node gates its positions: a bit per value with its position, others ahead.

    Choices among weight sets gate the arrays instead, and redrawn bits the word lines of the readers.
    """
    node = site.graph.node(name)
    if node.dropout is None or node.dropout.kind in (*CHOICES, "element_redraw"):
        return ()
    laid = lay_draw(site, node, layer)
    if laid is None:
        return ()
    draw, n_draws = laid
    n_positions = math.prod(raster(site.graph.shapes[name]))
    if node.dropout.kind == "element":
        return (each(draw, n_positions, multiply=n_draws // n_positions),)
    return (whole(draw, n_draws),)


def _redrawn(node: Node) -> tuple[str, ...]:
    is_redrawn = node.dropout is not None and node.dropout.kind == "element_redraw" and is_drawn(node)
    return (node.name,) if is_redrawn else ()


def _lay_sums(site: Site, node: Node, sums: Window) -> None:
    """Sums that do not fold go up to the vector unit; a bias or an input scale is applied there."""
    placement, graph = site.placements[node.name], site.graph
    source = lay_move(site, node.name, node.name, placement.first_tile, (sums,))
    is_scaled = graph.domains[node.inputs[0]] == "input" and (graph.input.scale, graph.input.offset) != (
        1.0,
        0.0,
    )
    n_ops = int("bias" in node.params) + int(is_scaled)
    gates = _gates(site, node.name, node.name)
    if n_ops or gates:
        waits = (sliding(source, POINT, source.width), *gates)
        n_values = math.prod(graph.shapes[node.name])
        source = _lay_ops(site, node, n_ops, n_values * sum_bits(placement), waits)
    site.tensors[node.name] = Tensor((source,))


def _lay_vector(site: Site, node: Node) -> None:
    """A node that did not fold: a command on the vector unit, and the way of its signs back to the arrays."""
    graph, width = site.graph, raster(site.graph.shapes[node.name])[1]
    waits = site.inputs_of(node, sliding_of(node), width, needs_all=node.op == "instancenorm")
    read = sum(site.value_bits(name) * math.prod(graph.shapes[name]) for name in node.inputs)
    n_ops = ops_per_value(node, graph.domains[node.name])
    source = _lay_ops(site, node, n_ops, read, (*waits, *_gates(site, node.name, node.name)))
    if routes(site, node.name, None).n_far:
        source = lay_move(site, node.name, node.name, None, (sliding(source, POINT, width),))
    site.tensors[node.name] = Tensor((source,), redrawn=_redrawn(node))


def _lay_ops(site: Site, node: Node, n_ops: int, read_bits: int, after: tuple[Window, ...]) -> Source:
    """``n_ops`` operations for every value of the output, on ``read_bits`` of the global buffer in all."""
    channels, (height, width) = site.graph.shapes[node.name][0], raster(site.graph.shapes[node.name])
    n_values = float(channels * height * width)
    name = site.lay(Command(
        f"{node.name}.vector", node.name, "vector", "vector_unit", height * width,
        site.clocks(channels * n_ops, site.chip.timing.vector_lanes),
        (
            ("vector_unit", "op", n_values * n_ops),
            ("global_buffer", "read_bit", float(read_bits)),
            ("global_buffer", "write_bit", n_values * site.value_bits(node.name)),
        ),
        after, site.upstream[node.name],
    ))  # fmt: skip
    return Source(name, height, width)


def _lay_wiring(site: Site, node: Node) -> None:
    """Wires cost nothing; a mask drawn at them gates whoever reads them."""
    tensors = [site.tensors[name] for name in node.inputs]
    site.tensors[node.name] = Tensor(
        sources=tuple(source for tensor in tensors for source in tensor.sources),
        draws=(*(gate for tensor in tensors for gate in tensor.draws), *_whole_gates(site, node)),
        redrawn=(*(name for tensor in tensors for name in tensor.redrawn), *_redrawn(node)),
    )


def _whole_gates(site: Site, node: Node) -> tuple[Window, ...]:
    return tuple(
        whole(gate.producer, random_bits(site.graph, node)) for gate in _gates(site, node.name, node.name)
    )


def _lay_average(site: Site) -> None:
    """Softmax of one pass, added to the running mean."""
    graph, output = site.graph, site.graph.output
    n_values = math.prod(graph.shapes[output])
    has_softmax = graph.task != "regression"
    tensor = site.tensors[output]
    site.lay(Command(
        "output.average", "output", "average", "averaging_unit", 1,
        site.clocks(n_values * (1 + has_softmax), site.chip.timing.averaging_lanes),
        (
            ("averaging_unit", "accumulate", float(n_values)),
            *((("averaging_unit", "softmax", float(n_values)),) if has_softmax else ()),
        ),
        (*(whole(source.command, source.n_items) for source in tensor.sources), *tensor.draws),
        site.upstream[output],
    ))  # fmt: skip
