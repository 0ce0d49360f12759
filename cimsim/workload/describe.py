"""A network as a table: one row per node, and totals."""

from __future__ import annotations

from typing import Any

from cimsim.workload.dropout import DROPOUTS, n_draws, n_members
from cimsim.workload.graph import Node, WorkloadGraph

__all__ = ["describe", "dropout_text", "shape_text", "totals"]


def describe(graph: WorkloadGraph) -> list[dict[str, Any]]:
    """Rows (layer, op, output_shape, weights, macs, dropout) in graph order; MACs of one image and pass."""
    return [
        {
            "layer": node.name,
            "op": node.op,
            "output_shape": shape_text(graph.shapes[node.name]),
            "weights": graph.n_weights(node.name),
            "macs": graph.n_macs(node.name) if node.is_mac else 0,
            "dropout": dropout_text(node),
        }
        for node in graph.nodes
    ]


def totals(graph: WorkloadGraph) -> dict[str, int]:
    """Sums over the network: nodes, weights, MACs and random draws of one image and pass."""
    return {
        "nodes": len(graph.nodes),
        "weights": sum(graph.n_weights(node.name) for node in graph.mac_nodes),
        "macs": sum(graph.n_macs(node.name) for node in graph.mac_nodes),
        "draws": sum(n_draws(graph, node.name) for node in graph.stochastic_nodes),
    }


def shape_text(shape: tuple[int, ...]) -> str:
    """A shape as people write it: ``20x28x28``."""
    return "x".join(map(str, shape))


def dropout_text(node: Node) -> str:
    """The node's dropout in a few words, "" without one."""
    if node.dropout is None:
        return ""
    kind = DROPOUTS[node.dropout.kind]
    words = [node.dropout.kind]
    if kind.has_p:
        words.append(f"p={node.dropout.p:g}")
    if kind.stacks:
        words.append(f"of {n_members(node)}")
    if node.dropout.rescale:
        words.append("rescaled")
    return " ".join(words)
