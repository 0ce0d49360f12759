"""One run: images -> Program -> values -> time -> ledger -> RunResult."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from cimsim.arch.build import build_chip
from cimsim.arch.spec import ArchSpec
from cimsim.data import Dataset
from cimsim.mapping.mapper import map_network
from cimsim.mapping.program import Program
from cimsim.sim.answer import Answers, Question
from cimsim.sim.answer_chips import answer_chips
from cimsim.sim.inputs import Samples, load_images
from cimsim.sim.instances import chip_scores
from cimsim.sim.manifest import build_manifest
from cimsim.sim.margins import margins
from cimsim.sim.price import Price, price
from cimsim.sim.result import RunResult
from cimsim.sim.run_summary import run_summary
from cimsim.sim.settings import Settings
from cimsim.sim.sources import source_table
from cimsim.sim.tables import component_table, layer_table, with_margins
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
    question = Question(ood, shifts, data_dir, download)
    question.check(workload.task)
    settings = Settings.checked(
        workload,
        arch.chip.mc_schedule,
        n_mc_samples=n_mc_samples,
        fidelity=fidelity,
        seed=seed,
        n_instances=n_instances,
    )
    images = load_images(
        workload, data=data, data_dir=data_dir, n_images=n_images, download=download, x=x, y=y
    )
    program = map_network(workload, build_chip(arch))
    tell = progress or (lambda stage, done, total: None)
    answers, chips = answer_chips(program, images, settings, question, tell)
    tell("time", 0, 1)
    cost = price(program, answers.values, settings.schedule, settings.seed)
    tell("time", 1, 1)
    return _result(arch, program, images, answers, cost, settings, question, chips)


def _result(
    arch: ArchSpec,
    program: Program,
    images: Dataset,
    answers: Answers,
    cost: Price,
    settings: Settings,
    question: Question,
    chips: pd.DataFrame | None,
) -> RunResult:
    told = settings.told(len(images), answers.values.n_passes)
    asked = {"ood": list(question.ood), "shifts": list(question.shifts)}
    of_chips = {} if chips is None else chip_scores(chips)
    assert cost.times.timeline is not None
    return RunResult(
        summary=run_summary(program, images.name, settings, told, answers.scores, of_chips, cost),
        layers=with_margins(
            layer_table(program, cost.times, cost.ledger, cost.drawn, cost.images_until_lost),
            margins(program),
            answers.values.sum_errors,
        ),
        components=component_table(cost.ledger, cost.drawn),
        sources=source_table(program, cost.ledger, cost.times.latency_s),
        predictions=answers.predictions,
        timeline=cost.times.timeline,
        manifest=build_manifest(arch, {**told, **asked}, _files(arch, program.graph, images)),
        program=program,
        uncertainty=answers.uncertainty,
        chips=chips,
    )


def _files(arch: ArchSpec, workload: WorkloadGraph, images: Dataset) -> dict[str, str | tuple[str, ...]]:
    return {
        "architecture": arch.source,
        "workload": workload.source,
        "data": images.source,
    }
