"""Whether the probabilities mean what they say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cimsim.metrics import ReliabilityBins, reliability_bins, wilson_interval
from cimsim.reporting.figures.canvas import GREY, PALETTE, new_figure
from cimsim.reporting.quantities import count, number, percent
from cimsim.sim.result import RunResult

__all__ = ["draw_reliability"]


def draw_reliability(result: RunResult) -> Figure:
    """Accuracy against confidence with Wilson 95 % intervals, over the number of images in each bin."""
    predictions, summary = result.predictions, result.summary
    bins = reliability_bins(predictions.probabilities, predictions.labels)
    figure = new_figure(4.9, width=5.4)
    upper, lower = figure.subplots(2, 1, height_ratios=(3.2, 1.0), sharex=True)
    _draw_calibration(upper, bins)
    nll = number(summary.get("nll"), ".4f")
    upper.set_title(f"Reliability: ECE {percent(summary.get('ece'))}, NLL {nll} nats")
    if result.uncertainty is not None and not np.array_equal(
        result.uncertainty.baseline, predictions.probabilities
    ):
        _draw_single(upper, reliability_bins(result.uncertainty.baseline, predictions.labels), summary)
    upper.legend(loc="lower right", fontsize=7.5)
    _draw_counts(lower, bins)
    return figure


def _draw_calibration(axes: Axes, bins: ReliabilityBins) -> None:
    full = bins.count > 0
    x, y = bins.confidence[full], bins.accuracy[full]
    hits = np.rint(y * bins.count[full]).astype(int)
    bounds = np.array([wilson_interval(int(k), int(n)) for k, n in zip(hits, bins.count[full], strict=True)])
    axes.plot(
        [0, 1], [0, 1], color="#999999", linewidth=1.0, linestyle=(0, (4, 3)), label="perfectly calibrated"
    )
    axes.vlines(x, y, x, color=PALETTE[1], linewidth=5, alpha=0.25, label="gap")
    errors = np.clip(np.abs(bounds.T - y), 0.0, None)
    axes.errorbar(
        x,
        y,
        yerr=errors,
        fmt="o",
        markersize=4.5,
        color=PALETTE[0],
        elinewidth=1.0,
        capsize=2,
        label="accuracy, 95 %",
    )
    axes.set(xlim=(0, 1.02), ylim=(0, 1.04), ylabel="accuracy (fraction)")
    axes.grid(True)


def _draw_single(axes: Axes, bins: ReliabilityBins, summary: Mapping[str, Any]) -> None:
    """What a single pass with nothing dropped does."""
    full, ece = bins.count > 0, percent(summary.get("baseline_ece"))
    axes.plot(
        bins.confidence[full],
        bins.accuracy[full],
        "D",
        markersize=4,
        markerfacecolor="none",
        color=GREY,
        label=f"single pass: ECE {ece}",
    )


def _draw_counts(axes: Axes, bins: ReliabilityBins) -> None:
    width = float(bins.edges[1])
    centres = (bins.edges[:-1] + bins.edges[1:]) / 2
    axes.bar(centres, bins.count, width=0.9 * width, color="#b5c9d8")
    axes.set_yscale("log")
    decades = 10 ** np.arange(len(str(bins.count.max())))
    axes.set_yticks(decades, [count(float(n)) for n in decades])
    axes.minorticks_off()
    axes.set_ylim(0.6, 8.0 * max(1, int(bins.count.max())))
    for x, n in zip(centres, bins.count, strict=True):
        if n:
            axes.text(x, 1.15 * n, count(n), ha="center", va="bottom", fontsize=7, color=GREY)
    axes.set_xlabel("confidence (probability of the predicted class)")
    axes.set_ylabel("images")
