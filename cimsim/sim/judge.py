"""How sure a classification is: error bars, a single pass beside all, images from outside or changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cimsim import metrics
from cimsim.bayes.detection import CONFIDENCE, detect, scores_of
from cimsim.bayes.ood import SHIFTS, OodSet, changed
from cimsim.bayes.sampling import (
    EXACT_UP_TO,
    METRICS,
    MOST_RESAMPLED,
    auroc_error,
    convergence,
    resampled_entropies,
)
from cimsim.bayes.selective import area_under_risk, risk_coverage
from cimsim.data import Dataset
from cimsim.sim.result import Uncertainty
from cimsim.sim.runner import Runner
from cimsim.sim.values import Values

__all__ = ["Judge"]

Array = NDArray[np.float64]

_SCORE = "predictive_entropy_nats"
"""What a summary and the figures tell outside from inside by."""


class Judge:
    """Scores the answers ``values`` of ``runner`` to the test images."""

    def __init__(self, runner: Runner, images: Dataset, values: Values) -> None:
        self._runner, self._images, self._values = runner, images, values
        self._single = runner.single(images.x, values)
        self._entropies: dict[str, tuple[Array, Array]] = {}

    def judge(self, ood: Sequence[OodSet], shifts: Sequence[str]) -> tuple[Uncertainty, dict[str, Any]]:
        """Tables for the report, and scores under their names in ``summary.json``."""
        import pandas as pd

        labels, curve = self._images.y, self._convergence()
        of_single = {
            **metrics.score("classification", self._single, labels),
            "aurc": _area_under_risk(self._single, labels),
        }
        scores: dict[str, Any] = {
            "aurc": _area_under_risk(self._values.probabilities, labels),
            **{f"baseline_{name}": of_single[name] for name in _BASELINE},
            **{f"{name}_mc_se": error for name, error in self._errors(curve).items()},
        }
        rows = [row for found in ood for row in self._outside(found)]
        for row in rows:
            if row["score"] == _SCORE:
                scores[f"auroc_{row['ood']}"] = row["auroc"]
                scores[f"baseline_auroc_{row['ood']}"] = row["baseline_auroc"]
                scores[f"mc_se_auroc_{row['ood']}"] = row["auroc_mc_se"]
        levels = [row for kind in shifts for row in self._shifted(kind)]
        frames = (pd.DataFrame(rows), pd.DataFrame(levels), pd.DataFrame(curve))
        return Uncertainty(self._single, *frames, self._entropies), scores

    def _convergence(self) -> dict[str, list[float]]:
        """Scores against the number of passes, where there are several to draw from."""
        passes, runner = self._values.passes, self._runner
        if passes is None or not (runner.is_sampled or runner.is_exact) or not _can_resample(self._values):
            return {}
        most = EXACT_UP_TO if runner.is_exact else passes.n_passes
        return convergence(passes, self._images.y, most, runner.seed)

    def _errors(self, curve: Mapping[str, list[float]]) -> dict[str, float | None]:
        """What the number of passes leaves open: 0 where nothing is drawn, None where it cannot be told."""
        if not self._runner.is_sampled:
            return dict.fromkeys(METRICS, 0.0)
        return {name: curve[f"{name}_deviation"][-1] if curve else None for name in METRICS}

    def _outside(self, found: OodSet) -> Iterator[dict[str, Any]]:
        """A row for each score: what it achieves with all passes, and with a single one."""
        outside = self._runner.run(found.x, found.name)
        alone = _scores_of_single(self._runner.single(found.x, outside))
        beyond = _scores(outside)
        self._entropies[found.name] = beyond[_SCORE], alone[_SCORE]
        inside, inside_alone = _scores(self._values), _scores_of_single(self._single)
        for score in inside:
            limit = 1.0 - CONFIDENCE if score == "family_rule" else None
            both = detect(inside[score], beyond[score], threshold=limit)
            single = detect(inside_alone[score], alone[score], threshold=limit)
            yield {
                "ood": found.name,
                "score": score,
                "n_images": len(found.x),
                **asdict(both),
                "auroc_mc_se": self._auroc_error(outside) if score == _SCORE else None,
                **{f"baseline_{key}": value for key, value in asdict(single).items()},
            }

    def _auroc_error(self, outside: Values) -> float | None:
        """As the other errors, of the AUROC of the entropy."""
        if not self._runner.is_sampled:
            return 0.0
        if not (_can_resample(self._values) and _can_resample(outside)):
            return None
        assert outside.passes is not None
        return auroc_error(
            self._resampled_entropies, resampled_entropies(outside.passes, self._runner.seed, 0)
        )

    @cached_property
    def _resampled_entropies(self) -> Array:
        assert self._values.passes is not None
        return resampled_entropies(self._values.passes, self._runner.seed)

    def _shifted(self, kind: str) -> Iterator[dict[str, Any]]:
        """A row for each level: scores with all passes, and with a single one."""
        shift, encoding, labels = SHIFTS[kind], self._runner.graph.input, self._images.y
        for level in shift.levels:
            x = changed(self._images, shift.change, level, encoding, seed=self._runner.seed)
            values = self._runner.run(x, f"{kind} {level:g}")
            single = self._runner.single(x, values)
            both = _shift_scores(values.probabilities, values.mutual_information_nats, labels)
            alone = _shift_scores(single, np.zeros(len(x)), labels)
            yield {"shift": kind, "level": level, **both, **{f"baseline_{k}": v for k, v in alone.items()}}


_BASELINE = ("accuracy", "nll", "ece", "brier_score", "aurc")


def _can_resample(values: Values) -> bool:
    return (
        values.passes is not None
        and values.n_passes > 1
        and values.masks.shape[0] * values.n_passes <= MOST_RESAMPLED
    )


def _area_under_risk(p: Array, labels: NDArray[np.int64]) -> float:
    return area_under_risk(*risk_coverage(p.argmax(axis=1) != labels, metrics.predictive_entropy_nats(p)))


def _scores(values: Values) -> dict[str, Array]:
    return scores_of(values.probabilities, values.mutual_information_nats, values.low_confidence)


def _scores_of_single(p: Array) -> dict[str, Array]:
    """One pass disagrees with none, and is its own 10th percentile."""
    return scores_of(p, np.zeros(len(p)), p.max(axis=1))


def _shift_scores(p: Array, information_nats: Array, labels: NDArray[np.int64]) -> dict[str, float]:
    return {
        "accuracy": metrics.accuracy(p, labels),
        "nll": metrics.nll(p, labels),
        "ece": metrics.ece(p, labels),
        _SCORE: float(metrics.predictive_entropy_nats(p).mean()),
        "mutual_information_nats": float(information_nats.mean()),
    }
