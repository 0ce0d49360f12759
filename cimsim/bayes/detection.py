"""How well a score tells images outside the training data from those inside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cimsim.errors import InputError
from cimsim.metrics import predictive_entropy_nats

__all__ = ["CONFIDENCE", "SCORES", "Detection", "auroc", "check_available", "detect", "scores_of"]

CONFIDENCE = 0.95
"""Share of the inside that a threshold lets pass; also the fixed threshold of the family's rule."""

SCORES: Mapping[str, str] = {
    "predictive_entropy_nats": "entropy of the mean over passes",
    "mutual_information_nats": "what that entropy has beyond the mean entropy of the passes",
    "lack_of_confidence": "1 - probability of the predicted class",
    "family_rule": "1 - largest over classes of the 10th percentile over passes",
}
"""Larger means more uncertain."""

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Detection:
    """What a score achieves.

    Attributes
    ----------
    auroc : area under the receiver operating characteristic; 0.5 by chance
    aupr : average precision, the outside being what is looked for
    fpr95 : share of the inside that is flagged at the threshold which flags 95 % of the outside
    detection_rate, false_alarm_rate : shares flagged above ``threshold``, outside and inside
    threshold : the 95 % quantile of the inside, or 0.05 for the family's rule
    """

    auroc: float
    aupr: float
    fpr95: float
    detection_rate: float
    false_alarm_rate: float
    threshold: float


def scores_of(mean: Array, information_nats: Array, low_confidence: Array) -> dict[str, Array]:
    """(n_images,) values of each of the `SCORES`.

    Parameters
    ----------
    mean, information_nats : probabilities averaged over passes, and their mutual information
    low_confidence : as `cimsim.bayes.passes.Passes.low_confidence`
    """
    return {
        "predictive_entropy_nats": predictive_entropy_nats(mean),
        "mutual_information_nats": information_nats,
        "lack_of_confidence": 1.0 - mean.max(axis=1),
        "family_rule": 1.0 - low_confidence,
    }


def check_available() -> None:
    """Raise ``InputError`` where scikit-learn, which computes areas and rates, is not installed."""
    try:
        import sklearn.metrics  # noqa: F401
    except ImportError as error:
        cure = "pip install 'cimsim[data]'"
        raise InputError("ood", "needs scikit-learn, which is not installed", cure=cure) from error


def auroc(inside: Array, outside: Array) -> float:
    """Area under the receiver operating characteristic of scores (n_inside,) and (n_outside,)."""
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(*_labelled(inside, outside)))


def detect(inside: Array, outside: Array, *, threshold: float | None = None) -> Detection:
    """Compare scores (n_inside,) and (n_outside,); areas and rates by scikit-learn."""
    from sklearn.metrics import average_precision_score, roc_curve

    truth, score = _labelled(inside, outside)
    false, true, _ = roc_curve(truth, score, drop_intermediate=False)
    limit = float(np.quantile(inside, CONFIDENCE)) if threshold is None else threshold
    return Detection(
        auroc=auroc(inside, outside),
        aupr=float(average_precision_score(truth, score)),
        fpr95=float(false[np.argmax(true >= CONFIDENCE)]),
        detection_rate=float(np.mean(outside > limit)),
        false_alarm_rate=float(np.mean(inside > limit)),
        threshold=limit,
    )


def _labelled(inside: Array, outside: Array) -> tuple[Array, Array]:
    """Whether each score is from outside, and the scores."""
    truth = np.concatenate([np.zeros(len(inside)), np.ones(len(outside))])
    return truth, np.concatenate([inside, outside])
