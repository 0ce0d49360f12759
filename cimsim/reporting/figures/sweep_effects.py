"""What the axes of a sweep do: means at their values, and indices of sensitivity."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cimsim.reporting.columns import label_of
from cimsim.reporting.figures.canvas import GREY, PALETTE, name_rows, new_figure
from cimsim.reporting.figures.measure import levels_of, name_levels, scale_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["draw_main_effects", "draw_sensitivity"]

_MAX_LEVELS = 12
_LETTERS = 20
"""Of the names below a panel that have room side by side."""
_BINS = 10
_PER_ROW = 4
_NAMES = {
    "first_order": "by the axis alone",
    "total": "with what it does together with others",
    "mu_star": "mean size of a step's effect",
    "sigma": "deviation of the effect",
}
_SHARES = ("first_order", "total")


def draw_main_effects(table: pd.DataFrame, axes: Sequence[str], output: str) -> Figure:
    """A panel for each axis: the mean of the output at each value, and the middle half of the points."""
    rows = table.dropna(subset=[output])
    factor, label = scale_of(output, rows[output].to_numpy(np.float64))
    n_rows = -(-len(axes) // _PER_ROW)
    n_columns = -(-len(axes) // n_rows)
    figure = new_figure(0.6 + 2.3 * n_rows, width=1.2 + 2.0 * max(n_columns, 2))
    grid = figure.subplots(n_rows, n_columns, sharey=True, squeeze=False)
    for panel, axis in zip(grid.flat, axes, strict=False):
        _draw_effect(panel, rows[axis], rows[output] / factor)
    for panel in grid.flat[len(axes) :]:
        panel.set_axis_off()
    for panel in grid[:, 0]:
        panel.set_ylabel(label)
    figure.suptitle(
        "Line: mean. Band: the middle half of the points, whatever the other axes are",
        x=0.01, ha="left", fontsize=9,
    )  # fmt: skip
    return figure


def draw_sensitivity(indices: pd.DataFrame) -> Figure:
    """A panel for each output, a bar for each axis and index, with 95 % intervals.

    Parameters
    ----------
    indices : rows of ``sensitivity.csv``
    """
    outputs = list(dict.fromkeys(indices["output"]))
    axes = list(dict.fromkeys(indices["axis"]))
    kinds = list(dict.fromkeys(indices["index"]))
    figure = new_figure(1.2 + (0.9 + 0.22 * len(axes) * len(kinds)) * len(outputs), width=7.4)
    panels = figure.subplots(len(outputs), 1, squeeze=False)[:, 0]
    for panel, output in zip(panels, outputs, strict=True):
        _draw_indices(panel, indices[indices["output"] == output], axes, kinds)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(kinds), handlelength=1.0)
    return figure


def _draw_effect(panel: Axes, values: pd.Series, output: pd.Series) -> None:
    name = str(values.name)
    levels = levels_of(values)
    if len(levels) <= _MAX_LEVELS:
        groups = [output[values == level] for level in levels]
        places = np.arange(len(levels), dtype=float)
        name_levels(panel.xaxis, name, levels, letters=_LETTERS // len(levels))
    else:
        factor, label = scale_of(name, values.to_numpy(np.float64))
        parts = np.array_split(np.argsort(values.to_numpy(np.float64), kind="stable"), _BINS)
        groups = [output.iloc[part] for part in parts]
        places = np.array([float(values.iloc[part].mean()) / factor for part in parts])
        panel.set_xlabel(label)
    low, high = (np.array([group.quantile(q) for group in groups]) for q in (0.25, 0.75))
    panel.fill_between(places, low, high, color=PALETTE[3], alpha=0.3, linewidth=0)
    panel.plot(places, [group.mean() for group in groups], color=PALETTE[0], marker="o", markersize=4)
    panel.grid(visible=True)


def _draw_indices(panel: Axes, rows: pd.DataFrame, axes: Sequence[str], kinds: Sequence[str]) -> None:
    output = str(rows["output"].iloc[0])
    is_share = kinds[0] in _SHARES
    factor, label = (1.0, "") if is_share else scale_of(output, rows["value"].to_numpy(np.float64))
    height = 0.8 / len(kinds)
    for k, kind in enumerate(kinds):
        found = rows[rows["index"] == kind].set_index("axis").reindex(axes)
        value = found["value"].to_numpy(np.float64) / factor
        places = np.arange(len(axes)) + (k - (len(kinds) - 1) / 2) * height
        panel.barh(places, value, height=0.9 * height, color=PALETTE[(0, 3)[k]], label=_NAMES.get(kind, kind))
        low, high = (found[end].to_numpy(np.float64) / factor for end in ("low", "high"))
        reach = np.stack([value - low, high - value])
        kept = np.isfinite(reach).all(axis=0) & (reach.max(axis=0) > 0)
        panel.errorbar(
            value[kept], places[kept], xerr=np.maximum(reach[:, kept], 0), fmt="none", ecolor="black",
            elinewidth=1.0, capsize=2,
        )  # fmt: skip
    name_rows(panel, [label_of(axis) for axis in axes])
    panel.set_title(label_of(output) if is_share else label)
    if is_share:
        panel.set_xlim(min(0.0, panel.get_xlim()[0]), max(1.0, panel.get_xlim()[1]))
        panel.set_xlabel("share of the variance", fontsize=8, color=GREY)
    else:
        panel.set_xlabel("from one end of the axis to the other", fontsize=8, color=GREY)
