"""How good the answers are: accuracy with its interval, proper scores, calibration, uncertainty.

Probabilities are already averaged over Monte-Carlo passes. Everything is float64 and needs no compiled code.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "N_BINS",
    "PROBABILITY_FLOOR",
    "ReliabilityBins",
    "accuracy",
    "brier_score",
    "ece",
    "mean_iou",
    "nll",
    "pixel_accuracy",
    "predictive_entropy_nats",
    "reliability_bins",
    "rmse",
    "score",
    "wilson_interval",
]

N_BINS = 15
"""Equal-width confidence bins of the expected calibration error."""

PROBABILITY_FLOOR = 1e-12
"""What `nll` gives the true class at least: one certain mistake costs 27.6 nats, not infinity."""

_Z_95 = 1.959963984540054


@dataclass(frozen=True, eq=False)
class ReliabilityBins:
    """Confidence bins ``(edges[i], edges[i+1]]``; empty bins have count 0 and not-a-number means.

    Attributes
    ----------
    edges : (n_bins + 1,) float64, from 0 to 1
    count : (n_bins,) int64, images in the bin
    confidence : (n_bins,) float64, mean probability of the predicted class
    accuracy : (n_bins,) float64, fraction predicted correctly
    """

    edges: NDArray[np.float64]
    count: NDArray[np.int64]
    confidence: NDArray[np.float64]
    accuracy: NDArray[np.float64]


def accuracy(probabilities: ArrayLike, labels: ArrayLike) -> float:
    """Fraction of images whose most likely class is the label; the first of equal classes wins.

    Parameters
    ----------
    probabilities : (n_images, n_classes)
    labels : (n_images,) integers

    Raises
    ------
    ValueError : labels of another shape or type, or beyond the classes; as of all scores
    """
    p, y = _classified(probabilities, labels)
    return float(np.mean(p.argmax(axis=1) == y))


def wilson_interval(k: int, n: int) -> tuple[float, float]:
    """95 % score interval of a fraction k/n; (0, 1) when n is 0.

    References
    ----------
    E. B. Wilson, J. Am. Stat. Assoc. 22 (1927) 209, doi:10.1080/01621459.1927.10502953
    """
    if n == 0:
        return 0.0, 1.0
    z2 = _Z_95**2
    centre = (k + z2 / 2) / (n + z2)
    half = _Z_95 * math.sqrt(k * (n - k) / n + z2 / 4) / (n + z2)
    # At the ends centre and half agree exactly on paper; rounding must not leave [0, 1].
    return (0.0 if k == 0 else centre - half), (1.0 if k == n else centre + half)


def nll(probabilities: ArrayLike, labels: ArrayLike) -> float:
    """Mean negative log-likelihood of the labels in nats, with `PROBABILITY_FLOOR` under each probability."""
    p, y = _classified(probabilities, labels)
    return float(-np.mean(np.log(np.maximum(p[np.arange(len(y)), y], PROBABILITY_FLOOR))))


def brier_score(probabilities: ArrayLike, labels: ArrayLike) -> float:
    """Mean squared distance to the one-hot label, summed over classes (0 to 2).

    References
    ----------
    G. W. Brier, Monthly Weather Review 78 (1950) 1
    """
    p, y = _classified(probabilities, labels)
    error = p.copy()
    error[np.arange(len(y)), y] -= 1.0
    return float(np.mean(np.sum(error**2, axis=1)))


def reliability_bins(probabilities: ArrayLike, labels: ArrayLike, n_bins: int = N_BINS) -> ReliabilityBins:
    """Sort images by the probability of their predicted class into equal-width bins."""
    p, y = _classified(probabilities, labels)
    confidence = p.max(axis=1)
    correct = p.argmax(axis=1) == y
    edges = np.arange(n_bins + 1) / n_bins
    index = np.clip(np.searchsorted(edges, confidence, side="left") - 1, 0, n_bins - 1)
    count = np.bincount(index, minlength=n_bins)
    with np.errstate(invalid="ignore"):
        mean_confidence = np.bincount(index, weights=confidence, minlength=n_bins) / count
        mean_accuracy = np.bincount(index, weights=correct, minlength=n_bins) / count
    return ReliabilityBins(edges, count.astype(np.int64), mean_confidence, mean_accuracy)


def ece(probabilities: ArrayLike, labels: ArrayLike, n_bins: int = N_BINS) -> float:
    """Expected calibration error: |accuracy - confidence| averaged over images, bin by bin.

    References
    ----------
    C. Guo et al., "On Calibration of Modern Neural Networks", ICML 2017, equation 3
    """
    bins = reliability_bins(probabilities, labels, n_bins)
    gaps = np.where(bins.count > 0, np.abs(bins.accuracy - bins.confidence), 0.0)
    return float(np.sum(gaps * bins.count) / np.sum(bins.count))


def predictive_entropy_nats(probabilities: ArrayLike) -> NDArray[np.float64]:
    """Entropy of each distribution over the classes (axis 1), in nats; 0 log 0 is 0.

    Returns an array of shape (n_images,), or (n_images, ...) where more axes follow the class axis.
    """
    p = np.asarray(probabilities, dtype=np.float64)
    logs = np.log(p, out=np.zeros_like(p), where=p > 0)
    return np.asarray(-np.sum(p * logs, axis=1) + 0.0)


def rmse(outputs: ArrayLike, targets: ArrayLike) -> float:
    """Root of the mean squared difference over images and outputs; `ValueError` where the shapes differ."""
    prediction, target = np.asarray(outputs, dtype=np.float64), np.asarray(targets, dtype=np.float64)
    _check_shape("targets", target.shape, prediction.shape)
    return float(np.sqrt(np.mean((prediction - target) ** 2)))


def pixel_accuracy(probabilities: ArrayLike, labels: ArrayLike) -> float:
    """Fraction of pixels whose most likely class is the label.

    Parameters
    ----------
    probabilities : (n_images, n_classes, height, width)
    labels : (n_images, height, width) integers
    """
    return accuracy(probabilities, labels)


def mean_iou(probabilities: ArrayLike, labels: ArrayLike) -> float:
    """Intersection over union of each class over all images, averaged over classes seen or predicted."""
    p, y = _classified(probabilities, labels)
    n_classes = p.shape[1]
    pairs = y.ravel() * n_classes + p.argmax(axis=1).ravel()
    confusion = np.bincount(pairs, minlength=n_classes**2).reshape(n_classes, n_classes)
    hits = np.diag(confusion)
    union = confusion.sum(axis=0) + confusion.sum(axis=1) - hits
    return float(np.mean(hits[union > 0] / union[union > 0]))


def score(task: str, outputs: ArrayLike, labels: ArrayLike) -> dict[str, float]:
    """The metrics of a task, under the names they have in ``summary.json``.

    Parameters
    ----------
    task : "classification", "segmentation" or "regression"
    outputs : probabilities (n_images, n_classes), or with (height, width) behind; values (n_images, ...)
    labels : (n_images,), (n_images, height, width) or the targets
    """
    if task == "classification":
        n = len(np.asarray(labels))
        fraction = accuracy(outputs, labels)
        low, high = wilson_interval(round(fraction * n), n)
        return {
            "accuracy": fraction,
            "accuracy_low": low,
            "accuracy_high": high,
            "nll": nll(outputs, labels),
            "ece": ece(outputs, labels),
            "brier_score": brier_score(outputs, labels),
            "predictive_entropy_nats": float(np.mean(predictive_entropy_nats(outputs))),
        }
    if task == "segmentation":
        return {
            "pixel_accuracy": pixel_accuracy(outputs, labels),
            "mean_iou": mean_iou(outputs, labels),
            "predictive_entropy_nats": float(np.mean(predictive_entropy_nats(outputs))),
        }
    return {"rmse": rmse(outputs, labels)}


def _classified(probabilities: ArrayLike, labels: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Both as arrays, when each distribution over the classes (axis 1) has a label."""
    p, y = np.asarray(probabilities, dtype=np.float64), np.asarray(labels)
    _check_shape("labels", y.shape, p.shape[:1] + p.shape[2:])
    if not np.issubdtype(y.dtype, np.integer) or (y.size and not 0 <= y.min() <= y.max() < p.shape[1]):
        raise ValueError(f"labels must be integers from 0 to {p.shape[1] - 1}")
    return p, y.astype(np.int64)


def _check_shape(name: str, found: tuple[int, ...], wanted: tuple[int, ...]) -> None:
    if found != wanted:
        raise ValueError(f"{name} must have the shape {wanted} (got {found})")
