"""Columns of cells between a resistive bit line and a resistive source line, from the far end to the near.

With w the voltage across the cell of a row and I the current of the whole column, what lies beyond a row is::

    i = Y w + a I      current that the bit line carries on
    s = c I - a w      voltage of the source line over its sensed end
    q = 1 - a

A segment (b on the bit line, s on the source line) and a cell (G) change these by additions and products of
positive numbers only, so no precision is lost however long the column is::

    d = 1 + (b + s) Y                    Y <- Y / d + G
    a <- (a + s Y) / d                   c <- c + (s q^2 + b a^2 + s b Y) / d
    q <- (q + b Y) / d

Derived from Kirchhoff's laws: any cut between two rows is crossed by the two lines alone, so together they
carry I.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cimsim._jit import njit

__all__ = ["ladder_currents"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]


@njit
def ladder_currents(
    siemens: Array,
    lines: Index,
    rows: Index,
    n_rows: int,
    bitline_ohm: float,
    source_line_ohm: float,
    driver_ohm: float,
    sense_ohm: float,
    found: Array,
) -> None:
    """Current of each column at 1 V, source line sensed at the far end.

    Parameters
    ----------
    siemens : (n_lines, columns) cell conductances
    lines : (n_inputs, n_driven) entries of the first axis of ``siemens``; -1 is a closed gate
    rows : (n_inputs, n_driven) where these cells lie, rising; row 0 is next to the driver
    found : (n_inputs, columns), written
    """
    n_inputs, n_driven = rows.shape
    columns = siemens.shape[1]
    y, a, q, c = np.empty(columns), np.empty(columns), np.empty(columns), np.empty(columns)
    for i in range(n_inputs):
        y[:], a[:], q[:] = 0.0, 0.0, 1.0
        after = n_rows
        c[:] = sense_ohm
        for k in range(n_driven - 1, -1, -1):
            row, line = rows[i, k], lines[i, k]
            _segment(y, a, q, c, (after - row) * bitline_ohm, (after - row) * source_line_ohm)
            if line >= 0:
                y += siemens[line]
            after = row
        near_ohm = driver_ohm + (after + 1) * bitline_ohm
        for j in range(columns):
            found[i, j] = y[j] / ((near_ohm + c[j]) * y[j] + q[j] * q[j])


@njit
def _segment(y: Array, a: Array, q: Array, c: Array, b: float, s: float) -> None:
    """Take the state of each column over one stretch of both lines; without source line a stays 0, q 1."""
    if s == 0.0:
        for j in range(len(y)):
            y[j] = y[j] / (1.0 + b * y[j])
        return
    for j in range(len(y)):
        inverse = 1.0 / (1.0 + (b + s) * y[j])
        c[j] += (s * q[j] * q[j] + b * a[j] * a[j] + s * b * y[j]) * inverse
        a[j] = (a[j] + s * y[j]) * inverse
        q[j] = (q[j] + b * y[j]) * inverse
        y[j] *= inverse
