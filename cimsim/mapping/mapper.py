"""A network and a chip -> Program."""

from __future__ import annotations

from cimsim.arch.chip import Chip
from cimsim.mapping.draws import module_counts
from cimsim.mapping.folding import fold
from cimsim.mapping.lowering import lower
from cimsim.mapping.placement import place_layers
from cimsim.mapping.program import Program
from cimsim.mapping.width_check import check_widths
from cimsim.workload.graph import WorkloadGraph

__all__ = ["map_network"]


def map_network(graph: WorkloadGraph, chip: Chip) -> Program:
    """Place the layers, fold what becomes thresholds, lay the commands of one image and pass.

    Raises
    ------
    CapacityError
        The network needs more macros than the chip's tiles hold.
    SpecError
        The architecture names a layer that the network does not have, or words too narrow for its sums.
    """
    placements = place_layers(graph, chip)
    folds = fold(graph)
    check_widths(graph, chip, placements, folds)
    site = lower(graph, chip, placements, folds)
    return Program(
        graph,
        chip,
        placements,
        folds,
        tuple(site.commands),
        site.resources,
        site.buffers,
        module_counts(site),
    )
