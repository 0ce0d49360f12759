"""Masks of the stochastic unit: drawn for every image and pass, or all of them with their probabilities.

Every node has named streams of its own, read in image-major order: what an image gets depends neither on how
many images follow nor on how they are cut into chunks.
"""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray

from cimsim.errors import WorkloadError
from cimsim.mapping.randomness import is_drawn
from cimsim.mapping.states import has_scalar_mask, scalar_nodes, state_probabilities
from cimsim.rng import stream
from cimsim.workload.dropout import n_states
from cimsim.workload.graph import Node, WorkloadGraph

__all__ = ["MAX_ENUMERATED", "BitStream", "draw", "enumerate_masks"]

MAX_ENUMERATED = 1 << 16
_PROBABILITY_BITS = 53
_ROUNDS_FOR_ALL = 12


def draw(graph: WorkloadGraph, n_images: int, n_mc_samples: int, seed: int) -> NDArray[np.uint8]:
    """States of every scalar mask.

    Returns
    -------
    uint8 (n_images, n_mc_samples, n_nodes), columns as in `cimsim.mapping.states.scalar_nodes`; an
    ``ensemble`` takes its members in turn

    Raises
    ------
    WorkloadError : a node has more than 256 members
    """
    masks = np.zeros((n_images, n_mc_samples, len(scalar_nodes(graph))), dtype=np.uint8)
    for column, node in enumerate(scalar_nodes(graph)):
        _check_members(graph, node)
        masks[:, :, column] = _draw_node(node, n_images, n_mc_samples, seed)
    return masks


def enumerate_masks(graph: WorkloadGraph) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Every combination of mask states that can occur, and its probability.

    Returns
    -------
    uint8 (n_passes, n_nodes), columns as in `draw`, the first node's state changing slowest; float64
    (n_passes,), summing to 1. All ``ensemble`` nodes take the same member.

    Raises
    ------
    WorkloadError : a mask is not one number a layer, or there are more than `MAX_ENUMERATED` combinations
    """
    for node in graph.nodes:
        if is_drawn(node) and not has_scalar_mask(node):
            raise _not_enumerable(graph, node)
    nodes = scalar_nodes(graph)
    ensembles = [k for k, node in enumerate(nodes) if _is_ensemble(node)]
    leaders = [k for k in range(len(nodes)) if k not in ensembles[1:]]
    options = [[(s, p) for s, p in enumerate(state_probabilities(nodes[k])) if p > 0.0] for k in leaders]
    n_passes = int(np.prod([len(option) for option in options], dtype=float))
    if n_passes > MAX_ENUMERATED:
        rule = f"exact evaluation needs at most {MAX_ENUMERATED} combinations of mask states"
        raise WorkloadError(graph.source, rule, str(n_passes), "sample them with a number of passes")
    masks = np.zeros((n_passes, len(nodes)), dtype=np.uint8)
    weights = np.ones(n_passes)
    for i, choice in enumerate(product(*options)):
        for k, (state, probability) in zip(leaders, choice, strict=True):
            masks[i, k] = state
            weights[i] *= probability
    masks[:, ensembles[1:]] = masks[:, ensembles[:1]]
    return masks, weights


class BitStream:
    """Packed Bernoulli bits of one node, in order.

    A bit fires where a uniform number of 53 bits lies below p. The numbers are drawn bit by bit, 64 of them
    at once, and the few that the leading bits leave undecided take theirs from a stream of their own.
    """

    def __init__(self, p: float, seed: int, **keys: int | str) -> None:
        scaled = round(p * 2.0**_PROBABILITY_BITS)
        digits = [bool(scaled >> (_PROBABILITY_BITS - 1 - k) & 1) for k in range(_PROBABILITY_BITS)]
        while digits and not digits[-1]:
            digits.pop()
        self._always = scaled == 1 << _PROBABILITY_BITS
        self._head, self._tail = digits[:_ROUNDS_FOR_ALL], digits[_ROUNDS_FOR_ALL:]
        self._rounds = [stream(seed, "mask", **keys, round=k) for k in range(len(self._head))]
        self._rest = stream(seed, "mask", **keys, round="rest")

    def words(self, *shape: int) -> NDArray[np.uint64]:
        """The next uint64 of ``shape``; every bit fires with probability p."""
        fired = np.zeros(int(np.prod(shape)), dtype=np.uint64)
        if self._always:
            return ~fired.reshape(shape)
        undecided = ~fired
        for digit, generator in zip(self._head, self._rounds, strict=True):
            _narrow(fired, undecided, _uniform(generator, len(fired)), digit)
        if self._tail:
            rows = np.flatnonzero(undecided)
            late_fired, late_undecided = fired[rows], undecided[rows]
            numbers = _uniform(self._rest, len(rows) * len(self._tail)).reshape(len(rows), len(self._tail))
            for k, digit in enumerate(self._tail):
                _narrow(late_fired, late_undecided, numbers[:, k], digit)
            fired[rows] = late_fired
        return fired.reshape(shape)


def _narrow(
    fired: NDArray[np.uint64], undecided: NDArray[np.uint64], numbers: NDArray[np.uint64], digit: bool
) -> None:
    """Compare one more bit of the uniform numbers with one more digit of p, in place."""
    if digit:
        fired |= undecided & ~numbers
        undecided &= numbers
    else:
        undecided &= ~numbers


def _uniform(generator: np.random.Generator, n: int) -> NDArray[np.uint64]:
    return generator.integers(0, np.iinfo(np.uint64).max, size=n, dtype=np.uint64, endpoint=True)


def _draw_node(node: Node, n_images: int, n_mc_samples: int, seed: int) -> NDArray[np.integer]:
    assert node.dropout is not None
    size, p, kind = (n_images, n_mc_samples), node.dropout.p, node.dropout.kind
    count = n_states(node) or 1
    if kind == "ensemble":
        return np.broadcast_to(np.arange(n_mc_samples) % count, size)
    generator = stream(seed, "mask", node=node.name)
    if kind == "instances":
        return generator.integers(count, size=size)
    n_bits = count.bit_length() - 1
    fired = generator.random((*size, n_bits)) < p
    return fired @ (1 << np.arange(n_bits))


def _is_ensemble(node: Node) -> bool:
    return node.dropout is not None and node.dropout.kind == "ensemble"


def _check_members(graph: WorkloadGraph, node: Node) -> None:
    if (n_states(node) or 1) > 256:
        place = f"{graph.source}: node {node.name}: dropout"
        raise WorkloadError(place, "must have at most 256 members", str(n_states(node)))


def _not_enumerable(graph: WorkloadGraph, node: Node) -> WorkloadError:
    kind = node.dropout.kind if node.dropout is not None else ""
    place = f"{graph.source}: node {node.name}: dropout"
    rule = "exact evaluation needs masks that are one number a layer"
    return WorkloadError(place, rule, repr(kind), "sample them with a number of passes")
