"""What a finite number of passes costs in certainty: error bars, and figures against the number of passes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from cimsim import metrics
from cimsim.bayes.detection import auroc
from cimsim.bayes.passes import Passes

__all__ = [
    "EXACT_UP_TO",
    "METRICS",
    "MOST_RESAMPLED",
    "N_RESAMPLES",
    "auroc_error",
    "convergence",
    "resampled_entropies",
]

N_RESAMPLES = 20
"""Times that passes are drawn again; a standard error is then known to a sixth of itself."""

EXACT_UP_TO = 100
"""Passes that are drawn from the masks of an exact run at most."""

MOST_RESAMPLED = 4_000_000
"""Passes of all images that are drawn again at most."""

Array = NDArray[np.float64]
Labels = NDArray[np.int64]

METRICS: Mapping[str, Callable[[Array, Labels], float]] = {
    "accuracy": metrics.accuracy,
    "nll": metrics.nll,
    "ece": metrics.ece,
}


def resampled_entropies(passes: Passes, seed: int, *keys: int) -> Array:
    """(N_RESAMPLES, n_images) predictive entropies in nats, all passes drawn again as for `convergence`."""
    draws = (passes.resampled(passes.n_passes, seed, k, *keys) for k in range(N_RESAMPLES))
    return np.stack([metrics.predictive_entropy_nats(p) for p in draws])


def auroc_error(inside: Array, outside: Array) -> float:
    """Standard error of the AUROC of entropies (N_RESAMPLES, n_images), draw by draw."""
    return _deviation([auroc(*pair) for pair in zip(inside, outside, strict=True)])


def convergence(passes: Passes, labels: Labels, most: int, seed: int) -> dict[str, list[float]]:
    """Columns ``n_mc_samples`` and, for each metric, its mean and deviation over draws of so many passes.

    The passes of each image are drawn again, with their weights, from those it has: 1, 2, 5 ... and ``most``
    of them. The deviation at as many as the run has is the standard error of its metrics: the spread that
    another seed of the masks would bring, not that of another set of images (bootstrap over passes:
    B. Efron, Annals of Statistics 7 (1979) 1).
    """
    table: dict[str, list[float]] = {"n_mc_samples": []}
    for n in _steps(most):
        means = [passes.resampled(n, seed, k) for k in range(N_RESAMPLES)]
        table["n_mc_samples"].append(n)
        for name, metric in METRICS.items():
            values = [metric(p, labels) for p in means]
            table.setdefault(name, []).append(float(np.mean(values)))
            table.setdefault(f"{name}_deviation", []).append(_deviation(values))
    return table


def _steps(most: int) -> list[int]:
    """1, 2, 5, 10, 20, 50 ... and the largest."""
    steps = [m * 10**e for e in range(6) for m in (1, 2, 5) if m * 10**e < most]
    return [*steps, most]


def _deviation(values: list[float]) -> float:
    # From the first value, so that equal ones have none.
    return float(np.std(np.asarray(values) - values[0], ddof=1))
