"""What the values pass reads, as a key: two runs with equal keys answer alike, number for number."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from cimsim.data import Dataset
from cimsim.mapping.program import Placement, Program
from cimsim.mapping.spread import ONE_TILE
from cimsim.sim.instances import dropout_p
from cimsim.sim.settings import Settings
from cimsim.sweep.fingerprint import code_digest, digest
from cimsim.workload.graph import WorkloadGraph

__all__ = ["question_digest", "values_key"]


def question_digest(graph: WorkloadGraph, images: Dataset) -> str:
    """Of the network and its images, which all chips of a study share."""
    return digest(
        code_digest(), graph.task, graph.input, graph.nodes, graph.output, graph.shapes, graph.domains,
        graph.divisors, images.x, images.y,
    )  # fmt: skip


def values_key(question: str, program: Program, settings: Settings) -> str:
    """Of one run.

    Parameters
    ----------
    question : `question_digest`
    """
    draws = settings.samples != "exact"
    return digest(
        question,
        settings.samples,
        settings.seed,
        settings.n_instances,
        _random_bits(program, settings.n_instances) if draws else None,
        _arrays(program, settings),
    )


def _random_bits(program: Program, n_instances: int) -> Any:
    """How the bits of the told chip hang together and what they ask for; of more chips, how they differ."""
    chip = program.chip
    told = chip.bit_source, dropout_p(program.graph, chip)
    if n_instances == 1:
        return told
    banks = {c.name: (c.resource, c.depends_on_masks) for c in program.commands if c.kind == "draw"}
    return *told, chip.trimmed, program.modules, banks


def _arrays(program: Program, settings: Settings) -> Any:
    """Errors of the sums, where there are any, and where each weight lies."""
    chip = program.chip
    if settings.fidelity == "ideal" or chip.arrays is None:
        return None
    model = chip.arrays if settings.fidelity == "circuit" else replace(chip.arrays, wires=None)
    geometry = replace(
        chip.geometry, n_tiles=None, macros_per_tile=1, subarrays_per_macro=1, biases_unselected_columns=False
    )
    reuses_sums = settings.schedule in ("prefix_reuse", "enumerate")
    # Whether cells are drawn one by one matters only to their noise.
    how = "sums" if settings.fidelity == "statistical" or not model.is_noisy else "cells"
    placements = [_weights_of(placement) for placement in program.placements.values()]
    return model, geometry, reuses_sums, settings.fidelity == "circuit", how, placements


def _weights_of(placement: Placement) -> Placement:
    """Rows and columns of one copy; which macros hold them changes no sum."""
    return replace(
        placement,
        n_subarrays=0,
        n_macros=min(placement.n_macros, 1),
        n_tiles=0,
        replicas=1,
        first_tile=0,
        cell_utilization=0.0,
        spread=ONE_TILE,
    )
