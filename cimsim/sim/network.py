"""A network prepared for the values pass: what all chunks of images share."""

from __future__ import annotations

from collections.abc import Mapping

from cimsim.circuits.bit_source import IDEAL, BitSource
from cimsim.mapping.mac_value import MacValue, mac_value
from cimsim.mapping.program import Fold
from cimsim.mapping.randomness import masks_upstream
from cimsim.mapping.states import has_scalar_mask, scalar_nodes, state_params
from cimsim.sim.activity import ActivityCounter
from cimsim.sim.analog_layer import AnalogLayer, ArrayChip
from cimsim.sim.element_masks import ElementMasks
from cimsim.sim.mac_layer import MacLayer
from cimsim.sim.sum_errors import SumErrors
from cimsim.workload.dropout import n_members, n_states
from cimsim.workload.graph import Node, WorkloadGraph

__all__ = ["NOISE", "Network"]

NOISE = "noise of the reads"
"""Stands among the masks upstream of what differs in every pass."""


class Network:
    """Layers, values and streams of one run.

    Parameters
    ----------
    graph, folds : the network, and its MAC nodes from which only signs leave
    arrays : errors of the arrays that hold the weights; None: exact sums
    seed, source : of the masks with a bit per value, which are drawn chunk by chunk

    Attributes
    ----------
    upstream : for "input" and every node, the masks that its value depends on
    columns : node with a scalar mask -> its column among the masks and its number of states
    steps : nodes to compute, in order; a MAC's step includes the chain folded into it
    element_masks : streams of masks that are not one number a layer
    activity : what happened on the arrays so far
    sum_errors : how far their sums were off
    """

    def __init__(
        self,
        graph: WorkloadGraph,
        folds: Mapping[str, Fold],
        seed: int,
        source: BitSource = IDEAL,
        arrays: ArrayChip | None = None,
    ) -> None:
        self.graph, self.folds, self.arrays = graph, folds, arrays
        self.upstream = _with_noise(graph, arrays) if arrays else masks_upstream(graph)
        self.columns = {node.name: (k, n_states(node) or 1) for k, node in enumerate(scalar_nodes(graph))}
        folded = {name for fold in folds.values() for name in fold.chain}
        self.steps = tuple(node for node in graph.nodes if node.name not in folded)
        self.element_masks = ElementMasks(graph, seed, source)
        self.activity = ActivityCounter(graph)
        self.sum_errors = SumErrors()
        self._layers: dict[str, MacLayer] = {}
        self._values: dict[str, list[MacValue]] = {}

    def upstream_of_value(self, node: Node) -> tuple[str, ...]:
        """Masks that the node's value depends on before a mask that zeroes some of it acts."""
        names = self.upstream[node.name]
        return names if has_scalar_mask(node) else tuple(name for name in names if name != node.name)

    def layer(self, node: Node, raster: tuple[int, int, int]) -> MacLayer:
        """The MAC node behind an input packed over this raster, prepared once."""
        if node.name not in self._layers:
            self._layers[node.name] = (
                AnalogLayer(self.graph, node, raster, self.arrays, self.sum_errors)
                if self.arrays is not None and self.arrays.holds(node)
                else MacLayer(self.graph, node, raster)
            )
        return self._layers[node.name]

    def value(self, node: Node, member: int) -> MacValue:
        """What the sums of a MAC node stand for."""
        if node.name not in self._values:
            params = [state_params(node, k) for k in range(n_members(node))]
            self._values[node.name] = [mac_value(self.graph, node, one) for one in params]
        return self._values[node.name][member]


def _with_noise(graph: WorkloadGraph, arrays: ArrayChip) -> dict[str, tuple[str, ...]]:
    """Masks upstream, and `NOISE` behind sums that are drawn anew in every pass."""
    found = dict(masks_upstream(graph))
    if not (arrays.is_noisy and arrays.every_pass):
        return found
    noisy = set[str]()
    for node in graph.nodes:
        if noisy.intersection(node.inputs) or (node.is_mac and arrays.holds(node)):
            noisy.add(node.name)
            found[node.name] = (*found[node.name], NOISE)
    return found
