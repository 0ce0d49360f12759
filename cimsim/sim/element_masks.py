"""Masks with a draw per value, taken chunk by chunk from the node's own streams."""

from __future__ import annotations

from math import prod, sqrt

import numpy as np
from numpy.typing import NDArray

from cimsim.circuits.bit_source import IDEAL, BitSource
from cimsim.mapping.randomness import bank_size
from cimsim.rng import stream
from cimsim.sim.kernels.pack import PackedBits, n_words
from cimsim.sim.mac_layer import MacLayer
from cimsim.sim.masks import BankMemory, BitStream
from cimsim.workload.dropout import redraw_readers
from cimsim.workload.graph import Node, WorkloadGraph

__all__ = ["ElementMasks"]


class ElementMasks:
    """Streams of every node whose mask is not one number a layer; each call takes the next rows.

    The modules of a bank draw value after value in turn. With the probability ``source.correlation`` a bit is
    the one before it from the same module again.
    """

    def __init__(self, graph: WorkloadGraph, seed: int, source: BitSource = IDEAL) -> None:
        self._graph, self._seed, self._source = graph, seed, source
        self._bits: dict[tuple[str, str], BitStream] = {}
        self._memories: dict[tuple[str, str], BankMemory] = {}
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
        words = self._words(node, node.name, n_rows * h * w, channels, bank_size(self._graph, node))
        return ~words.reshape(n_rows, h, w, -1)

    def redrawn(self, reader: Node, layer: MacLayer, n_rows: int) -> PackedBits | None:
        """Kept word lines of each MVM, (n_rows, h_out, w_out, k_h, k_w, words); None drops none."""
        node = self._redrawn.get(reader.name)
        if node is None:
            return None
        taps = (*layer.kernel, layer.n_words)
        lines = 64 * prod(taps)
        words = self._words(node, reader.name, n_rows * prod(layer.positions), lines, lines)
        return ~words.reshape(n_rows, *layer.positions, *taps)

    def alphas(self, node: Node, n_rows: int) -> NDArray[np.float64]:
        """``gaussian_scale``: (n_rows, channels) drawn factors."""
        if node.name not in self._normal:
            self._normal[node.name] = stream(self._seed, "alpha", node=node.name)
        alpha, alpha_std = node.params["alpha"], node.params["alpha_std"]
        drawn: NDArray[np.float64] = alpha + alpha_std * self._normals(node, (n_rows, len(alpha)))
        return drawn

    def _normals(self, node: Node, shape: tuple[int, int]) -> NDArray[np.float64]:
        """Normal numbers as the source makes them: exact, or sums of fair bits (mean 0, deviation 1)."""
        generator, n_bits = self._normal[node.name], self._source.normal_bits
        if not n_bits:
            return generator.standard_normal(shape)
        sums = generator.binomial(n_bits, 0.5, shape)
        return np.asarray((2 * sums - n_bits) / sqrt(n_bits), np.float64)

    def _words(self, node: Node, reader: str, n_draws: int, n_channels: int, n_modules: int) -> PackedBits:
        """Dropped bits (n_draws, n_channels), in words."""
        assert node.dropout is not None
        key, names = (node.name, reader), {"node": node.name, "reader": reader}
        if key not in self._bits:
            self._bits[key] = BitStream(node.dropout.p, self._seed, **names)
            self._memories[key] = BankMemory(self._source.correlation, n_modules, self._seed, **names)
        fresh = self._bits[key].words(n_draws, n_words(n_channels))
        return self._memories[key].recalled(fresh, n_channels)


def _kind(node: Node) -> str:
    return node.dropout.kind if node.dropout is not None else ""
