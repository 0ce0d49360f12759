"""One run: images -> Program -> values -> time -> ledger -> RunResult."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from cimsim.arch.build import build_chip
from cimsim.arch.spec import ArchSpec
from cimsim.data import Dataset
from cimsim.mapping.mapper import map_network
from cimsim.mapping.program import Program
from cimsim.sim.analog_layer import array_chip
from cimsim.sim.answer import Answers, Question, answer
from cimsim.sim.inputs import (
    Samples,
    check_chips,
    check_fidelity,
    check_instances,
    check_seed,
    choose_passes,
    load_images,
)
from cimsim.sim.instances import as_drawn, chip_scores, dropout_p, run_chips, warnings_of_bits
from cimsim.sim.manifest import build_manifest
from cimsim.sim.margins import margins, warnings_of_sums
from cimsim.sim.price import Price, price
from cimsim.sim.result import RunResult
from cimsim.sim.sources import source_table
from cimsim.sim.tables import component_table, layer_table, with_margins
from cimsim.sim.values import Values
from cimsim.workload.graph import WorkloadGraph

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["simulate"]

Progress = Callable[[str, int, int], None]


def simulate(
    arch: ArchSpec,
    workload: WorkloadGraph,
    *,
    data: str | Path | None = None,
    data_dir: str | Path | None = None,
    n_images: int | None = None,
    n_mc_samples: Samples | None = None,
    n_instances: int = 1,
    fidelity: str = "statistical",
    seed: int = 0,
    progress: Progress | None = None,
    x: NDArray[Any] | None = None,
    y: NDArray[Any] | None = None,
    download: bool = False,
    ood: Sequence[str] = (),
    shifts: Sequence[str] = (),
) -> RunResult:
    """Run a network on a chip: accuracy, uncertainty, latency, energy and area.

    Parameters
    ----------
    arch, workload : from `cimsim.load_arch` and `cimsim.load_workload`
    data : name of a data set or path of an ``.npz`` with ``x`` and ``y``; default: the one the workload names
    data_dir : folder that holds the data sets
    n_images : take the first n (default: all)
    n_mc_samples : Monte-Carlo passes, at most 100,000, or "exact" for every mask with its probability;
        default 20, or 1 where nothing is random
    n_instances : 1 for the chip that is told: arrays out of the spread, a dropout unit without; more are
        drawn beside it, each with arrays and probabilities of its own, trimmed as the architecture says
    fidelity : how much physics the sums see: "ideal" exact integers; "statistical" spread of cells and
        read-outs, drawn once a chip, and the noise of each sum; "cell" the noise of each cell; "circuit" the
        resistance of the wires as well
    seed : fixes every random draw
    progress : called with (stage, done, total); the stages are "images", one for each further set, and "time"
    x, y : (n, *input shape) integers in the input's encoding, and the labels (n,), instead of ``data``; a
        segmentation has labels (n, rows, columns), a regression targets (n, *output shape)
    download : whether a missing data set may be fetched
    ood : sets outside the training data to tell from the test images: names of data sets, ``.npz`` files,
        "gaussian-noise", "uniform-noise", "rotate:45", "add-gaussian:0.3", "add-uniform:0.3"
    shifts : "rotation", "noise": scores as the test images are turned or made noisy more and more

    Raises
    ------
    CimsimError
        Input that cannot be used; one message says where, why and what to do.
    """
    check_fidelity(fidelity)
    seed, n_instances = check_seed(seed), check_instances(n_instances)
    question = Question(ood, shifts, data_dir, download)
    question.check(workload.task)
    samples, schedule = choose_passes(workload, arch.chip.mc_schedule, n_mc_samples)
    check_chips(n_instances, samples, fidelity)
    images = load_images(
        workload, data=data, data_dir=data_dir, n_images=n_images, download=download, x=x, y=y
    )
    chip = build_chip(arch)
    program = map_network(workload, chip)
    tell = progress or (lambda stage, done, total: None)
    ask = partial(
        answer,
        folds=program.folds,
        images=images,
        n_mc_samples=samples,
        seed=seed,
        source=chip.bit_source,
    )
    drawn = workload if samples == "exact" else as_drawn(workload, chip)
    made = partial(array_chip, program, schedule, fidelity, seed)
    answers = ask(drawn, arrays=made(0), question=question, progress=tell)
    chips = None
    if n_instances > 1:
        chips = run_chips(
            program,
            n_instances,
            seed,
            lambda graph, k: ask(graph, arrays=made(k + 1)).scores,
            partial(tell, "chips"),
            draws=samples != "exact",
        )
    tell("time", 0, 1)
    cost = price(program, answers.values, schedule, seed)
    tell("time", 1, 1)
    settings = _settings(answers.values, schedule, fidelity, seed, n_instances)
    return _result(arch, program, images, answers, cost, settings, question, chips)


def _result(
    arch: ArchSpec,
    program: Program,
    images: Dataset,
    answers: Answers,
    cost: Price,
    settings: Mapping[str, Any],
    question: Question,
    chips: pd.DataFrame | None,
) -> RunResult:
    asked = {"ood": list(question.ood), "shifts": list(question.shifts)}
    return RunResult(
        summary={
            "architecture": arch.name,
            "workload": program.graph.name,
            "dataset": images.name,
            **answers.scores,
            **settings,
            "array_errors_modelled": settings["fidelity"] != "ideal",
            **cost.summary,
            "dropout_p": {}
            if settings["mc_schedule"] == "enumerate"
            else dropout_p(program.graph, program.chip),
            **({} if chips is None else chip_scores(chips)),
            "warnings": [
                *cost.warnings,
                *warnings_of_bits(program, settings["mc_schedule"]),
                *warnings_of_sums(program, settings["fidelity"]),
            ],
        },
        layers=with_margins(
            layer_table(program, cost.times, cost.ledger, cost.drawn, cost.images_until_lost),
            margins(program),
            answers.values.sum_errors,
        ),
        components=component_table(cost.ledger, cost.drawn),
        sources=source_table(program, cost.ledger, cost.times.latency_s),
        predictions=answers.predictions,
        timeline=cost.times.timeline,
        manifest=build_manifest(arch, {**settings, **asked}, _files(arch, program.graph, images)),
        program=program,
        uncertainty=answers.uncertainty,
        chips=chips,
    )


def _settings(values: Values, schedule: str, fidelity: str, seed: int, n_instances: int) -> dict[str, Any]:
    """What was run; stands in the summary and in the manifest."""
    return {
        "fidelity": fidelity,
        "n_images": len(values.masks),
        "n_mc_samples": values.n_passes,
        "n_instances": n_instances,
        "mc_schedule": schedule,
        "seed": seed,
    }


def _files(arch: ArchSpec, workload: WorkloadGraph, images: Dataset) -> dict[str, str | tuple[str, ...]]:
    return {
        "architecture": arch.source,
        "workload": workload.source,
        "data": images.source,
    }
