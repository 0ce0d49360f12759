"""Model against publication, on logarithmic axes with the band of agreement."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator

from cimsim.reporting.figures.canvas import GREY, PALETTE, new_figure, plain_log
from cimsim.reporting.quantities import quantity

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["draw_validation"]

_COLORS = (*PALETTE[:5], PALETTE[6], "#000000")  # neither grey nor the yellow, too light for points
_MARKERS = "osD^vP*X<>"
_TITLES = {"J": "Energy", "s": "Time"}


def draw_validation(table: pd.DataFrame, factor: float) -> Figure:
    """A panel for energies and one for times; bars span the 5 % and 95 % points, full points are measured.

    Parameters
    ----------
    table : rows of ``validation.csv``; those that follow from others are left out
    factor : half-width of the band around equality
    """
    table = table[table["is_independent"]]
    units = [unit for unit in _TITLES if (table["unit"] == unit).any()]
    figure = new_figure(4.2, width=1.9 + 4.1 * len(units))
    panels = figure.subplots(1, len(units), squeeze=False)[0]
    names = list(dict.fromkeys(table["publication"]))
    for axes, unit in zip(panels, units, strict=True):
        rows = table[table["unit"] == unit]
        _draw_band(axes, rows, factor, unit)
        for name in dict.fromkeys(rows["publication"]):
            _draw_points(axes, rows[rows["publication"] == name], names.index(name))
        axes.set_title(f"{_TITLES[unit]}, band: factor {factor:g}")
    handles = [
        panels[0].plot([], [], linestyle="", **_style(i), label=name)[0] for i, name in enumerate(names)
    ]
    title = "full: silicon\nhollow: tools, tables"
    figure.legend(handles=handles, loc="outside right upper", title=title, title_fontsize=8)
    return figure


def _draw_band(axes: Axes, rows: pd.DataFrame, factor: float, unit: str) -> None:
    numbers = rows[["published", "model_low", "model_high"]].to_numpy()
    ends = np.array([numbers.min() / 2, numbers.max() * 2])
    axes.fill_between(ends, ends / factor, ends * factor, color="#e9eef3", linewidth=0, zorder=0)
    axes.plot(ends, ends, color=GREY, linewidth=0.8, zorder=0.5)
    axes.set(xscale="log", yscale="log", xlim=ends, ylim=ends, xlabel="published", ylabel="model")
    axes.set_aspect("equal")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(LogLocator(numticks=5))
        plain_log(axis, partial(quantity, unit=unit))
    axes.grid(visible=True)


def _draw_points(axes: Axes, rows: pd.DataFrame, index: int) -> None:
    style = _style(index)
    if rows["mark"].iloc[0] != "measured":
        style["markerfacecolor"] = "none"
    spans = np.abs(rows[["model_low", "model_high"]].sub(rows["model"], axis=0).to_numpy().T)
    axes.errorbar(rows["published"], rows["model"], spans, linestyle="", elinewidth=0.9, **style)


def _style(index: int) -> dict[str, Any]:
    return {
        "color": _COLORS[index % len(_COLORS)],
        "marker": _MARKERS[index % len(_MARKERS)],
        "markersize": 6,
    }
