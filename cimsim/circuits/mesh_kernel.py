"""Lines of a mesh: wires with a source at one end, a node each segment, and a cell at each node.

Everything is told in resistances of the wires and conductances of the cells and by sums and products of
positive numbers, so ideal wires (0 ohm) and open cells (0 siemens) need no special case.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cimsim._jit import njit

__all__ = ["add_row", "factor_lines", "solve_lines"]

Array = NDArray[np.float64]


@njit
def add_row(siemens: Array, first_ohm: float, row_ohm: float, admittance: Array, current: Array) -> None:
    """Eliminate the nodes of one row, leaving what it does to the columns.

    Parameters
    ----------
    siemens : (columns,) cells of the row
    first_ohm, row_ohm : between source and first node, and between nodes
    admittance : (columns, columns) between the column nodes; the row's is added
    current : (columns,) written: into columns held at 0 V, per volt of the source
    """
    n = len(siemens)
    beyond, passed = np.empty(n), np.empty(n)
    right = 0.0
    for k in range(n - 1, -1, -1):
        beyond[k] = right
        passed[k] = 1.0 / (1.0 + (row_ohm if k else first_ohm) * (siemens[k] + right))
        right = (siemens[k] + right) * passed[k]
    left_ohm, voltage = first_ohm, 1.0
    transfer = np.empty(n)
    for k in range(n):
        voltage *= passed[k]
        current[k] = siemens[k] * voltage
        share = 1.0 / (1.0 + left_ohm * (siemens[k] + beyond[k]))
        transfer[:k] *= passed[k]
        transfer[k] = siemens[k] * left_ohm * share
        admittance[k, :k] -= siemens[k] * transfer[:k]
        admittance[k, k] += siemens[k] * (1.0 + left_ohm * beyond[k]) * share
        further = transfer[k]
        for j in range(k + 1, n):
            further *= passed[j]
            admittance[k, j] -= siemens[j] * further
        left_ohm = row_ohm + left_ohm / (1.0 + siemens[k] * left_ohm)


@njit
def factor_lines(siemens: Array, first_ohm: float, segment_ohm: float) -> Array:
    """Share of a voltage that passes the segment before each node; nodes along axis 0, lines side by side."""
    passed = np.empty_like(siemens)
    seen = np.zeros(siemens.shape[1])
    for k in range(len(siemens) - 1, -1, -1):
        seen += siemens[k]
        passed[k] = 1.0 / (1.0 + (segment_ohm if k else first_ohm) * seen)
        seen *= passed[k]
    return passed


@njit
def solve_lines(
    passed: Array, first_ohm: float, segment_ohm: float, source_v: Array, injected: Array, voltage: Array
) -> Array:
    """Voltages of the nodes of lines side by side.

    Parameters
    ----------
    passed : (nodes, lines) of `factor_lines`
    source_v : (lines,) behind the first segment
    injected : (nodes, lines) current into the nodes from outside
    voltage : (nodes, lines), written

    Returns
    -------
    (lines,) current out of the first segment if its source is at 0 V
    """
    current = np.zeros(passed.shape[1])
    for k in range(len(passed) - 1, -1, -1):
        current += injected[k]
        voltage[k] = current
        current *= passed[k]
    before = source_v
    for k in range(len(passed)):
        voltage[k] = (before + (segment_ohm if k else first_ohm) * voltage[k]) * passed[k]
        before = voltage[k]
    return current
