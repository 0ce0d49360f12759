"""What a network answers and how sure it is: on test images, without dropout, on images from outside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from cimsim import metrics
from cimsim.bayes.detection import check_available
from cimsim.bayes.ood import OodSet, check_ood, check_shifts, load_ood
from cimsim.circuits.bit_source import IDEAL, BitSource
from cimsim.data import Dataset
from cimsim.errors import InputError
from cimsim.mapping.program import Fold
from cimsim.sim.analog_layer import ArrayChip
from cimsim.sim.inputs import Samples
from cimsim.sim.judge import Judge
from cimsim.sim.result import Predictions, Uncertainty
from cimsim.sim.runner import Progress, Runner
from cimsim.sim.values import Values
from cimsim.workload.graph import WorkloadGraph

__all__ = ["Answers", "Question", "answer"]


@dataclass(frozen=True)
class Question:
    """What is asked beyond the test images.

    Attributes
    ----------
    ood : sets outside the training data, as `cimsim.bayes.ood.load_ood` names them
    shifts : changes of the test images that grow, of `cimsim.bayes.ood.SHIFTS`
    data_dir, download : where data sets lie, and whether they may be fetched
    """

    ood: Sequence[str] = ()
    shifts: Sequence[str] = ()
    data_dir: str | Path | None = None
    download: bool = False

    def check(self, task: str) -> None:
        """Refuse before work begins; raises ``InputError``."""
        for role, names in (("ood", self.ood), ("shifts", self.shifts)):
            if isinstance(names, str):
                raise InputError(role, "must be a list of names", repr(names), f"give [{names!r}]")
        check_ood(self.ood)
        check_shifts(self.shifts)
        if self.ood:
            check_available()
        if (self.ood or self.shifts) and task != "classification":
            raise InputError("ood", "needs a classification", task, "leave --ood and --shift out")

    def load(self, graph: WorkloadGraph, images: Dataset, seed: int) -> list[OodSet]:
        """The sets, encoded for the network's input; raises ``CimsimError`` where they do not fit it."""
        check_shifts(self.shifts, graph.input)
        load = partial(
            load_ood,
            images=images,
            encoding=graph.input,
            seed=seed,
            data_dir=self.data_dir,
            download=self.download,
        )
        return [load(name) for name in self.ood]


@dataclass(frozen=True, eq=False)
class Answers:
    """Values of the test images with what they are worth: scores under the names of ``summary.json``."""

    values: Values
    predictions: Predictions
    uncertainty: Uncertainty | None
    scores: Mapping[str, Any]


def answer(
    graph: WorkloadGraph,
    folds: Mapping[str, Fold],
    images: Dataset,
    *,
    n_mc_samples: Samples,
    seed: int = 0,
    source: BitSource = IDEAL,
    arrays: ArrayChip | None = None,
    question: Question | None = None,
    progress: Progress | None = None,
) -> Answers:
    """Run the values pass on the test images, once more without dropout, and on whatever else is asked for.

    Parameters
    ----------
    graph, folds : the network with the probabilities of its source of random bits, and its thresholds
    n_mc_samples, seed, source, arrays : as for `cimsim.sim.values.run_values`
    progress : called with (stage, done, total)
    """
    asked = question or Question()
    ood = asked.load(graph, images, seed)
    runner = Runner(graph, folds, n_mc_samples, seed, source, progress or (lambda *done: None), arrays)
    values = runner.run(images.x, "images")
    predictions = _predictions(graph, values, images)
    scores = metrics.score(graph.task, predictions.probabilities, images.y)
    if graph.task != "regression":
        scores["mutual_information_nats"] = float(predictions.mutual_information_nats.mean())
    if graph.task != "classification":
        return Answers(values, predictions, None, scores)
    uncertainty, more = Judge(runner, images, values).judge(ood, asked.shifts)
    return Answers(values, predictions, uncertainty, {**scores, **more})


def _predictions(graph: WorkloadGraph, values: Values, images: Dataset) -> Predictions:
    """Answers with labels; a regression has no entropy."""
    entropy = information = np.zeros(len(images))
    if graph.task != "regression":
        entropy = metrics.predictive_entropy_nats(values.probabilities)
        information = values.mutual_information_nats
    return Predictions(values.probabilities, entropy, information, images.y, values.masks, values.weights)
