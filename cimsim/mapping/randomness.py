"""What the sources of random bits are asked for, and whom their bits reach."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from cimsim.circuits.dropout import GAUSSIAN_BITS
from cimsim.mapping.site import CARRIERS
from cimsim.workload.dropout import n_draws, n_members, word_lines
from cimsim.workload.graph import Node, WorkloadGraph

__all__ = [
    "FAIR",
    "bank_size",
    "has_level",
    "is_drawn",
    "macs_behind",
    "masks_upstream",
    "random_bits",
    "realised",
]

FAIR = ("instances", "gaussian_scale")
"""Kinds whose choices and normal numbers are made of fair bits."""


def is_drawn(node: Node) -> bool:
    """Whether bits are drawn for this node: it is stochastic and its outcome is open."""
    dropout = node.dropout
    if dropout is None or dropout.kind == "ensemble":
        return False
    if dropout.kind == "instances":
        return n_members(node) > 1
    return dropout.kind == "gaussian_scale" or 0.0 < dropout.p < 1.0


def has_level(node: Node) -> bool:
    """Whether its bits are drawn with a probability of its own, which a source must be set to."""
    return is_drawn(node) and node.dropout is not None and node.dropout.kind not in FAIR


def random_bits(graph: WorkloadGraph, node: Node) -> int:
    """Random bits for one image and pass at this node.

    A mask bit is one bit, the choice of one of n members takes ceil(log2 n), a normal number `GAUSSIAN_BITS`.
    """
    if not is_drawn(node) or node.dropout is None:
        return 0
    if node.dropout.kind == "instances":
        return (n_members(node) - 1).bit_length()
    return n_draws(graph, node.name) * (GAUSSIAN_BITS if node.dropout.kind == "gaussian_scale" else 1)


def bank_size(graph: WorkloadGraph, node: Node) -> int:
    """Modules for a bit per channel or value: one a channel, or one a word line of the layer behind.

    Values that drive no word lines, such as those in front of a sign, have one a channel.
    """
    assert node.dropout is not None
    if node.dropout.kind == "element":
        readers = [word_lines(graph, mac) for mac in macs_behind(graph, node.name)]
        return max(readers, default=graph.shapes[node.name][0])
    return graph.shapes[node.name][0]


def realised(graph: WorkloadGraph, probability: Callable[[Node], float]) -> WorkloadGraph:
    """The network with the probabilities that a chip gives to the nodes that draw with one.

    What kept values are divided by stays as designed. A chip has the circuits of the network as designed, so
    map that one.
    """

    def change(node: Node) -> Node:
        if not has_level(node) or node.dropout is None or (p := probability(node)) == node.dropout.p:
            return node
        return replace(node, dropout=replace(node.dropout, p=p))

    nodes = tuple(map(change, graph.nodes))
    return graph if nodes == graph.nodes else replace(graph, nodes=nodes)


def masks_upstream(graph: WorkloadGraph) -> dict[str, tuple[str, ...]]:
    """For "input" and every node: the nodes whose state it depends on; passes that agree there agree here."""
    upstream: dict[str, tuple[str, ...]] = {"input": ()}
    for node in graph.nodes:
        is_ensemble = node.dropout is not None and node.dropout.kind == "ensemble"
        own = [node.name] if is_ensemble or is_drawn(node) else []
        upstream[node.name] = _in_order(graph, [*(m for name in node.inputs for m in upstream[name]), *own])
    return upstream


def macs_behind(graph: WorkloadGraph, tensor: str) -> list[Node]:
    """MAC nodes whose word lines a tensor drives."""
    found: list[Node] = []
    for node in graph.consumers(tensor):
        if node.is_mac:
            found.append(node)
        elif node.op in CARRIERS:
            found.extend(macs_behind(graph, node.name))
    return found


def _in_order(graph: WorkloadGraph, names: Iterable[str]) -> tuple[str, ...]:
    wanted = set(names)
    return tuple(node.name for node in graph.nodes if node.name in wanted)
