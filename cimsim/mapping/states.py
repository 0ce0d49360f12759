"""The states that a scalar mask can put a node in, their probabilities, and the parameters each one selects.

A scalar mask has one state for the whole layer, image and pass, however wide the layer is. ``scale``: 0 kept,
1 dropped. ``affine``: bit 0 drops gamma, bit 1 drops beta. ``instances`` and ``ensemble``: the member.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cimsim.workload.dropout import n_states
from cimsim.workload.graph import Node, WorkloadGraph

__all__ = ["has_scalar_mask", "scalar_nodes", "state_params", "state_probabilities"]


def has_scalar_mask(node: Node) -> bool:
    return n_states(node) is not None


def scalar_nodes(graph: WorkloadGraph) -> tuple[Node, ...]:
    """Nodes with a scalar mask, in graph order: the columns of every array of masks."""
    return tuple(node for node in graph.nodes if has_scalar_mask(node))


def state_probabilities(node: Node) -> NDArray[np.float64]:
    """(n_states,) probability of each state of a scalar mask; members count equally."""
    count = n_states(node) or 1
    if node.dropout is None or node.dropout.kind in ("instances", "ensemble"):
        return np.full(count, 1.0 / count)
    bit = np.array([1.0 - node.dropout.p, node.dropout.p])
    return bit if count == 2 else np.outer(bit, bit).ravel()


def state_params(node: Node, state: int = 0) -> Mapping[str, NDArray[Any]]:
    """The node's parameters in one state."""
    kind = node.dropout.kind if node.dropout is not None else ""
    params = dict(node.params)
    if kind == "ensemble":
        return {key: array[state] for key, array in params.items()}
    if kind == "instances":
        params["weight"] = params["weight"][state]
    dropped = params.pop("dropped_alpha", None)
    if kind == "scale" and state:
        key = "alpha" if "alpha" in params else "gamma"
        params[key] = np.ones_like(params[key]) if dropped is None else dropped
    if kind == "affine" and state & 1:
        params["gamma"] = np.ones_like(params["gamma"])
    if kind == "affine" and state & 2:
        params["beta"] = np.zeros_like(params["beta"])
    return params
