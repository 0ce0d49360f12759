"""A device and its dropout unit, as pictures to choose an operating point from."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cimsim.reporting.figures.canvas import GREY, PALETTE, new_figure, plain_log
from cimsim.reporting.quantities import quantity

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "draw_calibration",
    "draw_drift",
    "draw_switching",
    "draw_unit",
    "draw_unit_energy",
    "draw_write_error",
]

_CAUSES = {
    "level_error": ("error of the set level (%)", 100.0),
    "temperature_k": ("temperature (K)", 1.0),
    "age_s": ("hours of use", 1.0 / 3600.0),
}


def draw_switching(table: pd.DataFrame, title: str) -> Figure:
    """P_sw against amplitude, a curve for each pulse width; the current on top."""
    figure = new_figure(3.8)
    axes = figure.subplots()
    for color, width_s in zip(PALETTE, table["width_s"].unique(), strict=False):
        rows = table[table["width_s"] == width_s]
        axes.plot(rows["amplitude_v"], rows["p"], color=color, label=quantity(float(width_s), "s"))
    axes.set(xlabel="amplitude of the set pulse (V)", ylabel="switching probability at 300 K", ylim=(0, 1))
    axes.grid(visible=True)
    axes.legend(title="pulse width", loc="lower right")
    # Track and parallel state are plain resistances: one scale serves volts and amperes.
    scale = 1e6 * float((table["current_a"] / table["amplitude_v"]).mean())
    top = axes.secondary_xaxis(
        "top", functions=(partial(np.multiply, scale), partial(np.multiply, 1 / scale))
    )
    top.set_xlabel("current before the flip (µA)")
    figure.suptitle(title, x=0.01, ha="left", fontsize=10.5, fontweight="bold")
    return figure


def draw_write_error(table: pd.DataFrame, title: str, known_error: float) -> Figure:
    """Write error against pulse width on a logarithmic scale, down to 1e-12."""
    figure = new_figure(3.8)
    axes = figure.subplots()
    for color, (amplitude_v, rows) in zip(PALETTE, table.groupby("amplitude_v"), strict=False):
        axes.plot(1e9 * rows["width_s"], rows["log10_error"], color=color, label=f"{amplitude_v:.3g} V")
    axes.set(
        xlabel="pulse width (ns)", ylabel="write error rate, power of ten", ylim=(-12.5, 0.3), xscale="log"
    )
    plain_log(axes.xaxis)
    if known_error > 1e-12:
        axes.axhspan(-12.5, np.log10(known_error), color="#eeeeee", zorder=0)
        axes.text(
            0.99, 0.03, "grey: beyond what was measured", transform=axes.transAxes, ha="right", color=GREY,
            fontsize=8,
        )  # fmt: skip
    axes.grid(visible=True)
    axes.legend(title="to parallel, amplitude", loc="upper right")
    axes.set_title(title)
    return figure


def draw_unit(table: pd.DataFrame, title: str) -> Figure:
    """p against code: nominal, its band over chips before trimming, and its shift with temperature."""
    figure = new_figure(3.8)
    axes = figure.subplots()
    code = table["code"]
    axes.fill_between(
        code, table["p_low"], table["p_high"], color=PALETTE[3], alpha=0.35, linewidth=0,
        label="untrimmed chips, 5 to 95 %",
    )  # fmt: skip
    axes.plot(code, table["p_hot"], color=PALETTE[1], label="400 K")
    axes.plot(code, table["p"], color=PALETTE[0], marker=".", markersize=4, label="300 K, nominal")
    axes.plot(code, table["p_cold"], color=PALETTE[2], label="250 K")
    axes.set(xlabel="code of the set level", ylabel="share of ones", ylim=(0, 1))
    axes.grid(visible=True)
    axes.legend(loc="upper left")
    axes.set_title(title)
    return figure


def draw_unit_energy(table: pd.DataFrame, title: str) -> Figure:
    """Energy of a bit against p."""
    figure = new_figure(3.2, width=5.4)
    axes = figure.subplots()
    axes.plot(table["p"], 1e12 * table["energy_j"], color=PALETTE[0], marker=".")
    axes.set(xlabel="p", ylabel="energy of a bit (pJ)", xlim=(0, 1))
    axes.set_ylim(bottom=0)
    axes.grid(visible=True)
    axes.set_title(title)
    return figure


def draw_calibration(table: pd.DataFrame, title: str) -> Figure:
    """Error of p over chips against the bits counted at each step; the level step is what is left."""
    figure = new_figure(3.6, width=5.8)
    axes = figure.subplots()
    for color, (p, rows) in zip(PALETTE, table.groupby("p"), strict=False):
        counted = rows[rows["bits_counted"] > 0]
        axes.plot(counted["bits_counted"], counted["error_rms"], color=color, marker="o", label=f"p = {p:g}")
        untrimmed = float(rows.loc[rows["bits_counted"] == 0, "error_rms"].iloc[0])
        axes.axhline(untrimmed, color=color, linewidth=1.0, linestyle=(0, (4, 3)))
    axes.set(xscale="log", yscale="log", xlabel="bits counted at each step of the trimming loop")
    axes.set_ylabel("error of p, root mean square")
    for axis in (axes.xaxis, axes.yaxis):
        plain_log(axis)
    axes.grid(visible=True)
    axes.legend(loc="best", title="dashed: untrimmed")
    axes.set_title(title)
    return figure


def draw_drift(table: pd.DataFrame, title: str) -> Figure:
    """p as level, temperature and age move away from where it was trimmed; dashed where trimmed again."""
    causes = [cause for cause in _CAUSES if (table["cause"] == cause).any()]
    figure = new_figure(3.6, width=3.4 * len(causes))
    panels = figure.subplots(1, len(causes), sharey=True, squeeze=False)[0]
    for axes, cause in zip(panels, causes, strict=True):
        _draw_cause(axes, table[table["cause"] == cause], *_CAUSES[cause])
    panels[0].set_ylabel("share of ones, mean and 5 to 95 % of chips")
    panels[0].legend(loc="upper left", fontsize=7.5, title="asked for; dashed: trimmed again")
    panels[-1].set_xscale("log")
    plain_log(panels[-1].xaxis, "{:,.0f}".format)
    figure.suptitle(title, x=0.01, ha="left", fontsize=10.5, fontweight="bold")
    return figure


def _draw_cause(axes: Axes, table: pd.DataFrame, label: str, scale: float) -> None:
    for color, (p, rows) in zip(PALETTE, table.groupby("p"), strict=False):
        before, again = (rows[rows["trimmed"] == word] for word in ("before", "again"))
        axes.fill_between(
            scale * before["value"], before["p_low"], before["p_high"], color=color, alpha=0.2, linewidth=0
        )
        axes.plot(scale * before["value"], before["p_mean"], color=color, label=f"{p:g}")
        axes.plot(scale * again["value"], again["p_mean"], color=color, linestyle=(0, (4, 3)), linewidth=1.0)
    axes.set(xlabel=label, ylim=(0, 1))
    axes.grid(visible=True)
