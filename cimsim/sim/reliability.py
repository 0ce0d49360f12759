"""What a network does to its weights: how often they are written wrong, and how soon reads wear them out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cimsim.circuits.cell_physics import SHARE_LOST, CellPhysics
from cimsim.mapping.program import Program
from cimsim.sim.counts import ArrayUse

__all__ = ["images_until_lost", "reliability_summary", "warnings_of_cells"]

YEARS_EXPECTED = 10.0
_YEAR_S = 365.25 * 86400.0


def images_until_lost(program: Program, uses: Mapping[str, ArrayUse]) -> dict[str, float]:
    """Images until a hundredth of a layer's cells have flipped, by layer; empty where that is not known.

    A cell is read with the current on the junction that it disturbs as often as the mean of the layer: where
    it reads antiparallel if reads favour the parallel state, where parallel if not; always where two
    junctions conduct.
    """
    cells = program.chip.cells
    if cells is None or (reads := cells.reads_until_lost()) is None:
        return {}
    found = {}
    for name, use in uses.items():
        p = program.placements[name]
        n_cells = p.rows * p.columns * p.groups * p.n_variants * p.replicas
        exposed = _exposed(program, cells, use) / n_cells
        found[name] = reads / exposed if exposed else float("inf")
    return found


def reliability_summary(program: Program, budgets: Mapping[str, float]) -> dict[str, Any]:
    """Keys of ``summary.json``, with `images_until_lost`; null where the device of the cells does not say."""
    cells = program.chip.cells
    return {
        "write_error_rate": None if cells is None else cells.write_error(),
        "write_pulses": 1.0 if cells is None else cells.mean_pulses(),
        "read_overdrive": None if cells is None else cells.overdrive(),
        "images_until_disturbed": min(budgets.values(), default=None),
        "retention_s": None if cells is None else cells.retention_s(),
    }


def warnings_of_cells(program: Program, budgets: Mapping[str, float], images_per_s: float) -> Iterator[str]:
    """Where an architecture reads too hard, or its cells forget, for ten years of use."""
    cells = program.chip.cells
    if cells is None or not budgets:
        return
    worst = min(budgets, key=lambda name: budgets[name])
    lasts_s = budgets[worst] / images_per_s
    if lasts_s < YEARS_EXPECTED * _YEAR_S:
        yield (
            f"reads disturb the cells: {SHARE_LOST:.0%} of {worst} has flipped after "
            f"{budgets[worst]:.2g} images, "
            f"{_span(lasts_s)} of a stream (read current {cells.overdrive():.2g} of the critical one, "
            f"{cells.temperature_k:g} K)"
        )
    retention_s = cells.retention_s()
    if retention_s is not None and retention_s < YEARS_EXPECTED * _YEAR_S:
        lasts = f"{_span(retention_s)} at {cells.temperature_k:g} K"
        yield f"cells forget: {SHARE_LOST:.0%} has flipped after {lasts}"


def _exposed(program: Program, cells: CellPhysics, use: ArrayUse) -> float:
    if program.chip.geometry.readout == "sense_amp" and cells.n_junctions == 2:
        return use.cell_reads
    return use.antiparallel if cells.favours_parallel else use.parallel


def _span(seconds: float) -> str:
    for unit, size in (("years", _YEAR_S), ("days", 86400.0), ("hours", 3600.0)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.3g} s"
