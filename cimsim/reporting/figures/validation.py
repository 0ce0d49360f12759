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

__all__ = ["draw_validation", "drawn_rows"]

_COLORS = (*PALETTE[:5], PALETTE[6], "#000000")  # neither grey nor the yellow, too light for points
_MARKERS = "osD^vP*X<>"
_TITLES = {"J": "Energy", "s": "Time"}


def drawn_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of ``validation.csv`` that the figure shows: energies and times that follow from no other row."""
    rows: pd.DataFrame = table[table["is_independent"] & table["unit"].isin(list(_TITLES))]
    return rows


def draw_validation(table: pd.DataFrame, factor: float) -> Figure:
    """A panel for energies and one for times; bars span the 5 % and 95 % points, full points are measured.

    Parameters
    ----------
    table : `drawn_rows`, at least one
    factor : half-width of the band around equality
    """
    units = [unit for unit in _TITLES if (table["unit"] == unit).any()]
    figure = new_figure(4.2, width=1.9 + 4.1 * len(units))
    panels = figure.subplots(1, len(units), squeeze=False)[0]
    marks = table.drop_duplicates("publication").set_index("publication")["mark"]
    styles = {str(name): _style(i, mark == "measured") for i, (name, mark) in enumerate(marks.items())}
    for axes, unit in zip(panels, units, strict=True):
        rows = table[table["unit"] == unit]
        _draw_band(axes, rows, factor, unit)
        for name, points in rows.groupby("publication"):
            _draw_points(axes, points, styles[str(name)])
        axes.set_title(f"{_TITLES[unit]}, band: factor {factor:g}")
    handles = [panels[0].plot([], [], linestyle="", **style, label=name)[0] for name, style in styles.items()]
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


def _draw_points(axes: Axes, rows: pd.DataFrame, style: dict[str, Any]) -> None:
    spans = np.abs(rows[["model_low", "model_high"]].sub(rows["model"], axis=0).to_numpy().T)
    axes.errorbar(rows["published"], rows["model"], spans, linestyle="", elinewidth=0.9, **style)


def _style(index: int, is_full: bool) -> dict[str, Any]:
    color = _COLORS[index % len(_COLORS)]
    face = color if is_full else "none"
    return {
        "color": color,
        "markerfacecolor": face,
        "marker": _MARKERS[index % len(_MARKERS)],
        "markersize": 6,
    }
