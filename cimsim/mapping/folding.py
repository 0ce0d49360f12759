"""Folding: a MAC node and the chain behind it, down to signs, as integer thresholds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import product

import numpy as np
from numpy.typing import NDArray

from cimsim.mapping.mac_value import MacValue, input_span, mac_value, weight_4d
from cimsim.mapping.program import Fold, Pool
from cimsim.mapping.states import has_scalar_mask, state_params
from cimsim.workload.dropout import n_states
from cimsim.workload.graph import Node, WorkloadGraph
from cimsim.workload.ops import evaluate

__all__ = ["fold", "pool_of"]

_MONOTONE = ("batchnorm", "scale", "affine", "hardtanh", "identity")
_DECISIONS = ("sign", "threshold")
_NEVER, _ALWAYS = np.iinfo(np.int32).max, np.iinfo(np.int32).min


def fold(graph: WorkloadGraph) -> Mapping[str, Fold]:
    """Every MAC node from which only signs leave, by name.

    Thresholds come from bisection of the reference float expression over the integers, so no rounding can
    disagree: each rounded operation is monotone. A MAC whose chain meets anything else keeps its sums.
    """
    chains = {mac: _chain(graph, mac) for mac in graph.mac_nodes}
    folds = {mac.name: _fold_chain(graph, mac, chain) for mac, chain in chains.items() if chain}
    return {name: folded for name, folded in folds.items() if folded is not None}


def pool_of(node: Node) -> Pool:
    """The window of a ``maxpool2d`` node."""
    return Pool(node.attrs["kernel"], node.attrs["stride"], node.attrs["padding"])


def _chain(graph: WorkloadGraph, mac: Node) -> tuple[Node, ...]:
    """Nodes behind the MAC that fold into it; empty when no sign comes out."""
    chain: list[Node] = []
    node, is_decided, is_pooled = mac, False, False
    while _passes_on(graph, node):
        node = graph.consumers(node.name)[0]
        if node.op == "maxpool2d" and not is_pooled:
            is_pooled = True
        elif node.op in _DECISIONS and not is_decided:
            is_decided = True
        elif node.op not in _MONOTONE or is_decided:
            break
        chain.append(node)
    return tuple(chain) if is_decided else ()


def _passes_on(graph: WorkloadGraph, node: Node) -> bool:
    """Its value goes to one node only, and nothing but a scalar mask acts on it."""
    is_free = node.dropout is None or has_scalar_mask(node)
    return is_free and node.name != graph.output and len(graph.consumers(node.name)) == 1


def _fold_chain(graph: WorkloadGraph, mac: Node, chain: tuple[Node, ...]) -> Fold | None:
    masked = [node for node in (mac, *chain) if has_scalar_mask(node)]
    pools = [i for i, node in enumerate(chain) if node.op == "maxpool2d"]
    rest = chain[pools[0] + 1 :] if pools else ()
    span = _largest_sum(graph, mac)
    tables = []
    for states in _states(masked):
        value = mac_value(graph, mac, state_params(mac, states.get(mac.name, 0)))
        if value.n_classes > np.iinfo(np.uint8).max:
            return None
        shape = (value.n_classes, graph.shapes[mac.name][0])
        threshold, flip = _bisect(partial(_is_plus, chain, states, value), span, shape)
        falls = _falls(rest, states, shape[1])
        tables.append((threshold, flip ^ falls, falls, value.position_class.astype(np.uint8)))
    thresholds, pre_flips, post_flips, position_classes = zip(*tables, strict=True)
    return Fold(
        mac=mac.name,
        chain=tuple(node.name for node in chain),
        dropouts=tuple(node.name for node in masked),
        thresholds=np.stack(thresholds),
        pre_flip=np.stack(pre_flips),
        post_flip=np.stack(post_flips),
        position_class=position_classes[0],
        pool=pool_of(chain[pools[0]]) if pools else None,
    )


def _states(masked: Sequence[Node]) -> Iterator[Mapping[str, int]]:
    """Every combination of states, the first node's changing fastest."""
    names = [node.name for node in reversed(masked)]
    for states in product(*(range(n_states(node) or 1) for node in reversed(masked))):
        yield dict(zip(names, states, strict=True))


def _largest_sum(graph: WorkloadGraph, mac: Node) -> int:
    """Bound on the magnitude of the node's integer sums."""
    weight = weight_4d(mac, state_params(mac)["weight"])
    n_taps = int(np.prod(weight.shape[1:]))
    return n_taps * (input_span(graph) if graph.domains[mac.inputs[0]] == "input" else 1)


def _is_plus(
    chain: tuple[Node, ...], states: Mapping[str, int], value: MacValue, sums: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Whether +1 leaves the chain for sums (n_classes, c_out); pooling selects values, it computes none."""
    x = value.of_classes(sums)
    # A sum that overflows keeps its sign, and only the sign goes on.
    with np.errstate(over="ignore", invalid="ignore"):
        for node in chain:
            if node.op != "maxpool2d":
                x = evaluate(node, [x], state_params(node, states.get(node.name, 0)))
    return x > 0.0


def _bisect(
    is_plus: Callable[[NDArray[np.int64]], NDArray[np.bool_]], span: int, shape: tuple[int, int]
) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """``is_plus(d) == (d >= threshold) ^ flip`` on -span..span: thresholds of ``shape``, flips (c_out,)."""
    low, high = np.full(shape, -span, dtype=np.int64), np.full(shape, span, dtype=np.int64)
    at_low, at_high = is_plus(low), is_plus(high)
    flips: NDArray[np.bool_] = np.asarray((at_low & ~at_high).any(axis=0))
    is_constant = at_low == at_high
    while (high - low > 1).any():
        middle = (low + high) // 2
        is_as_low = is_plus(middle) == at_low
        low, high = np.where(is_as_low, middle, low), np.where(is_as_low, high, middle)
    constants = np.where(at_low ^ flips, _ALWAYS, _NEVER)
    return np.where(is_constant, constants, high).astype(np.int32), flips


def _falls(rest: tuple[Node, ...], states: Mapping[str, int], n_channels: int) -> NDArray[np.bool_]:
    """Where the nodes behind the pool reverse the order, so that the largest value decides like an AND."""
    falls = np.zeros(n_channels, dtype=np.bool_)
    for node in rest:
        params = state_params(node, states.get(node.name, 0))
        for key in ("gamma", "alpha", "direction"):
            if key in params:
                falls ^= params[key] < 0
    return falls
