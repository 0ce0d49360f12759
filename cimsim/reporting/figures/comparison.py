"""Methods side by side: where the energy goes, and what accuracy and uncertainty it buys."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator

from cimsim.reporting.figures.canvas import COLORS, GREY, PALETTE, name_rows, new_figure, plain_log, scaled
from cimsim.reporting.quantities import quantity

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["draw_against_energy", "draw_energy_stack"]

_MARKERS = "osD^vP*X<>"
_COLORS = (*PALETTE[:7], "#000000")  # the yellow of the palette is too light for points


def draw_energy_stack(table: pd.DataFrame, parts: pd.DataFrame) -> Figure:
    """A bar for each method and way of scheduling its passes, stacked by group; published ones apart.

    Parameters
    ----------
    table : rows of ``compare.csv``, of one random source
    parts : energy in J of each of its simulated rows (index ``row``) by group
    """
    simulated, published = table[table["group"] == "simulated"], table[table["group"] == "literature"]
    plays = list(dict.fromkeys(simulated["play"]))
    heights = [max(1.2, 0.3 * int((simulated["play"] == play).sum())) for play in plays]
    if len(published):
        heights.append(max(1.0, 0.3 * len(published)))
    figure = new_figure(1.3 + 0.75 * len(heights) + sum(heights), width=7.8)
    panels = figure.subplots(len(heights), 1, height_ratios=heights, squeeze=False)[:, 0]
    for axes, play in zip(panels, plays, strict=False):
        rows = simulated[simulated["play"] == play]
        _draw_stack(axes, rows, parts)
        axes.set_title(_TITLES.get(play, play))
    if len(published):
        _draw_published(panels[-1], published)
    present = [group for group in COLORS if group in parts.columns and (parts[group] > 0).any()]
    handles = [panels[0].barh([0], [0], color=COLORS[group], label=group) for group in present]
    figure.legend(
        handles=handles, loc="outside lower center", ncols=len(present), handlelength=1.0, columnspacing=1.2
    )
    return figure


_TITLES = {
    "sequential": "One pass after another",
    "best": "Each method with its best schedule",
    "enumerate": "Every mask once, weighted: no random bit",
}


def draw_against_energy(table: pd.DataFrame, score: str, label: str) -> Figure:
    """A score of each method against its energy: hollow as passes follow each other, full as it plays best.

    Accuracy has its 95 % interval.
    """
    rows = table[(table["group"] == "simulated") & table[score].notna()]
    figure = new_figure(4.2, width=7.8)
    axes = figure.subplots()
    methods = list(dict.fromkeys(rows["label"]))
    for i, method in enumerate(methods):
        own = rows[rows["label"] == method].sort_values("energy_j")
        color, marker = _COLORS[i % len(_COLORS)], _MARKERS[i % len(_MARKERS)]
        axes.plot(own["energy_j"], own[score], color=color, linewidth=0.8, zorder=1)
        for _, row in own.iterrows():
            style: Any = {"color": color, "markersize": 6.5, "zorder": 2}
            style["markerfacecolor"] = "none" if row["play"] == "sequential" else color
            axes.plot(row["energy_j"], row[score], marker, **style)
        if score == "accuracy":
            low, high = own["accuracy"] - own["accuracy_low"], own["accuracy_high"] - own["accuracy"]
            axes.errorbar(
                own["energy_j"], own[score], np.stack([low, high]), fmt="none", ecolor=color, elinewidth=0.8
            )
        axes.plot([], [], marker, color=color, label=method)
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    plain_log(axes.xaxis, partial(quantity, unit="J"))
    axes.set_xlabel("energy per image, all its passes")
    axes.set_ylabel(label)
    axes.grid(visible=True)
    axes.set_title(
        "Hollow: one pass after another. Full: best schedule, or every mask once",
        fontsize=9,
        fontweight="normal",
    )
    figure.legend(loc="outside right upper")
    return figure


def _draw_stack(axes: Axes, rows: pd.DataFrame, parts: pd.DataFrame) -> None:
    totals = rows["energy_j"].to_numpy()
    scale, unit = scaled(float(totals.max()), "J")
    left = np.zeros(len(rows))
    for group, color in COLORS.items():
        if group in parts.columns:
            widths = parts.loc[rows.index, group].to_numpy() / scale
            axes.barh(range(len(rows)), widths, left=left, height=0.72, color=color)
            left += widths
    for y, energy in enumerate(totals):
        axes.text(left[y], y, f" {quantity(float(energy), 'J')}", va="center", fontsize=8, color=GREY)
    name_rows(axes, list(rows["label"]))
    axes.set_xlim(0, 1.15 * float(left.max()))
    axes.set_xlabel(f"energy per image, all its passes ({unit})", fontsize=8, color=GREY)


def _draw_published(axes: Axes, rows: pd.DataFrame) -> None:
    scale, unit = scaled(float(rows["energy_j"].max()), "J")
    values = rows["energy_j"].to_numpy() / scale
    axes.barh(range(len(rows)), values, height=0.6, color="none", edgecolor=GREY, hatch="////", linewidth=0.8)
    for y, (energy, grade) in enumerate(zip(rows["energy_j"], rows["grade"], strict=True)):
        axes.text(values[y], y, f" {quantity(energy, 'J')}, {grade}", va="center", fontsize=8, color=GREY)
    name_rows(axes, list(rows["label"]))
    axes.set_xlim(0, 1.25 * float(values.max()))
    axes.set_xlabel(f"energy per image ({unit})", fontsize=8, color=GREY)
    axes.set_title("Published: other chips, networks and boundaries")
