"""The cells of one weight matrix and the read-outs behind them: drawn once, used by every image and pass."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from cimsim.arch.chip import Geometry
from cimsim.circuits.array_model import ArrayModel, Converter, Sense
from cimsim.mapping.placement import reads_per_step, row_tile_sizes
from cimsim.mapping.program import Placement
from cimsim.sim.kernels.analog import QUAD_ROWS, Cells, make_cells
from cimsim.sim.kernels.patterns import WIDTH
from cimsim.sim.kernels.read_out import ReadOut
from cimsim.sim.read_outs import ReadOuts

__all__ = ["LayerCells", "Layout", "draw_cells", "layout_of", "n_read_outs"]

Array = NDArray[np.float64]
Floats = NDArray[np.float32]
Index = NDArray[np.int64]

_NO_NUMBERS, _NO_BLOCKS = np.empty(0, np.float32), np.empty((0, 0), np.float32)
_NO_CELLS = Cells(_NO_BLOCKS, _NO_BLOCKS)


@dataclass(frozen=True, eq=False)
class Layout:
    """Where a weight matrix lies.

    Attributes
    ----------
    first_row : (n_steps + 1,), where each row step begins
    subarray : (n_steps, columns) which of the layer's subarrays a column of a step lies on
    unit : (n_steps, columns) which of the layer's read-outs reads it: subarrays of a macro share theirs
    """

    first_row: Index
    subarray: Index
    unit: Index

    @property
    def tile(self) -> Index:
        """(n_steps,) alike where steps lie on the same row tile."""
        return self.subarray[:, 0]

    @cached_property
    def first_quad(self) -> Index:
        """(n_steps + 1,), steps begin with a quad of their own."""
        quads = -(-np.diff(self.first_row) // QUAD_ROWS)
        return np.concatenate([[0], np.cumsum(quads)])

    @cached_property
    def slot(self) -> Index:
        """(rows,) the slot of each row among those of the quads."""
        steps = np.repeat(np.arange(len(self.subarray)), np.diff(self.first_row))
        return np.arange(len(steps)) - self.first_row[steps] + QUAD_ROWS * self.first_quad[steps]


def layout_of(placement: Placement, geometry: Geometry, taps: int, copy: int = 0) -> Layout:
    """Rows of the tiles in steps; a sense amplifier's rows are counted one by one, a step a tile is enough.

    Parameters
    ----------
    taps : positions of the kernel, which lie in crossbars of their own if it is split
    copy : which of the layer's matrices, group by group in each variant
    """
    splits = taps if placement.strategy == "kernel_split" else 1
    sizes = row_tile_sizes(placement.rows, geometry.n_rows, geometry.rows_active, splits)
    at_once = geometry.n_rows if geometry.readout == "sense_amp" else geometry.rows_active
    bounds, tiles = [0], list[int]()
    for tile, size in enumerate(sizes):
        start = bounds[-1]
        bounds += [start + min(done, size) for done in range(at_once, size + at_once, at_once)]
        tiles += [tile] * math.ceil(size / at_once)
    column, width = np.arange(placement.columns), math.ceil(placement.columns / placement.column_tiles)
    across, place = column // width, column % width // reads_per_step(placement, geometry)
    subarray = (copy * placement.column_tiles + across) * placement.row_tiles + np.array(tiles)[:, None]
    macro = subarray // geometry.subarrays_per_macro
    return Layout(np.array(bounds), subarray, geometry.readouts_per_macro * macro + place)


def n_read_outs(placement: Placement, geometry: Geometry) -> int:
    """Of all macros of one replica."""
    per_copy = placement.row_tiles * placement.column_tiles * placement.groups * placement.n_variants
    return math.ceil(per_copy / geometry.subarrays_per_macro) * geometry.readouts_per_macro


@dataclass(frozen=True, eq=False)
class LayerCells:
    """One matrix, ready for the kernels.

    Attributes
    ----------
    plus, minus : (rows, columns), what a cell adds to a count when driven with +1, with -1
    signals : (n_branches, rows, columns) as drawn
    low, size : (rows, columns) antiparallel signal, and distance of the parallel one, that references assume
    plus_variance, minus_variance : the same of the variance of a read; None without noise of the cells
    """

    layout: Layout
    plus: Array
    minus: Array
    signals: Array
    low: Array
    size: Array
    plus_variance: Array | None
    minus_variance: Array | None
    read_out: ReadOut

    @cached_property
    def counts_of(self) -> Cells:
        return self._cells(self.plus, self.minus)

    @cached_property
    def variance_of(self) -> Cells:
        if self.plus_variance is None or self.minus_variance is None:
            return _NO_CELLS
        return self._cells(self.plus_variance, self.minus_variance)

    @cached_property
    def wide(self) -> tuple[Array, Array, Array, Array]:
        """plus, minus and their variances (0, columns: none) at their slots."""
        none = np.empty((0, self.plus.shape[1]))
        return (
            self._in_slots(self.plus),
            self._in_slots(self.minus),
            none if self.plus_variance is None else self._in_slots(self.plus_variance),
            none if self.minus_variance is None else self._in_slots(self.minus_variance),
        )

    def _in_slots(self, values: Array) -> Array:
        """Rows (rows, columns) at their slots."""
        found = np.zeros((QUAD_ROWS * self.layout.first_quad[-1], values.shape[1]))
        found[self.layout.slot] = values
        return found

    def _cells(self, plus: Array, minus: Array) -> Cells:
        return make_cells(*(self._in_slots(part).astype(np.float32) for part in (plus, minus)))


def draw_cells(
    signs: NDArray[np.int8],
    layout: Layout,
    model: ArrayModel,
    read_outs: ReadOuts,
    generator: np.random.Generator,
) -> LayerCells:
    """Cells out of the spread, before the read-outs of their layer.

    Faults and signals have streams of their own: with other faults, all other cells are the same.

    Parameters
    ----------
    signs : (rows, columns) weights -1 or +1, in the order of the word lines
    """
    branches = [signs > 0, signs < 0][: model.n_branches]
    of_faults, of_signals = generator.spawn(2)
    is_parallel = model.faults.apply(np.stack(branches), of_faults)
    signals = model.signals.draw(is_parallel, of_signals)
    if isinstance(model.read_out, Sense):
        return _sensed(signals, layout, model, model.read_out, read_outs)
    return _converted(signals, is_parallel, layout, model, model.read_out, read_outs)


def _converted(
    signals: Array,
    is_parallel: NDArray[np.bool_],
    layout: Layout,
    model: ArrayModel,
    converter: Converter,
    read_outs: ReadOuts,
) -> LayerCells:
    parallel, antiparallel = model.signals.nominal()
    low = np.full(signals.shape[1:], antiparallel)
    size = np.full(signals.shape[1:], parallel - antiparallel)
    if converter.is_calibrated:
        low, size = _means(signals, is_parallel, layout, (parallel, antiparallel))
    counts = (signals - low) / size
    variance: tuple[Array | None, Array | None] = (None, None)
    if model.read_noise > 0.0:
        noise = np.square(model.read_noise * signals / size)
        variance = (noise[0], noise[-1])
    read_out = _codes(converter, layout, model.is_noisy, read_outs)
    return LayerCells(layout, counts[0], counts[-1], signals, low, size, *variance, read_out)


def _means(
    signals: Array, is_parallel: NDArray[np.bool_], layout: Layout, nominal: tuple[float, float]
) -> tuple[Array, Array]:
    """Of the cells of each subarray: mean antiparallel signal, and distance of the parallel one."""
    group = np.repeat(layout.subarray - layout.subarray.min(), np.diff(layout.first_row), axis=0)
    both = np.broadcast_to(group, signals.shape)
    means = []
    for state, given in zip((is_parallel, ~is_parallel), nominal, strict=True):
        count = np.bincount(both[state], minlength=int(group.max()) + 1)
        total = np.bincount(both[state], signals[state], minlength=len(count))
        means.append(np.where(count > 0, total / np.maximum(count, 1), given)[group])
    return means[1], means[0] - means[1]


def _codes(converter: Converter, layout: Layout, is_noisy: bool, read_outs: ReadOuts) -> ReadOut:
    """Every column of a step with the errors of its converter."""
    at = layout.unit
    return ReadOut(
        gain=_in_blocks(read_outs.gain[at] / converter.step),
        offset=_in_blocks(read_outs.offset[at]),
        levels=np.ascontiguousarray(_in_blocks(read_outs.levels[at])),
        last_code=converter.last_code,
        step=converter.step,
        span=converter.span,
        variance=converter.noise_steps**2,
        normal=_quantiles() if is_noisy else _NO_NUMBERS,
        counts_ones=False,
    )


def _sensed(
    signals: Array, layout: Layout, model: ArrayModel, sense: Sense, read_outs: ReadOuts
) -> LayerCells:
    """Each decision compares the branches of a cell: the count of ones is exact, the ones may be wrong.

    A single branch is compared with the nominal mean, and the bit turned round where the input is -1.
    """
    offset = np.repeat(read_outs.offset[layout.unit], np.diff(layout.first_row), axis=0)
    if model.n_branches == 2:
        difference = signals[0] - signals[1]
        margins = difference + offset, offset - difference
    else:
        difference = signals[0] - sum(model.signals.nominal()) / 2.0
        margins = difference + offset, -(difference + offset)
    variance: tuple[Array | None, Array | None] = (None, None)
    if model.is_noisy:
        noise = np.sqrt(sense.noise**2 + np.square(model.read_noise * signals).sum(axis=0))
        plus, minus = (ndtr(margin / noise) for margin in margins)
        variance = (plus * (1.0 - plus), minus * (1.0 - minus))
    else:
        plus, minus = (np.asarray(margin > 0.0, np.float64) for margin in margins)
    columns = -(-signals.shape[2] // WIDTH) * WIDTH
    shape = (len(layout.subarray), columns)
    read_out = ReadOut(
        np.ones(shape, np.float32), np.zeros(shape, np.float32), np.empty((*shape, 0), np.float32),
        signals.shape[1], 1.0, 0.0, 0.0, _quantiles() if model.is_noisy else _NO_NUMBERS, True,
    )  # fmt: skip
    nothing = np.zeros(difference.shape)
    return LayerCells(layout, plus, minus, signals, nothing, nothing, *variance, read_out)


def _in_blocks(values: Array) -> Floats:
    """(n_steps, columns, ...) padded to whole blocks of columns, with ones: a gain of 0 would not do."""
    columns = values.shape[1]
    widths = [(0, 0), (0, -columns % WIDTH)] + [(0, 0)] * (values.ndim - 2)
    return np.pad(values, widths, constant_values=1.0).astype(np.float32)


def _quantiles() -> Floats:
    """65,536 equally likely normal numbers of deviation 1; none lies beyond 4.4."""
    found = ndtri((np.arange(65536) + 0.5) / 65536)
    return np.asarray(found / found.std(), np.float32)
