"""The rows of one network: every random source of the chip, every way of playing its passes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from cimsim.arch import build_chip, load_arch
from cimsim.compare.methods import method_of
from cimsim.data import Dataset
from cimsim.mapping.draws import modules_before_conv
from cimsim.mapping.mapper import map_network
from cimsim.mapping.randomness import is_drawn
from cimsim.mapping.states import has_scalar_mask
from cimsim.reporting.breakdown import energy_by_component, group_of
from cimsim.sim.answer import Answers, Question, answer
from cimsim.sim.inputs import choose_passes, load_images
from cimsim.sim.instances import as_drawn
from cimsim.sim.price import Price, price
from cimsim.sim.tables import component_table
from cimsim.workload import load_workload
from cimsim.workload.dropout import n_states
from cimsim.workload.graph import WorkloadGraph

__all__ = ["BEST", "MAX_MASKS", "Job", "rows_of"]

BEST = ("sequential", "pipelined", "prefix_reuse")
"""Schedules that every method may use; the one with the least energy is its best."""

MAX_MASKS = 256
"""Masks at most for which a row plays each of them once."""

TRAINING = ("recipe", "trained_on", "epochs", "batch_size", "learning_rate")
"""What networks must share to be compared seed by seed."""

VARIANT = ("placement", "p", "spread", "scale_spread", "n_members")
"""What networks of one method must share besides, to differ in their seed alone."""

_COSTS = (
    "energy_j", "energy_low_j", "energy_high_j", "energy_stream_j", "energy_stream_low_j",
    "energy_stream_high_j", "energy_stochastic_j", "energy_stochastic_low_j", "energy_stochastic_high_j",
    "program_energy_j", "program_energy_low_j", "program_energy_high_j", "latency_s", "area_m2",
    "area_low_m2", "area_high_m2", "area_stochastic_m2", "n_random_bits", "n_stochastic_units", "memory_bits",
    "n_conversions",
)  # fmt: skip


@dataclass(frozen=True)
class Job:
    """One network to be compared; plain values, so that it can be sent to another process.

    Attributes
    ----------
    arch, overrides : the architecture file and the changes to it
    workload : the network's file
    sources : random sources to build the chip with, the chip's own first
    data, n_images : as for a run
    n_mc_samples : passes of a network with random masks; others take one, or one for each member
    question : images from outside
    seed : of every random draw
    plays_every_mask : whether there is a row for `enumerate`, if masks are few
    """

    arch: Path
    overrides: tuple[str, ...]
    workload: Path
    sources: tuple[str, ...]
    data: str | Path | None
    n_images: int | None
    n_mc_samples: int
    question: Question
    seed: int
    plays_every_mask: bool


def rows_of(job: Job) -> list[dict[str, Any]]:
    """Rows of ``compare.csv``; ``parts``: energy of each group of components; ``drawn_j``: on drawn chips."""
    graph = load_workload(job.workload)
    images = load_images(
        graph,
        data=job.data,
        data_dir=job.question.data_dir,
        n_images=job.n_images,
        download=job.question.download,
        x=None,
        y=None,
    )
    name = {
        "group": "simulated",
        "method": method_of(graph),
        "workload": job.workload.stem,
        "dataset": images.name,
        "seed": graph.provenance.get("seed"),
        "training": _said(graph, TRAINING),
        "variant": _said(graph, VARIANT),
    }
    sources = job.sources if _is_random(graph) else job.sources[:1]
    return [{**name, **row} for source in sources for row in _rows_with(job, graph, images, source)]


def _rows_with(job: Job, graph: WorkloadGraph, images: Dataset, source: str) -> Iterator[dict[str, Any]]:
    """One pass after another, the best schedule, and every mask once where they are few."""
    chip = build_chip(load_arch(job.arch, (*job.overrides, f"chip.random_source={source}")))
    program = map_network(graph, chip)
    ask = partial(
        answer,
        folds=program.folds,
        images=images,
        seed=job.seed,
        source=chip.bit_source,
        question=job.question,
    )
    asked = job.n_mc_samples if _is_random(graph) else None
    answers = ask(as_drawn(graph, chip), n_mc_samples=choose_passes(graph, "sequential", asked)[0])
    prices = {schedule: price(program, answers.values, schedule, job.seed) for schedule in BEST}
    best = min(BEST, key=lambda schedule: float(prices[schedule].summary["energy_j"]))
    drawn_by, technology = source if _is_random(graph) else "", chip.spec.technology.name
    for play, schedule in (("sequential", "sequential"), ("best", best)):
        yield {"technology": technology, "random_source": drawn_by, "play": play, "schedule": schedule,
               **_row(answers, prices[schedule], modules_before_conv(program))}  # fmt: skip
    if job.plays_every_mask and source == job.sources[0] and _n_masks(graph) <= MAX_MASKS:
        exact = ask(graph, n_mc_samples="exact")
        cost = price(program, exact.values, "enumerate", job.seed)
        yield {"technology": technology, "random_source": "", "play": "enumerate", "schedule": "enumerate",
               **_row(exact, cost)}  # fmt: skip


def _row(answers: Answers, cost: Price, n_units_before_conv: int = 0) -> dict[str, Any]:
    components = component_table(cost.ledger, cost.drawn)
    parts: dict[str, float] = {}
    for component, energy in energy_by_component(components).items():
        group = "leakage" if component == "leakage" else group_of(component)
        parts[group] = parts.get(group, 0.0) + energy
    conversions = components[components["action"] == "convert"]["energy_j"].sum()
    return {
        "n_mc_samples": answers.values.n_passes,
        "n_images": len(answers.values.masks),
        **answers.scores,
        **{key: cost.summary[key] for key in _COSTS},
        "n_units_before_conv": n_units_before_conv,
        "energy_conversions_j": float(conversions),
        "parts": parts,
        "drawn_j": cost.drawn.total_j,
    }


def _said(graph: WorkloadGraph, keys: Sequence[str]) -> str:
    """What a network says of its making, in words."""
    return ", ".join(f"{key} {graph.provenance[key]}" for key in keys if key in graph.provenance)


def _is_random(graph: WorkloadGraph) -> bool:
    return any(map(is_drawn, graph.nodes))


def _n_masks(graph: WorkloadGraph) -> float:
    """Masks that enumeration would play; infinite where one is not a number a layer, or nothing is random."""
    masked = [node for node in graph.nodes if is_drawn(node)]
    if not masked or not all(map(has_scalar_mask, masked)):
        return math.inf
    return float(math.prod(n_states(node) or 1 for node in masked))
