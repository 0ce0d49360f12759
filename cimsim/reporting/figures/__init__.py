"""The pictures of a run. The only room that imports matplotlib (file backend, no global figures)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from cimsim.reporting.figures.canvas import STYLE, save
from cimsim.reporting.figures.comparison import draw_against_energy, draw_energy_stack
from cimsim.reporting.figures.energy import draw_energy_by_component, draw_energy_by_layer
from cimsim.reporting.figures.reliability import draw_reliability
from cimsim.reporting.figures.sources import draw_energy_sources
from cimsim.reporting.figures.timeline import draw_latency_timeline
from cimsim.reporting.figures.uncertainty import (
    draw_convergence,
    draw_ood,
    draw_risk_coverage,
    draw_shifts,
)
from cimsim.sim.result import RunResult

__all__ = [
    "draw_against_energy",
    "draw_convergence",
    "draw_energy_by_component",
    "draw_energy_by_layer",
    "draw_energy_sources",
    "draw_energy_stack",
    "draw_latency_timeline",
    "draw_ood",
    "draw_reliability",
    "draw_risk_coverage",
    "draw_shifts",
    "save_drawings",
    "save_figures",
]


def save_figures(result: RunResult, directory: Path) -> None:
    """Draw every figure the task has and write each as ``.png`` and ``.svg`` into ``directory``."""
    drawings: dict[str, Callable[[RunResult], Figure]] = {
        "energy_by_component": draw_energy_by_component,
        "energy_by_layer": draw_energy_by_layer,
        "energy_sources": draw_energy_sources,
        "latency_timeline": draw_latency_timeline,
    }
    if result.program.graph.task == "classification":
        drawings["reliability"] = draw_reliability
        drawings |= _of_uncertainty(result)
    save_drawings({name: partial(draw, result) for name, draw in drawings.items()}, directory)


def save_drawings(drawings: Mapping[str, Callable[[], Figure]], directory: Path) -> None:
    """Draw each figure in our style and write it under its name."""
    directory.mkdir(parents=True, exist_ok=True)
    with mpl.rc_context(STYLE):
        for name, draw in drawings.items():
            save(draw(), directory / name)


def _of_uncertainty(result: RunResult) -> dict[str, Callable[[RunResult], Figure]]:
    """Pictures of what was asked for."""
    found = result.uncertainty
    if found is None:
        return {}
    drawings = {
        "risk_coverage": (draw_risk_coverage, True),
        "convergence": (draw_convergence, len(found.convergence) > 0),
        "ood": (draw_ood, len(found.ood) > 0),
        "shifts": (draw_shifts, len(found.shifts) > 0),
    }
    return {name: draw for name, (draw, is_asked) in drawings.items() if is_asked}
