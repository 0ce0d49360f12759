"""What a run hands to reporting: one immutable RunResult."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

    from cimsim.mapping.program import Program

__all__ = ["Activity", "Predictions", "RunResult", "Timeline", "Uncertainty"]


@dataclass(frozen=True, eq=False)
class Activity:
    """What the values pass counted at one MAC node, totals over all images.

    Attributes
    ----------
    matches : cells that conduct in the parallel state, over all passes as `sequential` plays them
    cell_reads : all driven cells, likewise
    rows_driven : word lines driven over all MVMs, planes and passes, likewise (once, not per column tile)
    matches_distinct, cell_reads_distinct, rows_driven_distinct : the same over distinct mask prefixes only
    distinct : (n_images,) int32, distinct mask prefixes of the node's sums in this image's passes

    The passes of an exact run are those of `enumerate`: every mask played once.
    """

    layer: str
    matches: float
    cell_reads: float
    rows_driven: float
    matches_distinct: float
    cell_reads_distinct: float
    rows_driven_distinct: float
    distinct: NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Predictions:
    """Averaged outputs.

    ``probabilities`` (n_images, n_classes) for classification, else the mean output;
    ``mutual_information_nats`` (n_images,) of answer and masks, what the entropy of the mean has beyond the
    mean entropy of the passes (of a segmentation, mean over positions; of a regression 0); ``masks`` uint8
    (n_images, n_mc_samples, n_stochastic_nodes), the state drawn at each node with a scalar mask; ``weights``
    (n_mc_samples,), what each pass counts in the average: the probability of its masks where all are played.
    """

    probabilities: NDArray[np.float64]
    predictive_entropy_nats: NDArray[np.float64]
    mutual_information_nats: NDArray[np.float64]
    labels: NDArray[np.int64]
    masks: NDArray[np.uint8]
    weights: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Uncertainty:
    """How sure a classification is, each figure beside that of a single pass with nothing dropped.

    Attributes
    ----------
    baseline : (n_images, n_classes) probabilities of that single pass
    ood : a row for each set outside the training data and each score; see docs/uncertainty.md
    shifts : a row for each level of each shift
    convergence : scores against the number of passes, with their deviation; empty without passes to compare
    entropies : by set outside the training data, predictive entropies with all passes and with one, in nats
    """

    baseline: NDArray[np.float64]
    ood: pd.DataFrame
    shifts: pd.DataFrame
    convergence: pd.DataFrame
    entropies: Mapping[str, tuple[NDArray[np.float64], NDArray[np.float64]]]


@dataclass(frozen=True, eq=False)
class Timeline:
    """Service intervals of one image, for the figure and the trace (columns of equal length).

    ``stage`` indexes ``names``; ``resource`` indexes ``resources``; integer femtoseconds.
    """

    names: tuple[str, ...]
    resources: tuple[str, ...]
    stage: NDArray[np.int32]
    resource: NDArray[np.int32]
    start_fs: NDArray[np.int64]
    end_fs: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class RunResult:
    """Everything a run found out. ``summary`` holds the keys of ``summary.json``; headers carry units."""

    summary: Mapping[str, Any]
    layers: pd.DataFrame
    components: pd.DataFrame
    sources: pd.DataFrame
    """What each number out of the world does to the energy."""
    predictions: Predictions
    timeline: Timeline
    manifest: Mapping[str, Any]
    program: Program
    uncertainty: Uncertainty | None = None
    """Of a classification."""
    chips: pd.DataFrame | None = None
    """A row for each chip out of the fabrication spread: p at each node, and scores."""

    def save(self, directory: str | Path, *, trace: bool = False) -> Path:
        """Write the report folder, complete or not at all; returns its path."""
        from cimsim.reporting.files import write_report

        return write_report(self, Path(directory), trace=trace)

    def __str__(self) -> str:
        from cimsim.reporting.console import summary_text

        return summary_text(self)
