"""The pictures of a run. The only room that imports matplotlib (file backend, no global figures)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from cimsim.reporting.figures.canvas import STYLE, save
from cimsim.reporting.figures.energy import draw_energy_by_component, draw_energy_by_layer
from cimsim.reporting.figures.reliability import draw_reliability
from cimsim.reporting.figures.timeline import draw_latency_timeline
from cimsim.sim.result import RunResult

__all__ = [
    "draw_energy_by_component",
    "draw_energy_by_layer",
    "draw_latency_timeline",
    "draw_reliability",
    "save_figures",
]


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
    with mpl.rc_context(STYLE):
        for name, draw in drawings.items():
            save(draw(result), directory / name)
