"""Masks with a draw per value, taken chunk by chunk from the node's own streams."""

from __future__ import annotations

from math import prod

import numpy as np
from numpy.typing import NDArray

from cimsim.circuits.bit_source import IDEAL, BitSource
from cimsim.rng import stream
from cimsim.sim.kernels.pack import PackedBits, n_words
from cimsim.sim.mac_layer import MacLayer
from cimsim.sim.masks import BitStream, repeated
from cimsim.workload.dropout import redraw_readers
from cimsim.workload.graph import Node, WorkloadGraph

__all__ = ["ElementMasks"]


class ElementMasks:
    """Streams of every node whose mask is not one number a layer; each call takes the next rows.

    With the probability ``source.correlation`` a bit is the one before it from the same module again: that of
    the same channel at the position before, or for redrawn bits that of the same word line in the MVM before.
    """

    def __init__(self, graph: WorkloadGraph, seed: int, source: BitSource = IDEAL) -> None:
        self._seed, self._correlation = seed, source.correlation
        self._bits: dict[tuple[str, str], BitStream] = {}
        self._copies: dict[tuple[str, str], BitStream] = {}
        self._last: dict[tuple[str, str], PackedBits] = {}
        self._normal: dict[str, np.random.Generator] = {}
        self._redrawn = {
            reader.name: node
            for node in graph.nodes
            if node.dropout is not None and node.dropout.kind == "element_redraw" and node.dropout.p > 0.0
            for reader in redraw_readers(graph, node.name)
        }

    def kept(self, node: Node, n_rows: int, raster: tuple[int, int, int]) -> PackedBits:
        """Flags of kept values: (n_rows, h, w, words) for ``element``, (n_rows, 1, 1, words) for ``spatial``.

        Bits beyond the last channel are arbitrary.
        """
        h, w, channels = raster if _kind(node) != "spatial" else (1, 1, raster[2])
        words = self._words(node, node.name, n_rows * h * w, n_words(channels))
        return ~words.reshape(n_rows, h, w, -1)

    def redrawn(self, reader: Node, layer: MacLayer, n_rows: int) -> PackedBits | None:
        """Kept word lines of each MVM, (n_rows, h_out, w_out, k_h, k_w, words); None drops none."""
        node = self._redrawn.get(reader.name)
        if node is None:
            return None
        taps = (*layer.kernel, layer.n_words)
        words = self._words(node, reader.name, n_rows * prod(layer.positions), prod(taps))
        return ~words.reshape(n_rows, *layer.positions, *taps)

    def alphas(self, node: Node, n_rows: int) -> NDArray[np.float64]:
        """``gaussian_scale``: (n_rows, channels) drawn factors."""
        if node.name not in self._normal:
            self._normal[node.name] = stream(self._seed, "alpha", node=node.name)
        alpha, alpha_std = node.params["alpha"], node.params["alpha_std"]
        normal = self._normal[node.name].standard_normal((n_rows, len(alpha)))
        drawn: NDArray[np.float64] = alpha + alpha_std * normal
        return drawn

    def _words(self, node: Node, reader: str, n_draws: int, n_modules: int) -> PackedBits:
        """Dropped bits (n_draws, n_modules), in words, of modules that draw one after another."""
        assert node.dropout is not None
        key, names = (node.name, reader), {"node": node.name, "reader": reader}
        if key not in self._bits:
            self._bits[key] = BitStream(node.dropout.p, self._seed, **names)
            self._copies[key] = BitStream(self._correlation, self._seed, of="copies", **names)
        fresh = self._bits[key].words(n_draws, n_modules)
        if not self._correlation:
            return fresh
        copies = self._copies[key].words(n_draws, n_modules)
        before = self._last.get(key)
        if before is None:
            before, copies[:1] = fresh[:1], 0
        start = np.concatenate([before, fresh])
        found = repeated(start, np.concatenate([np.zeros_like(before), copies]))[1:]
        self._last[key] = found[-1:]
        return found


def _kind(node: Node) -> str:
    return node.dropout.kind if node.dropout is not None else ""
