"""When each resource works for which layer."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from numpy.typing import NDArray

from cimsim.reporting.breakdown import busy_fractions, occupancy
from cimsim.reporting.figures.canvas import GREY, PALETTE, name_rows, new_figure, scaled, short
from cimsim.reporting.quantities import percent, quantity
from cimsim.sim.result import RunResult, Timeline

__all__ = ["draw_latency_timeline"]

_MAX_ROWS = 24
_COLUMNS = 600
"""Time windows across the timeline: fewer than pixels, so that none is lost."""


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
    figure = new_figure(1.6 + len(spans) * (0.55 + 0.2 * max(len(rows), 2)))
    for axes, span in zip(np.atleast_1d(figure.subplots(len(spans), 1)), spans, strict=True):
        _draw_occupancy(axes, _occupancy_image(result, rows, layers, colors, span), span)
        name_rows(axes, [timeline.resources[row] for row in rows])
        axes.set_ylim(len(rows) - 0.5, -0.5)
    _name_whole(figure.axes[0], timeline, rows, busy, n_passes)
    if len(spans) > 1:
        title = f"The first {quantity(spans[1] * 1e-15, 's')}: about one pass"
        figure.axes[1].set_title(title, fontweight="normal")
    figure.axes[-1].set_xlabel(f"{figure.axes[-1].get_xlabel()}; paler where the resource also idles")
    n_columns = math.ceil(len(layers) / math.ceil(len(layers) / 8))
    handles = [Patch(color=colors[i], label=short(layer)) for layer, i in layers.items()]
    by_column = [handle for column in range(n_columns) for handle in handles[column::n_columns]]
    figure.legend(handles=by_column, loc="outside lower center", ncols=n_columns, handlelength=1.0)
    return figure


def _busiest_rows(timeline: Timeline, busy: Mapping[str, float]) -> list[int]:
    """Indices of the busiest resources, in the order in which they are first used."""
    index = {name: i for i, name in enumerate(timeline.resources)}
    chosen = [index[name] for name, share in list(busy.items())[:_MAX_ROWS] if share > 0]
    first = np.full(len(timeline.resources), np.iinfo(np.int64).max)
    np.minimum.at(first, timeline.resource, timeline.start_fs)
    return sorted(chosen, key=lambda row: (first[row], row))


def _layer_colors(n_layers: int) -> NDArray[np.float64]:
    """(n_layers, 4): eight telling colors, or for deeper networks a scale that follows the depth."""
    if n_layers <= len(PALETTE):
        return mpl.colors.to_rgba_array(PALETTE[:n_layers])
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
    beside: Any = {"transform": axes.get_yaxis_transform(), "fontsize": 8, "color": GREY}
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
    scale, unit = scaled(span_fs * 1e-15, "s")
    padded = np.zeros((len(image), 5, *image.shape[1:]))
    padded[:, 1:4] = image[:, None]
    extent = (0.0, span_fs * 1e-15 / scale, len(image) - 0.5, -0.5)
    pixels = padded.reshape(-1, *image.shape[1:])
    axes.imshow(pixels, aspect="auto", interpolation="nearest", extent=extent, zorder=1)
    axes.grid(axis="x")
    axes.set_xlabel(f"time ({unit})")
