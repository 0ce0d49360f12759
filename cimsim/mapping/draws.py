"""Drawing random bits: which modules do it, what is booked with it, and whose word lines they gate.

Masks that are one number a layer come from units that the whole chip shares. A mask with a bit per value is
drawn by a bank of modules: one for each word line of the layer that reads it, or one for each channel.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from cimsim.mapping.program import Command, Placement
from cimsim.mapping.randomness import is_drawn, random_bits
from cimsim.mapping.site import WIRING, Site
from cimsim.workload.dropout import n_draws
from cimsim.workload.graph import Node, WorkloadGraph

__all__ = ["SHARED", "Bank", "gates_on", "is_gated", "lay_draw", "lay_redraw", "module_counts", "n_gates"]

SHARED = "stochastic_unit"
"""The resource of the units that all layers share."""

Action = tuple[str, str, float]


class Bank(NamedTuple):
    """Modules that draw side by side, named as a resource of the Program."""

    resource: str
    n_modules: int


def lay_draw(site: Site, node: Node, layer: str) -> str | None:
    """Lay the draw of a node's mask; returns its command, or None where nothing is drawn."""
    n_bits = random_bits(site.graph, node)
    if n_bits == 0:
        return None
    bank = _bank(site, node)
    actions = (*_bits(site, n_bits), *_makers(site.graph, node))
    return _lay(site, f"{node.name}.draw", layer, node.name, n_bits, bank, actions)


def lay_redraw(site: Site, source: str, reader: Node) -> tuple[str, int]:
    """Lay the fresh bits of every word line and MVM of one reader; returns the command, bits a position."""
    placement = site.placements[reader.name]
    per_position = placement.rows * placement.groups
    n_bits = per_position * placement.n_positions
    bank = Bank(f"{reader.name}.modules", per_position)
    actions = _bits(site, n_bits)
    name = _lay(site, f"{reader.name}.redraw", reader.name, source, n_bits, bank, actions)
    return name, per_position


def module_counts(site: Site) -> dict[str, int]:
    """Modules of each bank and of the shared units, by resource, as far as draws were laid."""
    banks = dict.fromkeys(command.resource for command in site.commands if command.kind == "draw")
    return {resource: site.resources[resource] for resource in banks}


def gates_on(site: Site, node: Node, n_lines: float) -> tuple[Action, ...]:
    """Gates that bits pass on their way to word lines, where the layer's input may be dropped."""
    if not is_gated(site.graph, node.inputs[0]):
        return ()
    return (("dropout_gate", "gate", n_lines),)


def is_gated(graph: WorkloadGraph, tensor: str) -> bool:
    """Whether a mask decides which word lines a tensor drives."""
    if tensor == "input":
        return False
    node = graph.node(tensor)
    if node.dropout is not None and node.dropout.kind in ("element", "element_redraw", "spatial"):
        return is_drawn(node)
    return node.op in (*WIRING, "maxpool2d") and any(is_gated(graph, name) for name in node.inputs)


def n_gates(graph: WorkloadGraph, placements: Mapping[str, Placement]) -> int:
    """Gates on the chip: one on each word line, in each copy, of the layers whose input may be dropped."""
    gated = [placements[mac.name] for mac in graph.mac_nodes if is_gated(graph, mac.inputs[0])]
    return sum(p.rows * p.groups * p.column_tiles * p.replicas * p.n_variants for p in gated if p.n_macros)


def _bank(site: Site, node: Node) -> Bank:
    assert node.dropout is not None
    kind, unit = node.dropout.kind, site.chip.components["stochastic_unit"]
    if kind == "spatial":
        return Bank(f"{node.name}.modules", site.graph.shapes[node.name][0])
    if kind == "element":
        rows = [site.placements[mac.name] for mac in _macs_behind(site.graph, node.name)]
        most = max((p.rows * p.groups for p in rows), default=site.graph.shapes[node.name][0])
        return Bank(f"{node.name}.modules", most)
    return Bank(SHARED, unit.n_per_unit)


def _macs_behind(graph: WorkloadGraph, tensor: str) -> list[Node]:
    """MAC nodes that read a tensor, through whatever is no MAC."""
    found: list[Node] = []
    for node in graph.consumers(tensor):
        found.extend([node] if node.is_mac else _macs_behind(graph, node.name))
    return found


def _bits(site: Site, n_bits: int) -> tuple[Action, ...]:
    """The draws, and the level that junctions need for each."""
    draws = ("stochastic_unit", "draw", float(n_bits))
    return (draws, ("trim_dac", "set", float(n_bits))) if "trim_dac" in site.chip.components else (draws,)


def _makers(graph: WorkloadGraph, node: Node) -> tuple[Action, ...]:
    """What makes normal numbers or a choice of the bits."""
    kind = node.dropout.kind if node.dropout is not None else ""
    if kind == "gaussian_scale":
        return (("gaussian_sampler", "sample", float(n_draws(graph, node.name))),)
    return (("arbiter", "grant", 1.0),) if kind == "instances" else ()


def _lay(
    site: Site, name: str, layer: str, mask: str, n_bits: int, bank: Bank, actions: tuple[Action, ...]
) -> str:
    return site.lay(
        Command(name, layer, "draw", bank.resource, n_bits, site.chip.timing.draw_s, actions, (), (mask,)),
        bank.n_modules,
    )
