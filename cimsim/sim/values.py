"""The values pass: what the network answers, averaged over masks, and what the arrays did for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from cimsim.bayes.passes import Passes
from cimsim.circuits.bit_source import IDEAL, BitSource
from cimsim.mapping.program import Fold
from cimsim.metrics import predictive_entropy_nats
from cimsim.sim.analog_layer import ArrayChip
from cimsim.sim.chunk import Chunk, check_finite
from cimsim.sim.footprint import bytes_per_image
from cimsim.sim.masks import draw, enumerate_masks
from cimsim.sim.network import Network
from cimsim.sim.result import Activity
from cimsim.sim.rows import RowTable
from cimsim.sim.sum_errors import SumError
from cimsim.workload.graph import WorkloadGraph

__all__ = ["PASSES_BYTES", "Values", "run_values"]

PASSES_BYTES = 256_000_000
"""Answers of single passes are kept below this size."""

_CHUNK_BYTES = 64_000_000
_LARGEST_CHUNK = 500


@dataclass(frozen=True, eq=False)
class Values:
    """What a network answers.

    Attributes
    ----------
    probabilities : (n_images, n_classes), averaged over masks; the mean output for a regression,
        (n_images, n_classes, rows, columns) for a segmentation
    expected_entropy_nats : (n_images,) mean entropy of the single passes; what the predictive entropy has
        beyond it is the mutual information of answer and mask. A segmentation's is the mean over positions,
        a regression has none (0)
    low_confidence : (n_images,) of a classification, as `cimsim.bayes.passes.Passes.low_confidence`; else 0
    passes : the answers of single passes, of a classification whose passes fit in `PASSES_BYTES`, else None
    masks : uint8 (n_images, n_passes, n_nodes), columns as in `cimsim.mapping.states.scalar_nodes`
    weights : (n_passes,) share of each pass in the averages, sum 1
    activities : by MAC node; `exact` plays every mask once in each image
    sum_errors : by MAC node, of sums made on arrays with errors
    """

    probabilities: NDArray[np.float64]
    expected_entropy_nats: NDArray[np.float64]
    low_confidence: NDArray[np.float64]
    passes: Passes | None
    masks: NDArray[np.uint8]
    weights: NDArray[np.float64]
    activities: Mapping[str, Activity]
    sum_errors: Mapping[str, SumError]

    @property
    def n_passes(self) -> int:
        return int(self.masks.shape[1])

    @property
    def mutual_information_nats(self) -> NDArray[np.float64]:
        """(n_images,) of answer and masks; of a segmentation the mean over positions; not of a regression."""
        entropies = predictive_entropy_nats(self.probabilities)
        of_images = entropies.reshape(len(entropies), -1).mean(axis=1)
        information: NDArray[np.float64] = np.maximum(of_images - self.expected_entropy_nats, 0.0)
        return information


def run_values(
    graph: WorkloadGraph,
    folds: Mapping[str, Fold],
    x: NDArray[np.integer[Any]],
    *,
    n_mc_samples: int | Literal["exact"],
    seed: int = 0,
    source: BitSource = IDEAL,
    arrays: ArrayChip | None = None,
    progress: Callable[[int, int], None] | None = None,
    chunk_images: int | None = None,
) -> Values:
    """Run images through the network: its sums exact integers on packed bits, or as a chip's arrays tell.

    Parameters
    ----------
    folds : from `cimsim.mapping.folding.fold`; MAC nodes without one give sums to real nodes
    x : (n_images, *input shape) in the input's encoding
    n_mc_samples : passes drawn for every image, or "exact": all masks with their probabilities
    source : of the random bits: how they hang together; the graph has its probabilities already
    arrays : errors of the arrays; None is fidelity `ideal`
    progress : called with (images done, images in all)
    chunk_images : images at a time; by default what fits in some tens of megabytes. Changes no result

    Raises
    ------
    WorkloadError : "exact" for a network whose masks cannot be enumerated, or values beyond float64
    """
    n_images = len(x)
    masks, weights = _masks(graph, n_images, n_mc_samples, seed, source)
    network = Network(graph, folds, seed, source, arrays)
    step = chunk_images or _chunk(bytes_per_image(graph, folds, len(weights)))
    answers, kept = [], _Kept(graph, weights)
    for start in range(0, n_images, step):
        here = slice(start, min(start + step, n_images))
        with np.errstate(over="ignore", invalid="ignore"):
            outputs, table = Chunk(network, x[here], masks[here], start).run()
            rows = outputs if graph.task == "regression" else _softmax(outputs)
            answers.append(_average(graph.task, rows, table, weights))
        check_finite(graph, graph.output, *answers[-1])
        kept.add(rows, table)
        if progress is not None:
            progress(here.stop, n_images)
    probabilities, entropies, low = (np.concatenate(column) for column in zip(*answers, strict=True))
    return Values(
        probabilities, entropies, low, kept.passes(), masks, weights, network.activity.result(),
        network.sum_errors.result(),
    )  # fmt: skip


def _masks(
    graph: WorkloadGraph, n_images: int, n_mc_samples: int | Literal["exact"], seed: int, source: BitSource
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Scalar masks of every image and pass, and the weight of each pass."""
    if n_mc_samples == "exact":
        combinations, weights = enumerate_masks(graph)
        return np.broadcast_to(combinations, (n_images, *combinations.shape)), weights
    masks = draw(graph, n_images, n_mc_samples, seed, source)
    return masks, np.full(n_mc_samples, 1.0 / n_mc_samples)


def _chunk(bytes_per_image: int) -> int:
    return int(np.clip(_CHUNK_BYTES // max(bytes_per_image, 1), 1, _LARGEST_CHUNK))


class _Kept:
    """Distinct answers of single passes, chunk by chunk, until there are too many."""

    def __init__(self, graph: WorkloadGraph, weights: NDArray[np.float64]) -> None:
        self._weights, self._parts = weights, list[tuple[NDArray[np.float64], NDArray[np.int64]]]()
        self._n_rows, self._bytes = 0, 0 if graph.task == "classification" else PASSES_BYTES

    def add(self, rows: NDArray[np.float64], table: RowTable) -> None:
        self._bytes += rows.nbytes + table.row_of.nbytes
        if self._bytes >= PASSES_BYTES:
            self._parts = []
            return
        self._parts.append((rows, table.row_of + self._n_rows))
        self._n_rows += len(rows)

    def passes(self) -> Passes | None:
        if self._bytes >= PASSES_BYTES:
            return None
        rows, row_of = (np.concatenate(column) for column in zip(*self._parts, strict=True))
        return Passes(rows, row_of, self._weights)


def _softmax(outputs: NDArray[np.float64]) -> NDArray[np.float64]:
    exponentials = np.exp(outputs - outputs.max(axis=1, keepdims=True))
    probabilities: NDArray[np.float64] = exponentials / exponentials.sum(axis=1, keepdims=True)
    return probabilities


def _average(
    task: str, rows: NDArray[np.float64], table: RowTable, weights: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Mean answer, mean entropy and low confidence per image; rows count as the passes that use them."""
    n_images = len(table.row_of)
    nothing = np.zeros(n_images)
    uses = np.tile(weights, n_images)
    row_weights = np.bincount(table.row_of.ravel(), uses, table.n_rows).astype(np.float64)
    if task == "regression":
        return _weighted_mean(rows, table, row_weights), nothing, nothing
    entropies = predictive_entropy_nats(rows).reshape(len(rows), -1)
    mean_entropies = _weighted_mean(entropies.mean(axis=1), table, row_weights)
    passes = Passes(rows, table.row_of, weights)
    low_confidence = passes.low_confidence() if task == "classification" else nothing
    return _weighted_mean(rows, table, row_weights), mean_entropies, low_confidence


def _weighted_mean(
    values: NDArray[np.float64], table: RowTable, weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Sum of weight*value over the rows of an image, as the first row plus weighted differences from it.

    Equal rows therefore average to themselves, bit for bit.
    """
    first = values[table.row_of[:, 0]]
    differences = (values - first[table.image]) * weights.reshape(-1, *[1] * (values.ndim - 1))
    starts = np.searchsorted(table.image, np.arange(len(first)))
    mean: NDArray[np.float64] = first + np.add.reduceat(differences, starts, axis=0)
    return mean
