"""Drawing random bits: which modules do it, what is booked with it, and whose word lines they gate.

Masks that are one number a layer come from units that the whole chip shares. A mask with a bit per value is
drawn by a bank of modules: one for each word line of the layer that reads it, or one for each channel. Normal
numbers come from one sampler for the chip, whose modules draw the bits of a number side by side.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

from cimsim.circuits.dropout import GAUSSIAN_BITS
from cimsim.mapping.program import Command, Placement, Program
from cimsim.mapping.randomness import FAIR, bank_size, is_drawn, macs_behind, random_bits
from cimsim.mapping.site import CARRIERS, Site
from cimsim.workload.dropout import n_draws, word_lines
from cimsim.workload.graph import Node, WorkloadGraph

__all__ = [
    "SHARED",
    "Bank",
    "gates_on",
    "is_gated",
    "lay_draw",
    "lay_redraw",
    "module_counts",
    "modules_before_conv",
    "n_gates",
]

SHARED = "stochastic_unit"
"""The resource of the units that all layers share."""

SAMPLER = "gaussian_sampler"
"""The resource of the modules whose bits are summed into normal numbers."""

Action = tuple[str, str, float]


class Bank(NamedTuple):
    """Modules that draw side by side, named as a resource of the Program."""

    resource: str
    n_modules: int


def lay_draw(site: Site, node: Node, layer: str) -> tuple[str, int] | None:
    """Lay the draw of a node's mask; returns its command and how many draws it is, or None without any."""
    n_bits = random_bits(site.graph, node)
    if n_bits == 0:
        return None
    bank = _bank(site, node)
    assert node.dropout is not None
    is_fair = node.dropout.kind in FAIR
    n_items = math.ceil(n_bits / site.chip.bit_source.fair_bits) if is_fair else n_bits
    bits = ("stochastic_unit", "draw_fair" if is_fair else "draw", float(n_bits))
    actions = (bits, *_levels(site, n_items, bank), *_makers(site.graph, node))
    return _lay(site, f"{node.name}.draw", layer, node.name, n_items, bank, actions), n_items


def lay_redraw(site: Site, source: str, reader: Node) -> tuple[str, int]:
    """Lay the fresh bits of every word line and MVM of one reader; returns the command, bits a position."""
    per_position = word_lines(site.graph, reader)
    n_bits = per_position * site.placements[reader.name].n_positions
    bank = Bank(f"{reader.name}.modules", per_position)
    actions = (("stochastic_unit", "draw", float(n_bits)), *_levels(site, n_bits, bank))
    name = _lay(site, f"{reader.name}.redraw", reader.name, source, n_bits, bank, actions)
    return name, per_position


def module_counts(site: Site) -> dict[str, int]:
    """Modules of each bank and of the shared units, by resource, as far as draws were laid."""
    banks = dict.fromkeys(command.resource for command in site.commands if command.kind == "draw")
    return {resource: site.resources[resource] for resource in banks}


def modules_before_conv(program: Program) -> int:
    """Modules of the banks whose bits gate the word lines of convolutions."""

    def is_before_conv(command: Command) -> bool:
        node = program.graph.node(command.depends_on_masks[0])
        readers = macs_behind(program.graph, node.name)
        if node.dropout is not None and node.dropout.kind == "element_redraw":
            readers = [program.graph.node(command.layer)]
        return any(mac.op == "conv2d" for mac in readers)

    draws = [command for command in program.commands if command.kind == "draw"]
    banks = {c.resource for c in draws if c.resource not in (SHARED, SAMPLER) and is_before_conv(c)}
    return sum(program.modules[bank] for bank in banks)


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
    return node.op in CARRIERS and any(is_gated(graph, name) for name in node.inputs)


def n_gates(graph: WorkloadGraph, placements: Mapping[str, Placement]) -> int:
    """Gates on the chip: one on each word line, in each copy, of the layers whose input may be dropped."""
    gated = [placements[mac.name] for mac in graph.mac_nodes if is_gated(graph, mac.inputs[0])]
    return sum(p.rows * p.groups * p.column_tiles * p.replicas * p.n_variants for p in gated if p.n_macros)


def _bank(site: Site, node: Node) -> Bank:
    assert node.dropout is not None
    if node.dropout.kind in ("element", "spatial"):
        return Bank(f"{node.name}.modules", bank_size(site.graph, node))
    if node.dropout.kind == "gaussian_scale":
        return Bank(SAMPLER, math.ceil(GAUSSIAN_BITS / site.chip.bit_source.fair_bits))
    return Bank(SHARED, site.chip.components["stochastic_unit"].n_per_unit)


def _levels(site: Site, n_draws: int, bank: Bank) -> tuple[Action, ...]:
    """Levels are stepped for each draw of the junctions that share them."""
    n_levels = site.chip.n_levels(bank.n_modules)
    return (("trim_dac", "set", float(math.ceil(n_draws * n_levels / bank.n_modules))),) if n_levels else ()


def _makers(graph: WorkloadGraph, node: Node) -> tuple[Action, ...]:
    """What makes normal numbers or a choice of the bits."""
    kind = node.dropout.kind if node.dropout is not None else ""
    if kind == "gaussian_scale":
        return ((SAMPLER, "sample", float(n_draws(graph, node.name))),)
    return (("arbiter", "grant", 1.0),) if kind == "instances" else ()


def _lay(
    site: Site, name: str, layer: str, mask: str, n_bits: int, bank: Bank, actions: tuple[Action, ...]
) -> str:
    return site.lay(
        Command(name, layer, "draw", bank.resource, n_bits, site.chip.timing.draw_s, actions, (), (mask,)),
        bank.n_modules,
    )
