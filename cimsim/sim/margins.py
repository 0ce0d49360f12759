"""How far apart neighbouring sums are, in deviations, and what wires take of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, ndtr

from cimsim.circuits.array_model import ArrayModel, Converter
from cimsim.circuits.ladder import Ladder, mean_currents, mean_loss
from cimsim.mapping.program import Placement, Program
from cimsim.rng import stream
from cimsim.sim.layer_cells import layout_of

__all__ = ["Margin", "margins", "warnings_of_sums"]

_N_CELLS = 20_000


@dataclass(frozen=True)
class Margin:
    """Of a row step with all its rows driven, each agreeing or not; of two phases, each with half the rows.

    Attributes
    ----------
    sigma : half the distance of neighbouring sums over the deviation of the analog count, half of the rows
        agreeing; what references do not follow is taken off first
    decision_errors : share of conversions that tell another code than that of the exact count
    """

    sigma: float
    decision_errors: float


def margins(program: Program) -> Mapping[str, Margin]:
    """By layer that lies on arrays."""
    model = program.chip.arrays
    if model is None:
        return {}
    cells = _branches(model)
    return {
        name: _margin(model, cells, _rows_of_step(program, placement) // program.chip.geometry.n_phases)
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
    if fidelity == "circuit" and converter is None:
        yield "no column is summed by sense amplifiers: wires change nothing, 'circuit' is 'statistical'"
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
class _Branches:
    """Parallel and antiparallel, in counts.

    Attributes
    ----------
    variance : of a branch from cell to cell and from read to read
    shift : of the mean branch from what references assume
    distance : of the two signals that references assume, in their unit
    """

    variance: tuple[float, float]
    shift: tuple[float, float]
    distance: float


def _branches(model: ArrayModel) -> _Branches:
    generator = stream(0, "margins")
    drawn = [model.signals.draw(np.full(_N_CELLS, state), generator) for state in (True, False)]
    is_even = [np.ptp(signals) == 0.0 for signals in drawn]
    means = [float(part[0] if even else part.mean()) for part, even in zip(drawn, is_even, strict=True)]
    spreads = [0.0 if even else float(part.std()) for part, even in zip(drawn, is_even, strict=True)]
    is_assumed = isinstance(model.read_out, Converter) and not model.read_out.is_calibrated
    assumed = model.signals.nominal() if is_assumed else means
    distance = assumed[0] - assumed[1]
    variance, shift = [], []
    for k in range(2):
        variance.append((spreads[k] ** 2 + (model.read_noise * means[k]) ** 2) / distance**2)
        shift.append((means[k] - assumed[k]) / distance)
    return _Branches((variance[0], variance[1]), (shift[0], shift[1]), distance)


def _rows_of_step(program: Program, placement: Placement) -> int:
    node = program.graph.node(placement.layer)
    taps = prod(node.params["weight"].shape[-2:]) if node.op == "conv2d" else 1
    layout = layout_of(placement, program.chip.geometry, taps)
    return int(np.diff(layout.first_row).max())


def _margin(model: ArrayModel, cells: _Branches, n_rows: int) -> Margin:
    read_out = model.read_out
    if isinstance(read_out, Converter):
        return _of_codes(read_out, cells, n_rows)
    own = (read_out.offset**2 + read_out.noise**2) / cells.distance**2
    half = model.n_branches / 2.0
    deviation = sqrt(half * sum(cells.variance) + own)
    if deviation == 0.0:
        return Margin(float("inf"), 0.0)
    return Margin(half / deviation, float(ndtr(-half / deviation)))


def _of_codes(converter: Converter, cells: _Branches, n_rows: int) -> Margin:
    """Every number of agreeing rows as often as coins tell it, each with the variance of its branches."""
    agreeing = np.arange(n_rows + 1.0)
    others = n_rows - agreeing
    exact = (agreeing - converter.lowest(np.array(float(n_rows)))) / converter.step
    mean = exact + (agreeing * cells.shift[0] + others * cells.shift[1]) / converter.step
    free = 0.0 if converter.is_calibrated else 1.0
    untrimmed = free * (converter.offset_steps**2 + np.square(converter.gain_cv * exact))
    own = converter.inl_steps**2 + converter.noise_steps**2 + untrimmed
    counts = agreeing * cells.variance[0] + others * cells.variance[1]
    deviation = np.sqrt(own + counts / converter.step**2)
    codes = np.clip(np.floor(exact + 0.5), 0, converter.last_code)
    low = np.where(codes == 0, -np.inf, codes - 0.5)
    high = np.where(codes == converter.last_code, np.inf, codes + 0.5)
    with np.errstate(divide="ignore", invalid="ignore"):
        right = ndtr((high - mean) / deviation) - ndtr((low - mean) / deviation)
        sigma = (0.5 / converter.step - np.abs(mean - exact)) / deviation
    is_right = np.where(deviation > 0.0, right, (low <= mean) & (mean < high))
    often = np.exp(gammaln(n_rows + 1) - gammaln(agreeing + 1) - gammaln(others + 1) - n_rows * np.log(2))
    return Margin(float(sigma[n_rows // 2]), float(np.clip(1.0 - often @ is_right, 0.0, 1.0)))
