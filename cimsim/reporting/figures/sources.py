"""What dominates the uncertainty of the energy: each source alone at its low and at its high."""

from __future__ import annotations

from matplotlib.figure import Figure

from cimsim.reporting.figures.canvas import GREY, PALETTE, name_rows, new_figure, scaled
from cimsim.reporting.quantities import printable, quantity
from cimsim.sim.result import RunResult

__all__ = ["draw_energy_sources"]

_N_BARS = 12
_MAX_PATH = 36
_COLORS = {"low": PALETTE[0], "high": PALETTE[1]}


def draw_energy_sources(result: RunResult) -> Figure:
    """A tornado: bars from the energy to what it becomes at both ends of a source, the widest on top."""
    table = result.sources.head(_N_BARS)
    energy_j = result.summary["energy_j"]
    figure = new_figure(1.5 + 0.32 * len(table))
    axes = figure.subplots()
    scale, unit = scaled(max(energy_j, table["energy_high_j"].max()), "J")
    middle = energy_j / scale
    for end, color in _COLORS.items():
        widths = table[f"energy_{end}_j"] / scale - middle
        label = f"source at its {end}"
        axes.barh(range(len(table)), widths, left=middle, height=0.66, color=color, label=label)
    ends = table[["energy_low_j", "energy_high_j"]] / scale
    for y, (right, grade) in enumerate(zip(ends.max(axis=1), table["grade"], strict=True)):
        axes.text(max(right, middle), y, f"  {grade.replace('_', ' ')}", va="center", fontsize=8, color=GREY)
    axes.axvline(middle, color=GREY, linewidth=1.0)
    name_rows(axes, [""] * len(table))
    axes.set_yticks(range(len(table)), [_shortened(path) for path in table["path"]])
    left, right = min(ends.to_numpy().min(), middle), max(ends.to_numpy().max(), middle)
    room = (right - left) or middle
    axes.set_xlim(left - 0.05 * room, right + 0.2 * room)
    axes.set_xlabel(f"energy per image, all its passes ({unit}), one source varied, all others nominal")
    axes.set_title(f"What the energy of {quantity(energy_j, 'J')} rests on: {len(table)} widest sources")
    figure.legend(loc="outside lower center", ncols=2, handlelength=1.0)
    return figure


def _shortened(path: str) -> str:
    """The end of a path that still says which block it is in."""
    text = printable(path)
    while len(text) > _MAX_PATH and "." in text:
        text = text.partition(".")[2]
    return text if text == path else f"…{text}"
