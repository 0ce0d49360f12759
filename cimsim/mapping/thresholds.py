"""What a layer's sums are compared with: a threshold for each mask state, or one behind a multiplier."""

from __future__ import annotations

from typing import NamedTuple

from cimsim.arch.chip import Chip
from cimsim.mapping.placement import sum_bits
from cimsim.mapping.program import Fold, Placement
from cimsim.mapping.randomness import is_drawn
from cimsim.mapping.site import REAL_BITS
from cimsim.workload.graph import WorkloadGraph

__all__ = ["Constants", "constants_of"]


class Constants(NamedTuple):
    """Of one fold.

    Attributes
    ----------
    stored_bits : of all channels, states and border classes
    read_bits : for each comparison
    n_products : multiplications before each comparison
    """

    stored_bits: int
    read_bits: int
    n_products: int = 0


def constants_of(graph: WorkloadGraph, chip: Chip, fold: Fold, placement: Placement) -> Constants:
    """Integer thresholds of all states; or real words, where a multiplier applies scales that may be dropped.

    Those are a factor for each scale (another where it is dropped to one that is not 1), a shift for each
    batchnorm that drops its own, and one threshold. Other states always have thresholds of their own.
    """
    masked = [node for node in map(graph.node, fold.dropouts) if is_drawn(node)]
    kinds = {node.dropout.kind for node in masked if node.dropout is not None}
    if "scale_multiplier" not in chip.components or kinds != {"scale"}:
        bits = sum_bits(placement) + 1
        return Constants(fold.thresholds.size * bits, bits)
    _, n_classes, channels = fold.thresholds.shape
    words = len(masked) + sum(node.op == "batchnorm" for node in masked)
    stored = words + n_classes + sum("dropped_alpha" in node.params for node in masked)
    return Constants(channels * stored * REAL_BITS, (words + 1) * REAL_BITS, len(masked))
