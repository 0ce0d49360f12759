"""What a network answers and how sure it is: on test images, without dropout, on images from outside."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cimsim import metrics
from cimsim.bayes.detection import CONFIDENCE, detect, scores_of
from cimsim.bayes.ood import SHIFTS, check_ood, check_shift, load_ood, shifted
from cimsim.bayes.sampling import EXACT_UP_TO, METRICS, MOST_RESAMPLED, convergence, standard_errors
from cimsim.data import Dataset
from cimsim.errors import InputError
from cimsim.mapping.folding import fold
from cimsim.mapping.program import Fold
from cimsim.mapping.randomness import is_drawn
from cimsim.sim.inputs import Samples
from cimsim.sim.result import Predictions, Uncertainty
from cimsim.sim.values import Values, run_values
from cimsim.workload import without_dropout
from cimsim.workload.graph import WorkloadGraph

__all__ = ["Answers", "Question", "answer"]

Progress = Callable[[str, int, int], None]
Array = NDArray[np.float64]


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
        for name in self.ood:
            check_ood(name)
        for name in self.shifts:
            check_shift(name)
        if (self.ood or self.shifts) and task != "classification":
            raise InputError("ood", "needs a classification", task, "leave --ood and --shift out")


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
    correlation: float = 0.0,
    question: Question | None = None,
    progress: Progress | None = None,
) -> Answers:
    """Run the values pass on the test images, once more without dropout, and on whatever else is asked for.

    Parameters
    ----------
    graph, folds : the network with the probabilities of its source of random bits, and its thresholds
    n_mc_samples, seed, correlation : as for `cimsim.sim.values.run_values`
    progress : called with (stage, done, total)
    """
    runner = _Runner(graph, folds, n_mc_samples, seed, correlation, progress or (lambda *done: None))
    values = runner.run(images.x, "images")
    predictions = _predictions(graph, values, images)
    scores = metrics.score(graph.task, predictions.probabilities, images.y)
    if graph.task != "regression":
        scores["mutual_information_nats"] = float(predictions.mutual_information_nats.mean())
    if graph.task != "classification":
        return Answers(values, predictions, None, scores)
    uncertainty, more = _Judge(runner, images, values, predictions, question or Question()).judge()
    return Answers(values, predictions, uncertainty, {**scores, **more})


class _Runner:
    """The network and its twin without dropout, ready for any images."""

    def __init__(
        self,
        graph: WorkloadGraph,
        folds: Mapping[str, Fold],
        n_mc_samples: Samples,
        seed: int,
        correlation: float,
        progress: Progress,
    ) -> None:
        self.graph, self.folds, self.seed = graph, folds, seed
        self.is_sampled = n_mc_samples != "exact" and any(map(is_drawn, graph.nodes))
        self.is_exact = n_mc_samples == "exact"
        self._samples, self._correlation, self._progress = n_mc_samples, correlation, progress
        self.has_dropout = any(node.dropout is not None for node in graph.nodes)
        if self.has_dropout:
            self._twin = without_dropout(graph)
            self._twin_folds = fold(self._twin)

    def run(self, x: NDArray[Any], stage: str) -> Values:
        self._progress(stage, 0, len(x))
        return run_values(
            self.graph,
            self.folds,
            x,
            n_mc_samples=self._samples,
            seed=self.seed,
            correlation=self._correlation,
            progress=lambda done, total: self._progress(stage, done, total),
        )

    def single(self, x: NDArray[Any], values: Values) -> Values:
        """One pass with nothing dropped; the values themselves where nothing could be."""
        return run_values(self._twin, self._twin_folds, x, n_mc_samples=1) if self.has_dropout else values


class _Judge:
    """Scores the test images, their single pass, and the images from outside."""

    def __init__(
        self, runner: _Runner, images: Dataset, values: Values, predictions: Predictions, question: Question
    ) -> None:
        self.runner, self.images, self.values, self.question = runner, images, values, question
        self.predictions, self.single = predictions, runner.single(images.x, values)
        self.entropies: dict[str, tuple[Array, Array]] = {}

    def judge(self) -> tuple[Uncertainty, dict[str, Any]]:
        import pandas as pd

        labels, baseline = self.images.y, self.single.probabilities
        scores: dict[str, Any] = {
            f"baseline_{name}": value
            for name, value in metrics.score("classification", baseline, labels).items()
            if name in ("accuracy", "nll", "ece", "brier_score")
        }
        curve, errors = self._sampling()
        scores |= {f"{name}_mc_se": error for name, error in errors.items()}
        ood = [row for name in self.question.ood for row in self._outside(name)]
        for row in ood:
            if row["score"] == "predictive_entropy_nats":
                for key in ("auroc", "baseline_auroc"):
                    scores[f"{key}_{row['ood']}"] = row[key]
        shifts = [row for kind in self.question.shifts for row in self._shifted(kind)]
        frames = (pd.DataFrame(ood), pd.DataFrame(shifts), pd.DataFrame(curve))
        return Uncertainty(baseline, *frames, self.entropies), scores

    def _sampling(self) -> tuple[dict[str, list[float]], Mapping[str, float | None]]:
        """Scores against the number of passes, and the errors that it leaves; none where all is sure."""
        passes, labels, runner = self.values.passes, self.images.y, self.runner
        certain = dict.fromkeys(METRICS, 0.0)
        if not (runner.is_sampled or runner.is_exact) or self.values.n_passes == 1:
            return {}, certain
        if passes is None or passes.row_of.size > MOST_RESAMPLED:
            return {}, certain if runner.is_exact else dict.fromkeys(METRICS)
        most = EXACT_UP_TO if runner.is_exact else passes.n_passes
        errors = certain if runner.is_exact else standard_errors(passes, labels, runner.seed)
        return convergence(passes, labels, most, runner.seed), errors

    def _outside(self, name: str) -> Iterator[dict[str, Any]]:
        """A row for each score: what it achieves with all passes, and with a single one."""
        asked, source = self.question, self.runner.graph
        found = load_ood(
            name,
            self.images,
            source.input,
            seed=self.runner.seed,
            data_dir=asked.data_dir,
            download=asked.download,
        )
        outside = self.runner.run(found.x, found.name)
        alone = self.runner.single(found.x, outside)
        inside, beyond = _scores(self.values), _scores(outside)
        inside_alone, beyond_alone = _scores(self.single), _scores(alone)
        key = "predictive_entropy_nats"
        self.entropies[found.name] = beyond[key], beyond_alone[key]
        for score in inside:
            limit = 1.0 - CONFIDENCE if score == "family_rule" else None
            both = detect(inside[score], beyond[score], threshold=limit)
            single = detect(inside_alone[score], beyond_alone[score], threshold=limit)
            yield {
                "ood": found.name,
                "score": score,
                "n_images": len(found.x),
                **asdict(both),
                **{f"baseline_{key}": value for key, value in asdict(single).items()},
            }

    def _shifted(self, kind: str) -> Iterator[dict[str, Any]]:
        """A row for each level: scores with all passes, and with a single one."""
        for level in SHIFTS[kind].levels:
            encoding = self.runner.graph.input
            x = shifted(kind, level, self.images, encoding, seed=self.runner.seed)
            values = self.runner.run(x, f"{kind} {level:g}")
            single = self.runner.single(x, values)
            yield {
                "shift": kind,
                "level": level,
                **_shift_scores("", values, self.images),
                **_shift_scores("baseline_", single, self.images),
            }


def _shift_scores(prefix: str, values: Values, images: Dataset) -> dict[str, float]:
    p, labels = values.probabilities, images.y
    found = {
        "accuracy": metrics.accuracy(p, labels),
        "nll": metrics.nll(p, labels),
        "ece": metrics.ece(p, labels),
        "predictive_entropy_nats": float(metrics.predictive_entropy_nats(p).mean()),
        "mutual_information_nats": float(_information(values).mean()),
    }
    return {f"{prefix}{name}": value for name, value in found.items()}


def _scores(values: Values) -> dict[str, Array]:
    if values.passes is None:
        cure = "take fewer images or passes"
        raise InputError("ood", "needs the answers of single passes, which are too many to keep", cure=cure)
    return scores_of(values.passes, values.probabilities, _information(values))


def _information(values: Values) -> Array:
    """(n_images,) mutual information of answer and masks; of a segmentation the mean over positions."""
    entropy = metrics.predictive_entropy_nats(values.probabilities)
    of_images = entropy.reshape(len(entropy), -1).mean(axis=1)
    information: Array = np.maximum(of_images - values.expected_entropy_nats, 0.0)
    return information


def _predictions(graph: WorkloadGraph, values: Values, images: Dataset) -> Predictions:
    """Answers with labels; a regression has no entropy."""
    entropy = information = np.zeros(len(images))
    if graph.task != "regression":
        entropy = metrics.predictive_entropy_nats(values.probabilities)
        information = _information(values)
    return Predictions(values.probabilities, entropy, information, images.y, values.masks, values.weights)
