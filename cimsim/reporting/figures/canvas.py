"""What all figures share: colors, style, and how they become files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from cimsim.reporting.breakdown import GROUPS
from cimsim.reporting.quantities import printable, quantity

__all__ = [
    "COLORS",
    "GREY",
    "PALETTE",
    "STYLE",
    "name_rows",
    "new_figure",
    "plain_log",
    "save",
    "scaled",
    "short",
]

PALETTE = ("#0072B2", "#D55E00", "#009E73", "#56B4E9", "#E69F00", "#999999", "#CC79A7", "#F0E442")
"""Okabe and Ito, "Color Universal Design" (2008): told apart with any color vision."""

COLORS = dict(zip((*GROUPS, "other"), PALETTE, strict=False))
STYLE: Any = {
    "font.size": 9.0, "axes.titlesize": 10.5, "axes.titleweight": "bold", "axes.titlelocation": "left",
    "axes.spines.top": False, "axes.spines.right": False, "axes.edgecolor": "#555555", "axes.axisbelow": True,
    "grid.color": "#e3e3e3", "grid.linewidth": 0.7, "ytick.major.size": 0, "legend.frameon": False,
    "legend.fontsize": 8.5, "text.parse_math": False, "svg.hashsalt": "cimsim", "figure.dpi": 160,
    "svg.fonttype": "path",
}  # fmt: skip
GREY = "#555555"
_MAX_NAME = 28


def new_figure(height: float, width: float = 7.4) -> Figure:
    """An empty figure, sizes in inches; its parts make room for each other."""
    return Figure(figsize=(width, height), layout="constrained")


def save(figure: Figure, stem: Path) -> None:
    """Arrange the figure once and draw it once for each file (savefig would do both twice)."""
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.execute(figure)
        figure.set_layout_engine("none")
    png: Any = FigureCanvasAgg(figure)
    png.print_png(stem.with_suffix(".png"), pil_kwargs={"compress_level": 2})
    svg: Any = FigureCanvasSVG(figure)
    svg.print_svg(stem.with_suffix(".svg"), metadata={"Date": None})


def scaled(value: float, unit: str) -> tuple[float, str]:
    """The factor and the prefixed unit that make the axis ticks small numbers."""
    text = quantity(value, unit)
    if value == 0:
        return 1.0, unit
    number, prefixed = text.rsplit(" ", 1)
    exponent = 3 * round(np.log10(value / float(number.replace(",", ""))) / 3)
    return float(10.0**exponent), prefixed


def plain_log(axis: Axis, form: Callable[[float], str] = "{:g}".format) -> None:
    """Label the decades of a logarithmic axis with plain numbers."""
    axis.set_major_formatter(FuncFormatter(lambda value, _: form(value)))
    axis.set_minor_formatter(NullFormatter())


def name_rows(axes: Axes, names: list[str]) -> None:
    """One row for each name, the first at the top."""
    axes.set_yticks(range(len(names)), [short(name) for name in names])
    axes.set_ylim(len(names) - 0.4, -0.6)


def short(name: str) -> str:
    """A name that leaves room for the picture."""
    text = printable(name)
    return text if len(text) <= _MAX_NAME else f"{text[: _MAX_NAME - 1]}…"
