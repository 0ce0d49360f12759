"""A network and a chip -> Program."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace

from cimsim.arch.chip import Chip
from cimsim.mapping.draws import module_counts
from cimsim.mapping.folding import fold
from cimsim.mapping.lowering import lower
from cimsim.mapping.placement import place_layers
from cimsim.mapping.program import Program
from cimsim.mapping.width_check import check_widths
from cimsim.recent import Recent
from cimsim.workload.graph import WorkloadGraph

__all__ = ["Mapper", "map_network"]

_KEPT = 256
"""Lowered networks that a `Mapper` remembers."""


def map_network(graph: WorkloadGraph, chip: Chip) -> Program:
    """Place the layers, fold what becomes thresholds, lay the commands of one image and pass.

    Raises
    ------
    CapacityError
        The network needs more macros than the chip's tiles hold.
    SpecError
        The architecture names a layer that the network does not have, or words too narrow for its sums.
    """
    return Mapper(graph)(chip)


class Mapper:
    """Maps one network onto many chips: folded once, and laid once for all chips that are laid alike."""

    def __init__(self, graph: WorkloadGraph) -> None:
        self._graph, self._folds = graph, fold(graph)
        self._laid = Recent[Program](_KEPT)

    def __call__(self, chip: Chip) -> Program:
        """`map_network` of the graph; Programs share what is immutable."""
        program = replace(self._laid.get(_what_is_read(chip), lambda: self._new(chip)), chip=chip)
        check_widths(self._graph, chip, program.placements, self._folds)
        return program

    def _new(self, chip: Chip) -> Program:
        placements = place_layers(self._graph, chip)
        site = lower(self._graph, chip, placements, self._folds)
        return Program(
            self._graph,
            chip,
            placements,
            self._folds,
            tuple(site.commands),
            site.resources,
            site.buffers,
            module_counts(site),
        )


def _what_is_read(chip: Chip) -> Hashable:
    """All of a chip that placement and lowering depend on, beside its place in messages."""
    return (
        chip.geometry,
        chip.timing,
        chip.first_layer,
        chip.conv_mapping,
        tuple(chip.replicas.items()),
        chip.bit_source.fair_bits,
        chip.level_per,
        tuple(chip.components),
        chip.components["stochastic_unit"].n_per_unit,
    )
