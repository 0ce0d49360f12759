"""The points of a sweep: two objectives against each other, all columns side by side, two axes as a map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from numpy.typing import NDArray

from cimsim.reporting.columns import label_of
from cimsim.reporting.figures.canvas import GREY, PALETTE, new_figure
from cimsim.reporting.figures.measure import (
    is_wide,
    level_name,
    levels_of,
    name_levels,
    scale_of,
    set_measure,
)

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Limit", "draw_heat_map", "draw_parallel", "draw_pareto"]

Limit = tuple[str, str, float]
"""A column, a relation such as ``<``, and a number."""

_FRONT, _TIE, _OTHER, _BEYOND = PALETTE[0], PALETTE[1], "#8c8c8c", "#cccccc"
_LINES = "#b5b5b5"
_MAX_LINES = 500
_MAX_LEVELS = 8
_MAX_NUMBERS = 144
_MAX_SHAPES = 3000
_LETTERS = 8
"""Of a name below a cell."""


def draw_pareto(
    table: pd.DataFrame, x: str, y: str, is_max: Mapping[str, bool], limits: Sequence[Limit] = ()
) -> Figure:
    """Two objectives of all finished points; what the limits forbid is shaded.

    Parameters
    ----------
    table : with the boolean columns ``pareto`` and ``pareto_tie``, and ``is_allowed`` where there are limits
    is_max : for each objective whether more is better; a line joins the front where there are but two
    limits : constraints; those of other columns cannot be seen here
    """
    rows = table[np.isfinite(table[x].astype(float)) & np.isfinite(table[y].astype(float))]
    figure = new_figure(4.4, width=6.4)
    axes = figure.subplots()
    factors = [set_measure(axis, c, _numbers(rows[c])) for axis, c in ((axes.xaxis, x), (axes.yaxis, y))]
    kinds = _kinds(rows)
    for name, marks, style in kinds:
        if marks.any():
            label = f"{name} ({int(marks.sum()):,})"
            points = rows[marks]
            axes.plot(
                _numbers(points[x]) / factors[0], _numbers(points[y]) / factors[1], label=label, **style
            )
    if len(is_max) == 2:
        front = rows[kinds[-1][1]].sort_values([x, y], ascending=[True, not is_max[y]])
        where: Any = "pre" if is_max[x] else "post"
        style = {"color": _FRONT, "linewidth": 1.0, "zorder": 2}
        axes.step(_numbers(front[x]) / factors[0], _numbers(front[y]) / factors[1], where=where, **style)
    for column, relation, bound in limits:
        if column in (x, y):
            _shade(axes, column == x, relation, bound / factors[column == y])
    axes.grid(visible=True)
    figure.legend(loc="outside lower center", ncols=2, handlelength=1.0, columnspacing=1.4)
    return figure


def draw_parallel(table: pd.DataFrame, columns: Sequence[str]) -> Figure:
    """A line for each finished point across all columns, from the least value of each to its largest.

    Of very many points a share is drawn beside the front, evenly spaced in the table.
    """
    rows = table.dropna(subset=list(columns))
    figure = new_figure(4.2, width=max(6.0, 1.25 * len(columns)))
    axes = figure.subplots()
    heights = np.column_stack([_height(rows[column]) for column in columns])
    others = np.flatnonzero(~_marks(rows, "pareto"))
    others = others[:: -(-len(others) // _MAX_LINES) or 1]
    front = np.flatnonzero(_marks(rows, "pareto"))
    for name, kept, color, width in (("other points", others, _LINES, 0.5), ("front", front, _FRONT, 1.1)):
        lines = [np.column_stack([np.arange(len(columns)), heights[row]]) for row in kept]
        alpha = 0.6 if name == "front" else 0.45
        axes.add_collection(LineCollection(lines, colors=color, linewidths=width, alpha=alpha, label=name))
    for at, column in enumerate(columns):
        axes.axvline(at, color=GREY, linewidth=0.8)
        _write_scale(axes, at, rows[column])
    axes.set_xlim(-0.3, len(columns) - 0.4)
    axes.set_ylim(-0.06, 1.06)
    axes.set_xticks(range(len(columns)), [label_of(column).replace(" ", "\n") for column in columns])
    axes.set_yticks([])
    axes.spines[["left", "bottom"]].set_visible(False)
    axes.tick_params(axis="x", length=0)
    figure.legend(loc="outside lower center", ncols=2)
    return figure


def draw_heat_map(table: pd.DataFrame, x: str, y: str, output: str) -> Figure:
    """An output over two axes: its mean over all finished points at the same two values."""
    rows = table.dropna(subset=[output, x, y])
    across, up = levels_of(rows[x]), levels_of(rows[y])
    factor, label = scale_of(output, _numbers(rows[output]))
    sums, counts = np.zeros((len(up), len(across))), np.zeros((len(up), len(across)))
    places = (
        rows[y].map({v: i for i, v in enumerate(up)}),
        rows[x].map({v: i for i, v in enumerate(across)}),
    )
    np.add.at(sums, places, _numbers(rows[output]) / factor)
    np.add.at(counts, places, 1)
    cells = np.ma.masked_array(sums / np.maximum(counts, 1), counts == 0)
    figure = new_figure(1.6 + 0.45 * max(len(up), 4), width=2.6 + 0.7 * max(len(across), 4))
    axes = figure.subplots()
    image = axes.imshow(cells, cmap="cividis", aspect="auto", origin="lower")
    name_levels(axes.xaxis, x, across, letters=_LETTERS)
    name_levels(axes.yaxis, y, up)
    is_mean = counts.max(initial=0) > 1
    figure.colorbar(image, ax=axes).set_label(f"{'mean ' if is_mean else ''}{label}")
    axes.spines[["left", "bottom"]].set_visible(False)
    if cells.size <= _MAX_NUMBERS:
        _write_cells(axes, cells)
    return figure


def _kinds(rows: pd.DataFrame) -> list[tuple[str, NDArray[np.bool_], dict[str, Any]]]:
    """Name, rows and style of what is drawn, the front last and on top."""
    front, tie = _marks(rows, "pareto"), _marks(rows, "pareto_tie")
    beyond = ~_marks(rows, "is_allowed") if "is_allowed" in rows else np.zeros(len(rows), bool)
    plain: dict[str, Any] = {"linestyle": "none", "marker": "o", "rasterized": len(rows) > _MAX_SHAPES}
    return [
        (
            "beyond a constraint",
            beyond,
            {**plain, "marker": "x", "color": _BEYOND, "markersize": 3, "markeredgewidth": 0.7, "zorder": 1},
        ),
        (
            "other points",
            ~front & ~tie & ~beyond,
            {**plain, "color": _OTHER, "markersize": 3, "zorder": 1.2},
        ),
        (
            "off the front by less than the noise",
            tie,
            {**plain, "color": _TIE, "markersize": 4.5, "markerfacecolor": "none", "zorder": 1.5},
        ),
        ("front", front, {**plain, "color": _FRONT, "markersize": 5.5, "zorder": 3}),
    ]


def _shade(axes: Axes, is_x: bool, relation: str, bound: float) -> None:
    """The side of a limit that is forbidden, if any of it is in view."""
    low, high = axes.get_xlim() if is_x else axes.get_ylim()
    ends = (bound, high) if relation.startswith("<") else (low, bound)
    if relation == "==" or not low < high or ends[0] >= ends[1]:
        return
    span = axes.axvspan if is_x else axes.axhspan
    span(max(ends[0], low), min(ends[1], high), facecolor="#f6f0e0", linewidth=0, zorder=0)
    (axes.set_xlim if is_x else axes.set_ylim)(low, high)


def _height(column: pd.Series) -> NDArray[np.float64]:
    """From 0 to 1: few values and words in even steps, numbers by size, or by powers where wide."""
    levels = levels_of(column)
    if len(levels) <= _MAX_LEVELS or not all(isinstance(level, int | float) for level in levels):
        values = column.map({level: i for i, level in enumerate(levels)}).to_numpy(np.float64)
    else:
        values = _numbers(column)
        values = np.log(values) if is_wide(values) else values
    low, high = values.min(initial=np.inf), values.max(initial=-np.inf)
    return (values - low) / (high - low) if high > low else np.full(len(values), 0.5)


def _write_scale(axes: Axes, at: int, column: pd.Series) -> None:
    """All values where they are few, else the least and the largest."""
    heights = dict(zip(column, _height(column), strict=True))
    levels = levels_of(column)
    named = levels if len(levels) <= _MAX_LEVELS else [levels[0], levels[-1]]
    last = -1.0
    for level in named:
        if heights[level] - last < 0.06 and level != named[-1]:
            continue
        last = heights[level]
        text = level_name(str(column.name), level)
        box = {"facecolor": "white", "edgecolor": "none", "pad": 0.8, "alpha": 0.8}
        axes.text(at + 0.03, last, text, va="center", fontsize=7.5, color="black", bbox=box, zorder=5)


def _write_cells(axes: Axes, cells: Any) -> None:
    middle = (cells.min() + cells.max()) / 2
    for (row, column), value in np.ndenumerate(cells):
        if np.ma.is_masked(cells[row, column]):
            continue
        color = "white" if value < middle else "black"
        axes.text(column, row, f"{value:.3g}", ha="center", va="center", fontsize=7.5, color=color)


def _marks(rows: pd.DataFrame, name: str) -> NDArray[np.bool_]:
    return rows[name].to_numpy(bool) if name in rows else np.zeros(len(rows), bool)


def _numbers(column: pd.Series) -> NDArray[np.float64]:
    return column.to_numpy(np.float64)
