"""Fidelities `cell` and `circuit`: a row step at a time, each cell or each wire by itself."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cimsim.circuits.array_model import ArrayModel, Converter
from cimsim.circuits.ladder import Ladder, driven_currents, row_attenuation
from cimsim.sim.kernels.each_cell import add_codes, add_counts, fill_normal, sum_cells
from cimsim.sim.kernels.lines import WordLines
from cimsim.sim.layer_cells import LayerCells

__all__ = ["read_cells"]

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
Keys = NDArray[np.uint64]

_STEP_KEY = np.uint64(0xA24BAED4963EE407)


def read_cells(
    lines: WordLines, cells: LayerCells, model: ArrayModel, keys: Keys, wires: Ladder | None
) -> NDArray[np.int32]:
    """Counts (n_positions, columns), added over the row steps.

    Parameters
    ----------
    keys : (n_positions,) seeds of the noise, or (0,)
    wires : resistances of the columns; None takes the wires as ideal
    """
    layout, read_out = cells.layout, cells.read_out
    shape = (len(lines.n_driven), cells.plus.shape[1])
    total, codes = np.empty(shape), np.zeros(shape, np.int64)
    base = np.zeros(len(lines.n_driven))
    for step in range(len(layout.tile)):
        with np.errstate(over="ignore"):
            own = keys + np.uint64(step) * _STEP_KEY
        if wires is None:
            _sum(lines, cells, step, own, not isinstance(model.read_out, Converter), total)
        else:
            total[:] = _through_wires(lines, cells, step, model, wires, own)
        lowest = np.zeros(len(base))
        if isinstance(model.read_out, Converter):
            n_driven = _driven(lines, *layout.first_quad[step : step + 2]).sum(axis=1)
            lowest = model.read_out.lowest(n_driven)
            base += lowest
        add_codes(total, lowest, step, read_out, own, codes)
    counts = np.empty(shape, np.int32)
    add_counts(codes, base, read_out.step, counts)
    return counts


def _sum(lines: WordLines, cells: LayerCells, step: int, keys: Keys, decides: bool, total: Array) -> None:
    first, last = cells.layout.first_quad[step : step + 2]
    sum_cells(lines.ups, lines.downs, first, last, *cells.wide, decides, keys, total)


def _driven(lines: WordLines, first: int, last: int) -> NDArray[np.bool_]:
    """(n_positions, 16 * quads) of a row step, whatever their sign."""
    return _flags(lines.ups[first:last] | lines.downs[first:last])


def _flags(quads: NDArray[np.uint16]) -> NDArray[np.bool_]:
    bits = quads.T[:, :, None] >> np.arange(16, dtype=np.uint16) & np.uint16(1)
    return np.asarray(bits.reshape(quads.shape[1], -1), np.bool_)


def _through_wires(
    lines: WordLines, cells: LayerCells, step: int, model: ArrayModel, wires: Ladder, keys: Keys
) -> Array:
    """Analog counts of a row step from the currents of its columns, as references on ideal wires tell them.

    Calibrated references are columns on the same word lines whose cells are all at one of the two means.
    """
    layout, read_v = cells.layout, model.read_voltage_v
    first, last = layout.first_row[step : step + 2]
    quads = layout.first_quad[step : step + 2]
    n = last - first
    is_up = _flags(lines.ups[quads[0] : quads[1]])[:, :n]
    is_driven = _driven(lines, *quads)[:, :n]
    rows = np.arange(first, last) - layout.first_row[np.searchsorted(layout.tile, layout.tile[step])]
    chosen = np.where(is_driven, np.where(is_up, 0, n) + np.arange(n), -1)
    siemens = cells.signals[:, first:last].reshape(model.n_branches * n, -1) / read_v
    current_a = driven_currents(siemens, chosen, read_v, wires, rows)
    low, size = cells.low[first:last], cells.size[first:last]
    n_active = is_driven.sum(axis=1)[:, None]
    noise = _noise(cells, is_up, is_driven, (first, last), model, wires, rows, keys)
    assert isinstance(model.read_out, Converter)
    if model.read_out.is_calibrated:
        sets, of = np.unique(is_driven, axis=0, return_inverse=True)
        ends = [
            driven_currents(end / read_v, np.where(sets, np.arange(n), -1), read_v, wires, rows)[of.ravel()]
            for end in (low, low + size)
        ]
        counts_per_a = n_active / np.maximum(ends[1] - ends[0], np.finfo(float).tiny)
        return np.asarray((current_a - ends[0] + noise * size[0]) * counts_per_a)
    return np.asarray((current_a - n_active * low[0]) / size[0] + noise)


def _noise(
    cells: LayerCells,
    is_up: Flags,
    is_driven: Flags,
    span: tuple[int, int],
    model: ArrayModel,
    wires: Ladder,
    rows: NDArray[np.int64],
    keys: Keys,
) -> Array | float:
    """Of the cells of a step, each as far as the wires let it be seen, in counts of cells on ideal wires."""
    if cells.plus_variance is None or cells.minus_variance is None:
        return 0.0
    parallel, antiparallel = model.signals.nominal()
    seen = row_attenuation((parallel + antiparallel) / 2.0 / model.read_voltage_v, wires, rows) ** 4
    plus, minus = (part[slice(*span)] * seen[:, None] for part in (cells.plus_variance, cells.minus_variance))
    variance = (is_up & is_driven) @ plus + (is_driven & ~is_up) @ minus
    noise = np.empty_like(variance)
    fill_normal(keys, noise)
    return np.asarray(np.sqrt(variance) * noise)
