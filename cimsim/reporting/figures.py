"""The pictures of a run. The only module that imports matplotlib (file backend, no global figures)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from numpy.typing import NDArray

from cimsim.metrics import ReliabilityBins, reliability_bins, wilson_interval
from cimsim.reporting.breakdown import (
    GROUPS,
    busy_fractions,
    energy_by_component,
    energy_by_layer,
    group_of,
    occupancy,
)
from cimsim.reporting.quantities import count, percent, printable, quantity
from cimsim.sim.result import RunResult, Timeline

__all__ = [
    "draw_energy_by_component",
    "draw_energy_by_layer",
    "draw_latency_timeline",
    "draw_reliability",
    "save_figures",
]

_PALETTE = ("#0072B2", "#D55E00", "#009E73", "#56B4E9", "#E69F00", "#999999", "#CC79A7", "#F0E442")
"""Okabe and Ito, "Color Universal Design" (2008): told apart with any color vision."""

_COLORS = dict(zip((*GROUPS, "other"), _PALETTE, strict=False))
_STYLE: Any = {
    "font.size": 9.0, "axes.titlesize": 10.5, "axes.titleweight": "bold", "axes.titlelocation": "left",
    "axes.spines.top": False, "axes.spines.right": False, "axes.edgecolor": "#555555", "axes.axisbelow": True,
    "grid.color": "#e3e3e3", "grid.linewidth": 0.7, "ytick.major.size": 0, "legend.frameon": False,
    "legend.fontsize": 8.5, "text.parse_math": False, "svg.hashsalt": "cimsim", "figure.dpi": 160,
    "svg.fonttype": "path",
}  # fmt: skip
_GREY = "#555555"
_MAX_ROWS = 24
_COLUMNS = 600
"""Time windows across the timeline: fewer than pixels, so that none is lost."""


def save_figures(result: RunResult, directory: Path) -> None:
    """Draw every figure the task has and write each as ``.png`` and ``.svg`` into ``directory``."""
    drawings: dict[str, Callable[[RunResult], Figure]] = {
        "energy_by_component": draw_energy_by_component,
        "energy_by_layer": draw_energy_by_layer,
        "latency_timeline": draw_latency_timeline,
    }
    if result.program.graph.task == "classification":
        drawings["reliability"] = draw_reliability
    directory.mkdir(parents=True, exist_ok=True)
    with mpl.rc_context(_STYLE):
        for name, draw in drawings.items():
            _save(draw(result), directory / name)


def draw_energy_by_component(result: RunResult) -> Figure:
    """The total with its 5 to 95 % range, split by group, above one bar for each component."""
    energies = energy_by_component(result.components)
    figure = _figure(2.1 + 0.26 * len(energies))
    top, bars = figure.subplots(2, 1, height_ratios=(1.0, max(2.0, 0.42 * len(energies))))
    _draw_total(top, energies, result.summary)
    total = sum(energies.values())
    names = list(energies)
    scale, unit = _scaled(max(energies.values(), default=0.0), "J")
    values = [energies[name] / scale for name in names]
    bars.barh(range(len(names)), values, height=0.72, color=[_COLORS[group_of(name)] for name in names])
    for y, name in enumerate(names):
        label = f" {quantity(energies[name], 'J')}   {percent(energies[name] / total, 1)}"
        bars.text(values[y], y, label, va="center", fontsize=8, color=_GREY)
    _name_rows(bars, [name.replace("_", " ") for name in names])
    bars.set_xlim(0, 1.22 * max(values, default=1.0))
    bars.set_xlabel(f"energy per image, all its passes ({unit})")
    return figure


def draw_energy_by_layer(result: RunResult) -> Figure:
    """One bar for each layer in network order, stacked by group."""
    table = energy_by_layer(result.components, result.layers["layer"])
    figure = _figure(1.5 + 0.3 * len(table))
    axes = figure.subplots()
    totals = [sum(groups.values()) for groups in table.values()]
    scale, unit = _scaled(max(totals, default=0.0), "J")
    present = [group for group in _COLORS if any(group in groups for groups in table.values())]
    left = np.zeros(len(table))
    for group in present:
        widths = np.array([groups.get(group, 0.0) for groups in table.values()]) / scale
        axes.barh(range(len(table)), widths, left=left, height=0.72, color=_COLORS[group], label=group)
        left += widths
    for y, energy in enumerate(totals):
        label = f" {quantity(energy, 'J')}   {percent(energy / sum(totals), 1)}"
        axes.text(left[y], y, label, va="center", fontsize=8, color=_GREY)
    _name_rows(axes, list(table))
    axes.set_xlim(0, 1.22 * float(left.max(initial=0.0)) or 1.0)
    axes.set_xlabel(f"energy per image, all its passes ({unit})")
    axes.set_title("Energy by layer")
    figure.legend(loc="outside lower center", ncols=len(present), handlelength=1.0, columnspacing=1.4)
    return figure


def draw_latency_timeline(result: RunResult) -> Figure:
    """Which resource works for which layer and when.

    The whole image; where its passes follow one another, also a closer look at the first of them.
    """
    timeline = result.timeline
    busy = busy_fractions(timeline, result.program.resources)
    rows = _busiest_rows(timeline, busy)
    names = dict.fromkeys(command.layer for command in result.program.commands)
    layers = {name: i for i, name in enumerate(names)}
    colors = _layer_colors(len(layers))
    span_fs = int(timeline.end_fs.max(initial=1))
    n_passes = int(result.summary["n_mc_samples"])
    one_by_one = n_passes > 1 and result.summary["mc_schedule"] in ("sequential", "pipelined")
    spans = [span_fs, -(-span_fs // n_passes)] if one_by_one else [span_fs]
    figure = _figure(1.6 + len(spans) * (0.55 + 0.2 * max(len(rows), 2)))
    for axes, span in zip(np.atleast_1d(figure.subplots(len(spans), 1)), spans, strict=True):
        _draw_occupancy(axes, _occupancy_image(result, rows, layers, colors, span), span)
        _name_rows(axes, [timeline.resources[row] for row in rows])
        axes.set_ylim(len(rows) - 0.5, -0.5)
    _name_whole(figure.axes[0], timeline, rows, busy, n_passes)
    if len(spans) > 1:
        title = f"The first {quantity(spans[1] * 1e-15, 's')}: about one pass"
        figure.axes[1].set_title(title, fontweight="normal")
    figure.axes[-1].set_xlabel(f"{figure.axes[-1].get_xlabel()}; paler where the resource also idles")
    n_columns = math.ceil(len(layers) / math.ceil(len(layers) / 8))
    handles = [Patch(color=colors[i], label=printable(layer)) for layer, i in layers.items()]
    by_column = [handle for column in range(n_columns) for handle in handles[column::n_columns]]
    figure.legend(handles=by_column, loc="outside lower center", ncols=n_columns, handlelength=1.0)
    return figure


def draw_reliability(result: RunResult) -> Figure:
    """Accuracy against confidence with Wilson 95 % intervals, over the number of images in each bin."""
    predictions, summary = result.predictions, result.summary
    bins = reliability_bins(predictions.probabilities, predictions.labels)
    figure = _figure(4.9, width=5.4)
    upper, lower = figure.subplots(2, 1, height_ratios=(3.2, 1.0), sharex=True)
    _draw_calibration(upper, bins)
    upper.set_title(
        f"Reliability: ECE {percent(summary.get('ece'))}, NLL {summary.get('nll', float('nan')):.4f} nats"
    )
    _draw_counts(lower, bins)
    return figure


def _figure(height: float, width: float = 7.4) -> Figure:
    return Figure(figsize=(width, height), layout="constrained")


def _save(figure: Figure, stem: Path) -> None:
    """Arrange the figure once and draw it once for each file (savefig would do both twice)."""
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.execute(figure)
        figure.set_layout_engine("none")
    png: Any = FigureCanvasAgg(figure)
    png.print_png(stem.with_suffix(".png"))
    svg: Any = FigureCanvasSVG(figure)
    svg.print_svg(stem.with_suffix(".svg"), metadata={"Date": None})


def _scaled(value: float, unit: str) -> tuple[float, str]:
    """The factor and the prefixed unit that make the axis ticks small numbers."""
    text = quantity(value, unit)
    if value == 0:
        return 1.0, unit
    number, prefixed = text.rsplit(" ", 1)
    exponent = 3 * round(np.log10(value / float(number.replace(",", ""))) / 3)
    return float(10.0**exponent), prefixed


def _name_rows(axes: Axes, names: list[str]) -> None:
    axes.set_yticks(range(len(names)), [printable(name) for name in names])
    axes.set_ylim(len(names) - 0.4, -0.6)


def _draw_total(axes: Axes, energies: Mapping[str, float], summary: Mapping[str, Any]) -> None:
    scale, unit = _scaled(summary["energy_j"], "J")
    left = 0.0
    for group, color in _COLORS.items():
        width = sum(energy for name, energy in energies.items() if group_of(name) == group) / scale
        if width:
            axes.barh(0, width, left=left, height=0.6, color=color, label=group)
            left += width
    low, high = summary["energy_low_j"] / scale, summary["energy_high_j"] / scale
    axes.plot(
        [low, high], [0, 0], color="black", linewidth=1.4, marker="|", markersize=9, markeredgewidth=1.4
    )
    axes.set_yticks([0], ["total"])
    axes.set_xlim(0, 1.06 * max(left, high))
    axes.set_xlabel(f"{unit}; the line spans the 5 to 95 % range of the sources", fontsize=8, color=_GREY)
    axes.tick_params(axis="x", labelsize=8)
    energy_range = f"{quantity(summary['energy_low_j'], 'J')} to {quantity(summary['energy_high_j'], 'J')}"
    axes.set_title(f"Energy per image: {quantity(summary['energy_j'], 'J')} ({energy_range})", pad=24)
    axes.legend(
        loc="lower left",
        bbox_to_anchor=(-0.01, 0.98),
        ncols=7,
        handlelength=1.0,
        columnspacing=1.2,
        borderpad=0,
    )


def _busiest_rows(timeline: Timeline, busy: Mapping[str, float]) -> list[int]:
    """Indices of the busiest resources, in the order in which they are first used."""
    index = {name: i for i, name in enumerate(timeline.resources)}
    chosen = [index[name] for name, share in list(busy.items())[:_MAX_ROWS] if share > 0]
    first = np.full(len(timeline.resources), np.iinfo(np.int64).max)
    np.minimum.at(first, timeline.resource, timeline.start_fs)
    return sorted(chosen, key=lambda row: (first[row], row))


def _layer_colors(n_layers: int) -> NDArray[np.float64]:
    """(n_layers, 4): eight telling colors, or for deeper networks a scale that follows the depth."""
    if n_layers <= len(_PALETTE):
        return mpl.colors.to_rgba_array(_PALETTE[:n_layers])
    return np.asarray(mpl.colormaps["viridis"](np.linspace(0.0, 0.95, n_layers)))


def _name_whole(
    axes: Axes, timeline: Timeline, rows: list[int], busy: Mapping[str, float], n_passes: int
) -> None:
    """Title of the upper panel, and beside each row how busy it is."""
    n_working = sum(share > 0 for share in busy.values())
    of_all = "" if len(rows) == n_working else f", {len(rows)} busiest of {n_working} resources"
    passes = "one pass" if n_passes == 1 else f"{n_passes} passes"
    latency_s = int(timeline.end_fs.max(initial=0)) * 1e-15
    axes.set_title(f"One image, {passes}: {quantity(latency_s, 's')}{of_all}")
    beside: Any = {"transform": axes.get_yaxis_transform(), "fontsize": 8, "color": _GREY}
    for y, row in enumerate(rows):
        axes.text(1.01, y, percent(busy[timeline.resources[row]], 0), va="center", **beside)
    axes.text(1.01, -0.9, "busy", **beside)


def _occupancy_image(
    result: RunResult, rows: list[int], layers: dict[str, int], colors: NDArray[np.float64], span_fs: int
) -> NDArray[np.float64]:
    """(n_rows, columns, 4): the color of the layer that holds the resource longest, paler if it idles."""
    timeline, servers = result.timeline, result.program.resources
    row_of = np.full(len(timeline.resources), len(rows))
    row_of[rows] = range(len(rows))
    home = {command.name: layers[command.layer] for command in result.program.commands}
    layer_of = np.array([home[name] for name in timeline.names])
    shares = occupancy(
        row_of[timeline.resource] * len(layers) + layer_of[timeline.stage],
        timeline.start_fs * (_COLUMNS / span_fs),
        timeline.end_fs * (_COLUMNS / span_fs),
        n_groups=(len(rows) + 1) * len(layers),
        n_windows=_COLUMNS,
    ).reshape(len(rows) + 1, len(layers), _COLUMNS)[: len(rows)]
    capacity = np.array([servers[timeline.resources[row]] for row in rows])
    used = np.clip(shares.sum(axis=1) / capacity[:, None], 0.0, 1.0)
    image: NDArray[np.float64] = colors[shares.argmax(axis=1)]
    strength = (0.3 + 0.7 * used)[..., None]
    image[..., :3] = 1.0 - strength * (1.0 - image[..., :3])
    image[..., 3] = used > 1e-9
    return image


def _draw_occupancy(axes: Axes, image: NDArray[np.float64], span_fs: int) -> None:
    scale, unit = _scaled(span_fs * 1e-15, "s")
    padded = np.zeros((len(image), 5, *image.shape[1:]))
    padded[:, 1:4] = image[:, None]
    extent = (0.0, span_fs * 1e-15 / scale, len(image) - 0.5, -0.5)
    pixels = padded.reshape(-1, *image.shape[1:])
    axes.imshow(pixels, aspect="auto", interpolation="nearest", extent=extent, zorder=1)
    axes.grid(axis="x")
    axes.set_xlabel(f"time ({unit})")


def _draw_calibration(axes: Axes, bins: ReliabilityBins) -> None:
    full = bins.count > 0
    x, y = bins.confidence[full], bins.accuracy[full]
    hits = np.rint(y * bins.count[full]).astype(int)
    bounds = np.array([wilson_interval(int(k), int(n)) for k, n in zip(hits, bins.count[full], strict=True)])
    axes.plot(
        [0, 1], [0, 1], color="#999999", linewidth=1.0, linestyle=(0, (4, 3)), label="perfectly calibrated"
    )
    axes.vlines(x, y, x, color=_PALETTE[1], linewidth=5, alpha=0.25, label="gap")
    errors = np.clip(np.abs(bounds.T - y), 0.0, None)
    axes.errorbar(
        x,
        y,
        yerr=errors,
        fmt="o",
        markersize=4.5,
        color=_PALETTE[0],
        elinewidth=1.0,
        capsize=2,
        label="accuracy, 95 %",
    )
    axes.set(xlim=(0, 1.02), ylim=(0, 1.04), ylabel="accuracy (fraction)")
    axes.grid(True)
    axes.legend(loc="upper left")


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
            axes.text(x, 1.15 * n, count(n), ha="center", va="bottom", fontsize=7, color=_GREY)
    axes.set_xlabel("confidence (probability of the predicted class)")
    axes.set_ylabel("images")
