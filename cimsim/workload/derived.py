"""Workloads made of others: several networks as one deep ensemble, or dropout drawn in another way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cimsim.errors import WorkloadError
from cimsim.workload.dropout import stacked_params
from cimsim.workload.graph import Node, WorkloadGraph
from cimsim.workload.ops import OPS
from cimsim.workload.reader import build_graph
from cimsim.workload.writer import to_spec

__all__ = ["deep_ensemble", "with_bits_redrawn", "without_dropout"]


def deep_ensemble(
    members: Sequence[WorkloadGraph], name: str, provenance: Mapping[str, Any] | None = None
) -> WorkloadGraph:
    """A workload whose pass t is the network ``members[t % len(members)]``.

    Weights, thresholds and parameters of all members are kept; nothing is random.

    Raises
    ------
    WorkloadError : the members differ in more than the values of their parameters, or one has dropout
    """
    first = members[0]
    for member in members:
        if any(node.dropout is not None for node in member.nodes):
            raise WorkloadError(member.source, "members of an ensemble must have no dropout")
        if _structure(member) != _structure(first):
            raise WorkloadError(member.source, f"must have the nodes and settings of {first.source}")
    spec = to_spec(first)
    arrays: dict[str, NDArray[Any]] = {}
    for entry in spec["nodes"]:
        node = entry["name"]
        stacked = {
            f"{node}.{key}": np.stack([member.node(node).params[key] for member in members])
            for key in first.node(node).params
        }
        if stacked:
            entry["dropout"] = {"kind": "ensemble"}
        arrays |= stacked
    return build_graph({**spec, "name": name, "provenance": dict(provenance or {})}, arrays)


def with_bits_redrawn(graph: WorkloadGraph, name: str) -> WorkloadGraph:
    """A network with "element" dropout that draws a fresh bit for every word line and MVM instead."""

    def change(node: Node) -> Node:
        if node.dropout is None or node.dropout.kind != "element":
            return node
        return replace(node, dropout=replace(node.dropout, kind="element_redraw"))

    return replace(graph, name=name, nodes=tuple(map(change, graph.nodes)))


def without_dropout(graph: WorkloadGraph) -> WorkloadGraph:
    """The network as a single pass with nothing dropped or drawn: what its dropout has to be better than.

    Scales and shifts are kept, values are neither zeroed nor rescaled, a drawn scale is its mean; of
    instances and of the members of an ensemble it is the first.
    """
    spec = to_spec(graph)
    arrays: dict[str, NDArray[Any]] = {}
    for entry, node in zip(spec["nodes"], graph.nodes, strict=True):
        entry.pop("dropout", None)
        stacked = stacked_params(node.dropout, node.params)
        for key, array in node.params.items():
            if key in OPS[node.op].params:
                arrays[f"{node.name}.{key}"] = array[0] if key in stacked else array
    return build_graph(spec, arrays, graph.source)


def _structure(graph: WorkloadGraph) -> tuple[Any, ...]:
    """Everything but values and names of the network."""
    nodes = [
        (node.name, node.op, node.inputs, dict(node.attrs), {key: a.shape for key, a in node.params.items()})
        for node in graph.nodes
    ]
    return graph.task, graph.input, nodes, graph.output, graph.classes
