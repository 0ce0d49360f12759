"""Selective prediction: how often the answers that one keeps are wrong."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["area_under_risk", "risk_coverage"]

Array = NDArray[np.float64]


def risk_coverage(is_wrong: ArrayLike, uncertainty: ArrayLike) -> tuple[Array, Array]:
    """Coverage and risk as answers are accepted from the most certain on.

    Answers of equal uncertainty are accepted together.

    Parameters
    ----------
    is_wrong, uncertainty : (n_images,)

    Returns
    -------
    coverage : (n_levels,) share of the images that are answered, rising to 1
    risk : (n_levels,) share of those that is wrong; the last one is the error of all

    References
    ----------
    Y. Geifman and R. El-Yaniv, "Selective Classification for Deep Neural Networks", NIPS 2017
    """
    scores = np.asarray(uncertainty, np.float64)
    order = np.argsort(scores, kind="stable")
    wrong, ranked = np.cumsum(np.asarray(is_wrong, np.float64)[order]), scores[order]
    is_last = np.append(ranked[1:] != ranked[:-1], True)
    answered = np.flatnonzero(is_last) + 1
    return answered / len(scores), wrong[is_last] / answered


def area_under_risk(coverage: Array, risk: Array) -> float:
    """Mean risk over coverage from 0 to 1: each level holds from the one before it on."""
    widths = np.diff(coverage, prepend=0.0)
    return float(np.sum(widths * risk))
