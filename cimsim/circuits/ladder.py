"""Columns that do not share wires: bit line and source line along the column, one driven cell a row between.

Inputs open and close gates, so each input is a circuit of its own; eliminating a row at a time solves it in
one pass. The same wires seen as resistances that cells share give the loss of each row and its mean.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cimsim.circuits.ladder_kernel import ladder_currents

__all__ = ["Ladder", "column_currents", "driven_currents", "mean_currents", "mean_loss", "row_attenuation"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]


@dataclass(frozen=True)
class Ladder:
    """Wires of a column.

    Attributes
    ----------
    n_rows : rows of the column; row 0 is next to the driver
    bitline_ohm, source_line_ohm : of one segment: between rows, and between the last row and a line's end
    driver_ohm, sense_ohm : of what drives the bit line and of what grounds the source line
    is_same_end : the source line ends where the bit line is driven; otherwise beyond the last row

    Raises
    ------
    ValueError : no rows, or a resistance that is negative or not finite
    """

    n_rows: int
    bitline_ohm: float
    source_line_ohm: float
    driver_ohm: float = 0.0
    sense_ohm: float = 0.0
    is_same_end: bool = True

    def __post_init__(self) -> None:
        if self.n_rows < 1:
            raise ValueError(f"n_rows must be at least 1 (got {self.n_rows})")
        for field in fields(self)[1:5]:
            if not 0.0 <= getattr(self, field.name) < np.inf:
                raise ValueError(f"{field.name} must be 0 or more (got {getattr(self, field.name)})")


def column_currents(
    conductance_siemens: Array, read_v: float, ladder: Ladder, rows: ArrayLike | None = None
) -> Array:
    """Currents of columns whose conductances are given for every input.

    Parameters
    ----------
    conductance_siemens : (n_inputs, n_given, columns), 0 where the gate is closed
    rows : (n_given,) where the given rows lie, rising; default all of the column

    Returns
    -------
    (n_inputs, columns) in ampere

    Raises
    ------
    ValueError : shapes do not fit, rows do not rise, or a conductance is negative or not finite
    """
    n_inputs, n_given, columns = conductance_siemens.shape
    lines = np.arange(n_inputs * n_given).reshape(n_inputs, n_given)
    places = np.arange(ladder.n_rows) if rows is None else np.asarray(rows)
    siemens = conductance_siemens.reshape(-1, columns)
    return driven_currents(siemens, lines, read_v, ladder, np.tile(places, (n_inputs, 1)))


def driven_currents(
    line_siemens: Array, lines: ArrayLike, read_v: float, ladder: Ladder, rows: ArrayLike
) -> Array:
    """Currents when inputs choose among fixed branches: nothing is gathered, undriven rows cost nothing.

    Parameters
    ----------
    line_siemens : (n_lines, columns) conductance of the branch that each word line opens
    lines : (n_inputs, n_driven) word lines that are driven; -1 is none
    rows : (n_inputs, n_driven) or (n_driven,) where these lie, rising, also where none is driven

    Returns
    -------
    (n_inputs, columns) in ampere

    Raises
    ------
    ValueError : shapes do not fit, rows do not rise, or a conductance is negative or not finite
    """
    siemens = np.require(line_siemens, np.float64, ["C", "W"])
    chosen = np.require(lines, np.int64, ["C", "W"])
    places = np.empty_like(chosen)
    places[:] = rows
    if siemens.size and not 0.0 <= siemens.min() <= siemens.max() < np.inf:
        raise ValueError("conductances must be finite and 0 or more")
    if chosen.size and not -1 <= chosen.min() <= chosen.max() < len(siemens):
        raise ValueError(f"lines must lie in -1..{len(siemens) - 1}")
    _check_rows(places, ladder.n_rows)
    found = np.empty((len(chosen), siemens.shape[1]))
    ladder_currents(siemens, chosen, places, *_far_sensed(ladder), found)
    found *= read_v
    return found


def mean_currents(mean_siemens: ArrayLike, read_v: float, ladder: Ladder, rows: ArrayLike) -> Array:
    """Currents of columns in which every driven cell has the mean conductance: calibrated references.

    A read-out whose references lie on this curve, taken at the mean conductance of each count, sees the mean
    loss of the wires compensated; what is left depends on which rows match.

    Parameters
    ----------
    mean_siemens : (n_levels,) mean over the driven cells
    rows : (n_driven,) where they lie, rising

    Returns
    -------
    (n_levels,) in ampere
    """
    levels = np.atleast_1d(np.asarray(mean_siemens, np.float64))
    places = np.asarray(rows)
    return column_currents(np.tile(levels, (1, len(places), 1)), read_v, ladder, places).ravel()


def row_attenuation(mean_siemens: float, ladder: Ladder, rows: ArrayLike) -> Array:
    """Voltage across each driven cell over the read voltage, all cells at their mean conductance.

    The current is that of ideal wires with each cell weighed by this factor, and changes with the conductance
    of one cell by its square (Tellegen's theorem).

    Parameters
    ----------
    rows : (n_driven,) where the driven cells lie, rising

    Returns
    -------
    (n_driven,) from 0 to 1
    """
    places = np.asarray(rows, np.int64)
    _check_rows(places[None], ladder.n_rows)
    near, far = np.minimum.outer(places, places) + 1, ladder.n_rows - np.maximum.outer(places, places)
    source = near if ladder.is_same_end else far
    shared_ohm = ladder.driver_ohm + ladder.sense_ohm + near * ladder.bitline_ohm
    shared_ohm = shared_ohm + source * ladder.source_line_ohm
    matrix = np.eye(len(places)) + mean_siemens * shared_ohm
    return np.asarray(np.linalg.solve(matrix, np.ones(len(places))), np.float64)


def mean_loss(mean_siemens: float, ladder: Ladder, rows: ArrayLike) -> float:
    """Share of a column's current that its wires take, all driven cells at their mean conductance."""
    return 1.0 - float(row_attenuation(mean_siemens, ladder, rows).mean())


def _far_sensed(ladder: Ladder) -> tuple[int, float, float, float, float]:
    """Arguments of the kernel: sensed at the driver, the two lines carry one current and act as one."""
    bitline, source_line = ladder.bitline_ohm, ladder.source_line_ohm
    if ladder.is_same_end:
        bitline, source_line = bitline + source_line, 0.0
    return ladder.n_rows, bitline, source_line, ladder.driver_ohm, ladder.sense_ohm


def _check_rows(rows: Index, n_rows: int) -> None:
    """Rows (n_inputs, n_driven) lie in the column and rise."""
    if rows.size and not (0 <= rows.min() <= rows.max() < n_rows and np.all(np.diff(rows, axis=1) > 0)):
        raise ValueError(f"rows must rise within 0..{n_rows - 1}")
