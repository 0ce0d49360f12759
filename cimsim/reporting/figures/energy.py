"""Where the energy goes: by component with the range of the total, and by layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cimsim.reporting.breakdown import energy_by_component, energy_by_layer, group_of
from cimsim.reporting.figures.canvas import COLORS, GREY, name_rows, new_figure, scaled
from cimsim.reporting.quantities import percent, quantity
from cimsim.sim.result import RunResult

__all__ = ["draw_energy_by_component", "draw_energy_by_layer"]


def draw_energy_by_component(result: RunResult) -> Figure:
    """The total, split by group, above one bar for each component; lines span 5 to 95 % of the sources."""
    energies = energy_by_component(result.components)
    figure = new_figure(2.1 + 0.26 * len(energies))
    top, bars = figure.subplots(2, 1, height_ratios=(1.0, max(2.0, 0.42 * len(energies))))
    _draw_total(top, energies, result.summary)
    total = sum(energies.values())
    names = list(energies)
    scale, unit = scaled(max(energies.values(), default=0.0), "J")
    values = [energies[name] / scale for name in names]
    bars.barh(range(len(names)), values, height=0.72, color=[COLORS[group_of(name)] for name in names])
    ranges = result.summary["energy_by_component"]
    right = _draw_ranges(bars, [ranges[name] for name in names], scale)
    for y, name in enumerate(names):
        label = f"  {quantity(energies[name], 'J')}   {percent(energies[name] / total, 1)}"
        bars.text(max(values[y], right[y]), y, label, va="center", fontsize=8, color=GREY)
    name_rows(bars, [name.replace("_", " ") for name in names])
    bars.set_xlim(0, 1.22 * max((*values, *right), default=1.0) or 1.0)
    bars.set_xlabel(f"energy per image, all its passes ({unit})")
    return figure


def draw_energy_by_layer(result: RunResult) -> Figure:
    """One bar for each layer in network order, stacked by group."""
    table = energy_by_layer(result.components, result.layers["layer"])
    figure = new_figure(1.5 + 0.3 * len(table))
    axes = figure.subplots()
    totals = [sum(groups.values()) for groups in table.values()]
    scale, unit = scaled(max(totals, default=0.0), "J")
    present = [group for group in COLORS if any(group in groups for groups in table.values())]
    left = np.zeros(len(table))
    for group in present:
        widths = np.array([groups.get(group, 0.0) for groups in table.values()]) / scale
        axes.barh(range(len(table)), widths, left=left, height=0.72, color=COLORS[group], label=group)
        left += widths
    ranges = result.layers.set_index("layer")[["energy_low_j", "energy_high_j"]].to_dict("index")
    right = _draw_ranges(axes, [ranges[layer] for layer in table], scale)
    for y, energy in enumerate(totals):
        label = f"  {quantity(energy, 'J')}   {percent(energy / sum(totals), 1)}"
        axes.text(max(left[y], right[y]), y, label, va="center", fontsize=8, color=GREY)
    name_rows(axes, list(table))
    axes.set_xlim(0, 1.22 * max((*left, *right), default=1.0) or 1.0)
    axes.set_xlabel(f"energy per image, all its passes ({unit}); lines span 5 to 95 % of the sources")
    axes.set_title("Energy by layer")
    figure.legend(loc="outside lower center", ncols=len(present), handlelength=1.0, columnspacing=1.4)
    return figure


def _draw_ranges(axes: Axes, parts: Sequence[Mapping[str, Any]], scale: float) -> list[float]:
    """A line from low to high in each row, all of them one artist; returns the right ends."""
    ends = [(part["energy_low_j"] / scale, part["energy_high_j"] / scale, np.nan) for part in parts]
    rows = np.repeat(np.arange(len(parts)), 3)
    axes.plot(np.ravel(ends), rows, color="black", linewidth=1.2, marker="|", markersize=7)
    return [high for _, high, _ in ends]


def _draw_total(axes: Axes, energies: Mapping[str, float], summary: Mapping[str, Any]) -> None:
    scale, unit = scaled(summary["energy_j"], "J")
    left = 0.0
    for group, color in COLORS.items():
        width = sum(energy for name, energy in energies.items() if group_of(name) == group) / scale
        if width:
            axes.barh(0, width, left=left, height=0.6, color=color, label=group)
            left += width
    (high,) = _draw_ranges(axes, [summary], scale)
    axes.set_yticks([0], ["total"])
    axes.set_xlim(0, 1.06 * max(left, high))
    axes.set_xlabel(f"{unit}; lines span the 5 to 95 % range of the sources", fontsize=8, color=GREY)
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
