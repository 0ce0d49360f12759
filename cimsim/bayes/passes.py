"""Class probabilities of single passes, each distinct one once, and what follows from taking others."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from cimsim import rng

__all__ = ["PERCENTILE", "Passes"]

PERCENTILE = 0.1
"""Share of the passes that may lie below the confidence that the SpinDrop family takes."""

Array = NDArray[np.float64]
_SLACK = 1e-9  # cumulated weights of a share that is met exactly fall short of it by rounding


@dataclass(frozen=True, eq=False)
class Passes:
    """Answers of all passes of all images.

    Attributes
    ----------
    probabilities : (n_rows, n_classes), rows of an image together and in order of the images
    row_of : (n_images, n_passes), the row of each pass
    weights : (n_passes,), share of each pass in the averages, sum 1
    """

    probabilities: Array
    row_of: NDArray[np.int64]
    weights: Array

    @property
    def n_passes(self) -> int:
        return int(self.row_of.shape[1])

    @cached_property
    def image(self) -> NDArray[np.int64]:
        """(n_rows,) the image of each row."""
        image = np.empty(len(self.probabilities), np.int64)
        image[self.row_of.ravel()] = np.repeat(np.arange(len(self.row_of)), self.n_passes)
        return image

    @cached_property
    def starts(self) -> NDArray[np.int64]:
        """(n_images,) the first row of each image."""
        return np.searchsorted(self.image, np.arange(len(self.row_of)))

    def mean(self, picks: NDArray[np.integer] | None = None) -> Array:
        """(n_images, n_classes): over all passes, or over the passes ``picks`` (n_images, n), equally."""
        if picks is None:
            weights = self._row_weights(self.row_of, self.weights)
        else:
            chosen = np.take_along_axis(self.row_of, picks, axis=1)
            weights = self._row_weights(chosen, np.full(chosen.shape[1], 1.0 / chosen.shape[1]))
        # As differences from an image's first row, so that equal passes average to themselves.
        first = self.probabilities[self.starts]
        differences = (self.probabilities - first[self.image]) * weights[:, None]
        mean: Array = first + np.add.reduceat(differences, self.starts, axis=0)
        return mean

    def resampled(self, n: int, seed: int, *keys: int) -> Array:
        """(n_images, n_classes): the mean over ``n`` passes drawn with their weights, image by image."""
        generator = rng.stream(seed, "resampled passes", **{f"key{k}": key for k, key in enumerate(keys)})
        edges = np.cumsum(self.weights)[:-1]
        return self.mean(np.searchsorted(edges, generator.random((len(self.row_of), n)), side="right"))

    def low_confidence(self) -> Array:
        """(n_images,): largest over classes of the 10th percentile over passes of their probability.

        The percentile is the smallest value that passes of a total weight of `PERCENTILE` do not exceed. An
        image below 0.95 is out of distribution by the rule of the SpinDrop family.
        """
        weights = self._row_weights(self.row_of, self.weights)
        best = np.zeros(len(self.row_of))
        for column in self.probabilities.T:
            order = np.lexsort((column, self.image))
            total = np.cumsum(weights[order])
            before = np.concatenate([[0.0], total])[self.starts]
            is_reached = total - before[self.image] >= PERCENTILE - _SLACK
            rank = np.where(is_reached, np.arange(len(order)), len(order))
            best = np.maximum(best, column[order][np.minimum.reduceat(rank, self.starts)])
        return best

    def _row_weights(self, rows: NDArray[np.int64], weights: Array) -> Array:
        """(n_rows,) total weight of the passes at each row."""
        tiled = np.broadcast_to(weights, rows.shape).ravel()
        return np.bincount(rows.ravel(), tiled, len(self.probabilities)).astype(np.float64)
