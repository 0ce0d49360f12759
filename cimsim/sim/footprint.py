"""How much memory the values of one image take, an upper estimate that sizes the chunks."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

from cimsim.mapping.program import Fold
from cimsim.mapping.randomness import masks_upstream
from cimsim.sim.kernels.pack import n_words
from cimsim.workload.dropout import n_draws, n_states
from cimsim.workload.graph import Node, WorkloadGraph

__all__ = ["bytes_per_image"]

_CODE_BYTES = 2
_REAL_COPIES = 3
_SIGN_COPIES = 3
_MASK_BYTES = 3  # a byte drawn and a flag for each bit, then the packed bits


def bytes_per_image(graph: WorkloadGraph, folds: Mapping[str, Fold], n_passes: int) -> int:
    """Bytes of all tensors of one image, as if none were freed, and of the row tables."""
    upstream = masks_upstream(graph)
    states = {node.name: n_states(node) or n_passes for node in graph.nodes}
    inner = {name for fold in folds.values() for name in fold.chain[:-1]}
    total = prod(graph.shapes["input"]) * (_CODE_BYTES + 4 * graph.input.bits)
    for node in graph.nodes:
        n_rows = min(n_passes, prod(states[name] for name in upstream[node.name]))
        if node.name not in inner:
            total += n_rows * _row_bytes(graph, folds, node)
        total += 8 * n_passes
        if node.dropout is not None and node.dropout.kind == "element_redraw":
            total += n_passes * _MASK_BYTES * n_draws(graph, node.name)
    return total


def _row_bytes(graph: WorkloadGraph, folds: Mapping[str, Fold], node: Node) -> int:
    """Bytes of one row of a tensor; sums that go straight to thresholds are never stored."""
    channels, *raster = graph.shapes[node.name]
    if node.name in folds and node.attrs.get("groups", 1) == 1:
        return 0
    if graph.domains[node.name] == "sign":
        return _SIGN_COPIES * 8 * n_words(channels) * prod(raster)
    return _REAL_COPIES * 8 * channels * prod(raster)
