"""How far apart neighbouring sums are, in deviations, and what wires take of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import erfc, prod, sqrt

import numpy as np
from numpy.typing import NDArray

from cimsim.circuits.array_model import ArrayModel, Converter
from cimsim.circuits.ladder import Ladder, mean_currents, mean_loss
from cimsim.mapping.program import Placement, Program
from cimsim.rng import stream
from cimsim.sim.layer_cells import layout_of

__all__ = ["Margin", "margins", "warnings_of_sums"]

_N_CELLS = 20_000


@dataclass(frozen=True)
class Margin:
    """Of a row step with all its rows driven, half of them agreeing.

    Attributes
    ----------
    sigma : half the distance of neighbouring codes over the deviation of the analog count
    decision_errors : share of conversions that tell another code than that of the exact count
    """

    sigma: float
    decision_errors: float


def margins(program: Program) -> Mapping[str, Margin]:
    """By layer that lies on arrays."""
    model = program.chip.arrays
    if model is None:
        return {}
    cells = _deviations(model)
    return {
        name: _margin(model, cells, _rows_of_step(program, placement))
        for name, placement in program.placements.items()
        if placement.n_macros
    }


def warnings_of_sums(program: Program, fidelity: str) -> Iterator[str]:
    """What the chosen fidelity does not see, and drops along the columns beyond the margin."""
    converter = program.chip.spec.tile.macro.adc
    rows = program.chip.geometry.rows_active
    lossless = program.chip.spec.tile.macro.lossless_bits
    if fidelity == "ideal" and converter is not None and converter.bits < lossless:
        yield (
            f"tile.macro.adc.bits is {converter.bits}, but {rows} active rows give {rows + 1} levels "
            f"({lossless} bits): 'ideal' still sums exactly"
        )
    yield from _warnings_of_wires(program, fidelity)


def _warnings_of_wires(program: Program, fidelity: str) -> Iterator[str]:
    model = program.chip.arrays
    if model is None or model.wires is None or not isinstance(model.read_out, Converter):
        return
    rows = min(program.chip.geometry.rows_active, model.wires.n_rows)
    parallel, antiparallel = model.signals.nominal()
    mean = (parallel + antiparallel) / 2.0
    far = np.arange(model.wires.n_rows - rows, model.wires.n_rows)
    if model.read_out.is_calibrated and (bend := _bend(model, model.wires, far)) <= model.read_out.step / 2.0:
        return
    loss = mean_loss(mean / model.read_voltage_v, model.wires, far)
    lost, cure = loss * rows * mean / (parallel - antiparallel), "calibrate the references"
    if model.read_out.is_calibrated:
        lost, cure = bend, "widen the wires"
    if lost > model.read_out.step / 2.0:
        seen = "" if fidelity == "circuit" else f", which fidelity {fidelity} does not see"
        yield (
            f"wires take {100 * loss:.0f}% of the current of {rows} far rows and shift sums by {lost:.1f} "
            f"counts{seen}: drive fewer rows, or {cure}"
        )


def _bend(model: ArrayModel, wires: Ladder, rows: NDArray[np.int64]) -> float:
    """How far a sum of half the rows lies off the line between none and all, in counts."""
    parallel, antiparallel = model.signals.nominal()
    mean = np.array([antiparallel, (parallel + antiparallel) / 2.0, parallel]) / model.read_voltage_v
    low, middle, high = mean_currents(mean, model.read_voltage_v, wires, rows)
    return abs(float(len(rows) * ((middle - low) / (high - low) - 0.5)))


@dataclass(frozen=True)
class _Deviations:
    """Of one branch, in counts: from cell to cell and from read to read, parallel and antiparallel."""

    parallel: float
    antiparallel: float
    distance: float


def _deviations(model: ArrayModel) -> _Deviations:
    generator = stream(0, "margins")
    parallel, antiparallel = model.signals.nominal()
    found = []
    for state, nominal in ((True, parallel), (False, antiparallel)):
        drawn = model.signals.draw(np.full(_N_CELLS, state), generator)
        spread = drawn.std() if np.ptp(drawn) > 0.0 else 0.0
        found.append(sqrt(spread**2 + (model.read_noise * nominal) ** 2) / (parallel - antiparallel))
    return _Deviations(found[0], found[1], parallel - antiparallel)


def _rows_of_step(program: Program, placement: Placement) -> int:
    node = program.graph.node(placement.layer)
    taps = prod(node.params["weight"].shape[-2:]) if node.op == "conv2d" else 1
    layout = layout_of(placement, program.chip.geometry, taps)
    return int(np.diff(layout.first_row).max())


def _margin(model: ArrayModel, cells: _Deviations, n_rows: int) -> Margin:
    read_out = model.read_out
    if not isinstance(read_out, Converter):
        own = (read_out.offset**2 + read_out.noise**2) / cells.distance**2
        variance, half = cells.parallel**2 + cells.antiparallel**2 + own, 1.0
        return _of(half, variance, one_sided=True)
    free = 0.0 if read_out.is_calibrated else 1.0
    own = free * read_out.offset_steps**2 + read_out.inl_steps**2 + read_out.noise_steps**2
    codes = (read_out.full_scale if read_out.is_centred else n_rows) / 2.0 / read_out.step
    own += free * (read_out.gain_cv * codes) ** 2
    variance = n_rows / 2.0 * (cells.parallel**2 + cells.antiparallel**2) + own * read_out.step**2
    return _of(read_out.step / 2.0, variance, one_sided=False)


def _of(half: float, variance: float, *, one_sided: bool) -> Margin:
    if variance == 0.0:
        return Margin(float("inf"), 0.0)
    sigma = half / sqrt(variance)
    beyond = 0.5 * erfc(sigma / sqrt(2.0))
    return Margin(sigma, beyond if one_sided else 2.0 * beyond)
