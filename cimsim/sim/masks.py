"""Masks of the stochastic unit: drawn for every image and pass, or all of them with their probabilities.

Every node has named streams of its own, read in image-major order: what an image gets depends neither on how
many images follow nor on how they are cut into chunks.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

from cimsim.circuits.bit_source import IDEAL, BitSource
from cimsim.errors import WorkloadError
from cimsim.mapping.randomness import is_drawn
from cimsim.mapping.states import has_scalar_mask, scalar_nodes, state_probabilities
from cimsim.rng import stream
from cimsim.sim.kernels.pack import pack_flags
from cimsim.sim.kernels.repeat import NEVER, repeat_outcomes
from cimsim.workload.dropout import n_states
from cimsim.workload.graph import Node, WorkloadGraph

__all__ = ["MAX_ENUMERATED", "BankMemory", "BitStream", "draw", "enumerate_masks"]

MAX_ENUMERATED = 1 << 16
_BLOCK = 1 << 14  # words at a time: their bytes stay in the cache


def draw(
    graph: WorkloadGraph, n_images: int, n_mc_samples: int, seed: int, source: BitSource = IDEAL
) -> NDArray[np.uint8]:
    """States of every scalar mask.

    The units that all layers share draw in turn, node after node, pass after pass, image after image; with
    the probability ``source.correlation`` a bit is the one before it of its unit again, whatever layer that
    was for: a junction that is asked for another p has not settled yet. Choices of members are independent.

    Returns
    -------
    uint8 (n_images, n_mc_samples, n_nodes), columns as in `cimsim.mapping.states.scalar_nodes`; an
    ``ensemble`` takes its members in turn

    Raises
    ------
    WorkloadError : a node has more than 256 members
    """
    nodes = scalar_nodes(graph)
    masks = np.zeros((n_images, n_mc_samples, len(nodes)), dtype=np.uint8)
    for column, node in enumerate(nodes):
        _check_members(graph, node)
        masks[:, :, column] = _draw_node(node, n_images, n_mc_samples, seed)
    if source.correlation:
        _repeat_bits(masks, nodes, source, seed)
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


class BankMemory:
    """What the modules of a bank drew last; with the probability ``correlation`` a bit is that again."""

    def __init__(self, correlation: float, n_modules: int, seed: int, **keys: int | str) -> None:
        self._copies = BitStream(correlation, seed, of="copies", **keys) if correlation else None
        self._held, self._n_drawn = np.full(n_modules, NEVER), 0

    def recalled(self, fresh: NDArray[np.uint64], n_channels: int) -> NDArray[np.uint64]:
        """The next outcomes (n_rows, n_channels) in words, of modules that draw in turn; takes ``fresh``."""
        if self._copies is not None:
            copies = self._copies.words(*fresh.shape)
            repeat_outcomes(fresh, copies, n_channels, self._held, self._n_drawn)
            self._n_drawn += len(fresh) * n_channels
        return fresh


class BitStream:
    """Packed Bernoulli bits of one node, in order.

    A bit fires where a random byte lies below 256*p; the bytes that tie with its whole part are decided by a
    second stream with the probability that is left. Exact to the last digit of p.
    """

    def __init__(self, p: float, seed: int, **keys: int | str) -> None:
        self._whole, self._share = divmod(256.0 * p, 1.0)
        self._bytes = stream(seed, "mask", **keys)
        self._ties = stream(seed, "mask ties", **keys)

    def words(self, *shape: int) -> NDArray[np.uint64]:
        """The next uint64 of ``shape``; every bit fires with probability p."""
        n_words = int(np.prod(shape))
        if self._whole == 256.0:
            return np.full(shape, ~np.uint64(0))
        blocks = [self._block(min(_BLOCK, n_words - start)) for start in range(0, n_words, _BLOCK)]
        return np.concatenate([np.zeros(0, dtype=np.uint64), *blocks]).reshape(shape)

    def _block(self, n_words: int) -> NDArray[np.uint64]:
        largest = np.iinfo(np.uint64).max
        numbers = self._bytes.integers(0, largest, size=8 * n_words, dtype=np.uint64, endpoint=True)
        drawn, whole = numbers.astype("<u8", copy=False).view(np.uint8), np.uint8(self._whole)
        fired = drawn < whole
        if self._share:
            ties = np.flatnonzero(drawn == whole)
            fired[ties] = self._ties.random(len(ties)) < self._share
        return pack_flags(fired.reshape(n_words, 64))[:, 0]


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


def _repeat_bits(masks: NDArray[np.uint8], nodes: Sequence[Node], source: BitSource, seed: int) -> None:
    """Let drawn bits be copies of the bit that their unit drew before, in place."""
    places = [
        (column, bit)
        for column, node in enumerate(nodes)
        if node.dropout is not None and node.dropout.kind in ("scale", "affine") and is_drawn(node)
        for bit in range(((n_states(node) or 1) - 1).bit_length())
    ]
    if not places or masks.size == 0:
        return
    bits = np.stack([masks[:, :, column] >> bit & 1 for column, bit in places], axis=2)
    memory = BankMemory(source.correlation, source.n_units, seed)
    drawn = memory.recalled(bits.astype(np.uint64).reshape(-1, 1), 1).reshape(bits.shape)
    for k, (column, bit) in enumerate(places):
        kept = masks[:, :, column] & ~np.uint8(1 << bit)
        masks[:, :, column] = kept | (drawn[:, :, k].astype(np.uint8) << bit)


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
