"""Masks with a draw per value, taken chunk by chunk from the node's own streams."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cimsim.rng import stream
from cimsim.sim.kernels.pack import PackedBits, n_words
from cimsim.sim.mac_layer import MacLayer
from cimsim.sim.masks import BitStream
from cimsim.workload.dropout import redraw_readers
from cimsim.workload.graph import Node, WorkloadGraph

__all__ = ["ElementMasks"]


class ElementMasks:
    """Streams of every node whose mask is not one number a layer; each call takes the next rows."""

    def __init__(self, graph: WorkloadGraph, seed: int) -> None:
        self._seed = seed
        self._bits: dict[tuple[str, str], BitStream] = {}
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
        return ~self._stream(node, node.name).words(n_rows, h, w, n_words(channels))

    def redrawn(self, reader: Node, layer: MacLayer, n_rows: int) -> PackedBits | None:
        """Kept word lines of each MVM, (n_rows, h_out, w_out, k_h, k_w, words); None drops none."""
        node = self._redrawn.get(reader.name)
        if node is None:
            return None
        return ~self._stream(node, reader.name).words(n_rows, *layer.positions, *layer.kernel, layer.n_words)

    def alphas(self, node: Node, n_rows: int) -> NDArray[np.float64]:
        """``gaussian_scale``: (n_rows, channels) drawn factors."""
        if node.name not in self._normal:
            self._normal[node.name] = stream(self._seed, "alpha", node=node.name)
        alpha, alpha_std = node.params["alpha"], node.params["alpha_std"]
        normal = self._normal[node.name].standard_normal((n_rows, len(alpha)))
        drawn: NDArray[np.float64] = alpha + alpha_std * normal
        return drawn

    def _stream(self, node: Node, reader: str) -> BitStream:
        assert node.dropout is not None
        key = (node.name, reader)
        if key not in self._bits:
            self._bits[key] = BitStream(node.dropout.p, self._seed, node=node.name, reader=reader)
        return self._bits[key]


def _kind(node: Node) -> str:
    return node.dropout.kind if node.dropout is not None else ""
