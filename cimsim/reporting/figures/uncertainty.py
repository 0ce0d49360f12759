"""Whom to trust: images from outside, images that change, answers withheld, passes added."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from cimsim.bayes.ood import SHIFTS
from cimsim.bayes.selective import area_under_risk, risk_coverage
from cimsim.metrics import predictive_entropy_nats
from cimsim.reporting.figures.canvas import GREY, PALETTE, new_figure, plain_log, short
from cimsim.reporting.quantities import percent
from cimsim.sim.result import RunResult

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["draw_convergence", "draw_ood", "draw_risk_coverage", "draw_shifts"]

_PASSES, _SINGLE = PALETTE[0], PALETTE[1]
_N_BINS = 40
_N_TICKS = 8


def draw_ood(result: RunResult) -> Figure:
    """Predictive entropy inside and outside, a panel for each set, with what it detects."""
    found = result.uncertainty
    assert found is not None
    inside = result.predictions.predictive_entropy_nats
    table = found.ood[found.ood["score"] == "predictive_entropy_nats"].set_index("ood")
    edges = np.linspace(0.0, np.log(result.predictions.probabilities.shape[1]), _N_BINS + 1)
    figure = new_figure(0.9 + 1.5 * len(found.entropies))
    panels = figure.subplots(len(found.entropies), 1, sharex=True, squeeze=False)[:, 0]
    for axes, (name, (outside, outside_alone)) in zip(panels, found.entropies.items(), strict=True):
        row = table.loc[name]
        for values, label, look in (
            (inside, "test images", {"color": _PASSES, "alpha": 0.6}),
            (outside, "outside", {"color": PALETTE[4], "alpha": 0.6}),
            (outside_alone, "outside, single pass", {"color": _SINGLE, "histtype": "step"}),
        ):
            axes.hist(values, edges, weights=np.full(len(values), 1.0 / len(values)), label=label, **look)
        axes.axvline(row["threshold"], color=GREY, linewidth=1.0, linestyle=(0, (4, 3)))
        axes.set_yscale("log")
        plain_log(axes.yaxis)
        flagged, alone = (percent(row[key], 1) for key in ("detection_rate", "baseline_detection_rate"))
        title = f"AUROC {row['auroc']:.4f}, {flagged} flagged"
        single = f"single pass {row['baseline_auroc']:.4f}, {alone}"
        axes.set_title(f"{short(name)}: {title} ({single})", fontsize=8.5)
        axes.set_ylabel("share of images", fontsize=8)
    panels[0].legend(loc="upper right")
    panels[-1].set_xlabel("predictive entropy (nats); dashed: 95 % of the test images lie to the left")
    return figure


def draw_shifts(result: RunResult) -> Figure:
    """Scores as the test images change: a row of panels for each shift."""
    found = result.uncertainty
    assert found is not None
    kinds = list(dict.fromkeys(found.shifts["shift"]))
    figure = new_figure(0.8 + 2.3 * len(kinds), width=11.0)
    grid = figure.subplots(len(kinds), len(_CURVES), squeeze=False)
    for panels, kind in zip(grid, kinds, strict=True):
        rows = found.shifts[found.shifts["shift"] == kind]
        for axes, (key, label) in zip(panels, _CURVES.items(), strict=True):
            axes.plot(rows["level"], rows[f"baseline_{key}"], color=_SINGLE, marker=".", label="single pass")
            axes.plot(rows["level"], rows[key], color=_PASSES, marker=".", label="all passes")
            axes.set_title(label, fontsize=9)
            axes.set_xlabel(f"{kind} ({SHIFTS[kind].unit})", fontsize=8)
            axes.grid(visible=True)
    figure.legend(*grid[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure


_CURVES = {
    "accuracy": "accuracy (fraction)",
    "nll": "NLL (nats)",
    "ece": "ECE (fraction)",
    "predictive_entropy_nats": "mean entropy (nats)",
    "mutual_information_nats": "mutual information (nats)",
}


def draw_risk_coverage(result: RunResult) -> Figure:
    """Errors among the answers that are kept, the most certain first."""
    found, predictions = result.uncertainty, result.predictions
    assert found is not None
    figure = new_figure(3.6, width=5.4)
    axes = figure.subplots()
    first_errors = [
        _draw_risk(axes, p, predictions.labels, color, name)
        for p, color, name in (
            (found.baseline, _SINGLE, "single pass"),
            (predictions.probabilities, _PASSES, "all passes"),
        )
    ]
    start = max(0.0, np.floor(10 * min(first_errors) - 1) / 10)
    axes.set(xlabel="share of images that are answered", ylabel="share of them that is wrong")
    axes.set_xlim(start, 1 + 0.01 * (1 - start))
    axes.set_ylim(bottom=0)
    axes.grid(visible=True)
    axes.legend(loc="upper left")
    axes.set_title("Selective prediction, by predictive entropy")
    return figure


def draw_convergence(result: RunResult) -> Figure:
    """Scores against the number of passes, with the deviation that the draw of masks leaves."""
    found, summary = result.uncertainty, result.summary
    assert found is not None
    figure = new_figure(2.9, width=8.4)
    panels = figure.subplots(1, 3)
    for axes, (key, label) in zip(panels, list(_CURVES.items())[:3], strict=True):
        _draw_band(axes, found.convergence, key)
        axes.axhline(summary[f"baseline_{key}"], color=_SINGLE, linewidth=1.2, label="nothing dropped")
        if summary["mc_schedule"] == "enumerate":
            axes.axhline(summary[key], color="black", linewidth=1.0, linestyle=":", label="every mask")
        axes.set_xscale("log")
        plain_log(axes.xaxis)
        axes.set_xticks(_spaced(found.convergence["n_mc_samples"].tolist()))
        axes.minorticks_off()
        axes.set_title(label, fontsize=9)
        axes.set_xlabel("passes", fontsize=8)
        axes.grid(visible=True)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3)
    return figure


def _spaced(counts: list[int]) -> list[int]:
    """Numbers of passes that leave room for their labels: all where few, else powers of ten, and the last."""
    shown = counts if len(counts) <= _N_TICKS else counts[::3]
    return [*(n for n in shown if 1.5 * n <= counts[-1]), counts[-1]]


def _draw_band(axes: Axes, curve: pd.DataFrame, key: str) -> None:
    n, mean = curve["n_mc_samples"].to_numpy(), curve[key].to_numpy()
    deviation = curve[f"{key}_deviation"].to_numpy()
    axes.fill_between(n, mean - deviation, mean + deviation, color=_PASSES, alpha=0.25, linewidth=0)
    axes.plot(n, mean, color=_PASSES, marker=".", label="mean and deviation over draws")


def _draw_risk(axes: Axes, p: NDArray[np.float64], labels: NDArray[np.int64], color: str, name: str) -> float:
    """Returns the coverage up to which all answers are right."""
    coverage, risk = risk_coverage(p.argmax(axis=1) != labels, predictive_entropy_nats(p))
    area = area_under_risk(coverage, risk)
    axes.plot(coverage, risk, color=color, linewidth=1.4, label=f"{name}, area {area:.5f}")
    return float(coverage[np.argmax(risk > 0)]) if risk.any() else 0.0
