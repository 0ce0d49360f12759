"""The true mesh: rows driven at one side, columns sensed at one side, resistive wires on both.

One input is solved by conjugate gradients, exact along every line: the nodes of a row are eliminated given
the columns, and the columns precondition. Many inputs are served by the effective conductances, which hold
for linear cells: an exact elimination, row by row, of everything but the driven and the sensed ends.

References
----------
D. Joksas, A. Mehonic, SoftwareX 12, 100617 (2020): badcrossbar, the same circuit by nodal analysis.
M. R. Hestenes, E. Stiefel, J. Res. Natl. Bur. Stand. 49, 409 (1952): conjugate gradients.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack

from cimsim.circuits.mesh_kernel import add_row, factor_lines, solve_lines

__all__ = ["Mesh", "MeshSolution", "effective_conductance", "solve_mesh", "solve_nonlinear"]

Array = NDArray[np.float64]

RESIDUAL = 1e-13
"""Of `solve_mesh`, in the norm of the dissipated power, relative to the start."""


@dataclass(frozen=True)
class Mesh:
    """Wires of a mesh. Rows are driven before column 0, columns are sensed beyond the last row.

    Attributes
    ----------
    row_ohm, column_ohm : of one segment: between cells, and between the outermost cell and a line's end
    driver_ohm, sense_ohm : in series with the first segment of a row and the last of a column

    Raises
    ------
    ValueError : a resistance that is negative or not finite
    """

    row_ohm: float
    column_ohm: float
    driver_ohm: float = 0.0
    sense_ohm: float = 0.0

    def __post_init__(self) -> None:
        for field in fields(self):
            if not 0.0 <= getattr(self, field.name) < np.inf:
                raise ValueError(f"{field.name} must be 0 or more (got {getattr(self, field.name)})")

    @property
    def first_row_ohm(self) -> float:
        """Between the source of a row and its first cell."""
        return self.driver_ohm + self.row_ohm

    @property
    def last_column_ohm(self) -> float:
        """Between the last cell of a column and ground."""
        return self.sense_ohm + self.column_ohm


@dataclass(frozen=True, eq=False)
class MeshSolution:
    """One input solved.

    Attributes
    ----------
    current_a : (columns,) sensed
    row_v, column_v : (rows, columns) voltages at both ends of each cell
    """

    current_a: Array
    row_v: Array
    column_v: Array

    @property
    def cell_v(self) -> Array:
        """Voltage across each cell, (rows, columns)."""
        return self.row_v - self.column_v


def effective_conductance(conductance_siemens: Array, mesh: Mesh) -> Array:
    """Transfer conductances of a mesh of linear cells: sensed currents are ``voltages @ effective``.

    Row by row from the top the columns' part of the circuit is kept as its Norton equivalent, a dense
    admittance and a current per driven row: rows x columns^3 operations. The longer side is walked along;
    by reciprocity a mesh may be driven through its columns instead.

    Parameters
    ----------
    conductance_siemens : (rows, columns) cells, 0 where open

    Returns
    -------
    (rows, columns) in siemens

    Raises
    ------
    ValueError : a conductance is negative or not finite
    """
    siemens = _checked(conductance_siemens)
    n_rows, n_columns = siemens.shape
    if n_columns > n_rows:
        turned = Mesh(mesh.column_ohm, mesh.row_ohm, mesh.sense_ohm, mesh.driver_ohm)
        return np.ascontiguousarray(effective_conductance(siemens.T[::-1, ::-1], turned).T[::-1, ::-1])
    norton = np.zeros((n_columns, n_columns + n_rows), order="F")
    for i in range(n_rows):
        stop = n_columns + i
        add_row(siemens[i], mesh.first_row_ohm, mesh.row_ohm, norton.T[:n_columns], norton.T[stop])
        series_ohm = mesh.column_ohm if i + 1 < n_rows else mesh.last_column_ohm
        _add_series(norton[:, : stop + 1], series_ohm)
    return np.ascontiguousarray(norton[:, n_columns:].T)


def _add_series(norton: Array, series_ohm: float) -> None:
    """In place, the Norton equivalents [Y, J] behind a resistance R in each column: (1 + R Y)^-1 [Y, J]."""
    n = len(norton)
    matrix = np.multiply(norton[:, :n], series_ohm, order="F")
    matrix[np.diag_indices(n)] += 1.0
    lapack.dposv(matrix, norton, overwrite_a=True, overwrite_b=True)


def solve_mesh(conductance_siemens: Array, source_v: Array, mesh: Mesh) -> MeshSolution:
    """All voltages and the sensed currents of one input.

    Parameters
    ----------
    conductance_siemens : (rows, columns) cells, 0 where open
    source_v : (rows,) of the drivers

    Raises
    ------
    ValueError : shapes do not fit, or a conductance is negative or not finite
    """
    siemens = _checked(conductance_siemens)
    source = np.require(source_v, np.float64, ["C", "W"])
    if source.shape != siemens.shape[:1]:
        raise ValueError(f"one voltage per row, {len(siemens)} (got shape {source.shape})")
    lines = _Lines(siemens, mesh)
    u, _ = lines.rows(np.zeros_like(siemens), source)
    v = _conjugate_gradients(lines, siemens * u)
    u, _ = lines.rows(siemens * v, source)
    v, current = lines.columns(siemens * u)
    return MeshSolution(current, u, v)


class _Lines:
    """Exact solutions along all rows and along all columns, each given the other's currents."""

    def __init__(self, siemens: Array, mesh: Mesh) -> None:
        self.siemens = siemens
        self._row_ohm = (mesh.first_row_ohm, mesh.row_ohm)
        self._column_ohm = (mesh.last_column_ohm, mesh.column_ohm)
        self._row = factor_lines(np.ascontiguousarray(siemens.T), *self._row_ohm)
        self._column = factor_lines(np.ascontiguousarray(siemens[::-1]), *self._column_ohm)
        self._grounded = np.zeros(siemens.shape[1])

    def rows(self, injected: Array, source_v: Array) -> tuple[Array, Array]:
        """Voltages (rows, columns) of the row nodes; current out of the drivers if they are at 0 V."""
        found = np.empty_like(self._row)
        out = solve_lines(self._row, *self._row_ohm, source_v, np.ascontiguousarray(injected.T), found)
        return found.T, out

    def columns(self, injected: Array) -> tuple[Array, Array]:
        """Voltages (rows, columns) of the column nodes, and the sensed currents."""
        found = np.empty_like(self._column)
        right = np.ascontiguousarray(injected[::-1])
        out = solve_lines(self._column, *self._column_ohm, self._grounded, right, found)
        return found[::-1], out


def _conjugate_gradients(lines: _Lines, current: Array) -> Array:
    """Voltages of the column nodes for a current (rows, columns) into them, rows eliminated.

    The columns precondition; what they make of a direction is carried along, so ideal ones (0 ohm) are fine.
    """
    siemens, grounded = lines.siemens, np.zeros(len(current))
    residual, v = current.copy(), np.zeros_like(current)
    step, drawn = np.zeros_like(current), np.zeros_like(current)
    power, start = 1.0, 0.0
    for _ in range(v.size):
        z, _ = lines.columns(residual)
        last, power = power, float(np.vdot(residual, z))
        start = start or power
        if power <= RESIDUAL**2 * start:
            break
        step = z + (power / last) * step
        drawn = residual + (power / last) * drawn
        u, _ = lines.rows(siemens * step, grounded)
        changed = drawn - siemens * u
        length = power / float(np.vdot(step, changed))
        v += length * step
        residual -= length * changed
    return v


def solve_nonlinear(
    conductance_at: Callable[[Array], Array],
    source_v: Array,
    mesh: Mesh,
    *,
    tolerance: float = 1e-5,
    max_passes: int = 20,
) -> MeshSolution:
    """One input of a mesh whose cells change with their voltage: solved again at the voltages last found.

    Parameters
    ----------
    conductance_at : from the voltage across each cell (rows, columns), or (rows, 1) at the start, to its
        conductance (rows, columns), current over voltage
    source_v : (rows,) of the drivers
    tolerance : largest change of a sensed current in the last pass, relative to the largest current

    Raises
    ------
    ArithmeticError : the currents still change after ``max_passes``
    ValueError : as `solve_mesh`
    """
    change = np.inf
    found = solve_mesh(conductance_at(np.asarray(source_v)[:, None]), source_v, mesh)
    for _ in range(max_passes - 1):
        last, found = found, solve_mesh(conductance_at(found.cell_v), source_v, mesh)
        change = np.abs(found.current_a - last.current_a).max()
        if change <= tolerance * np.abs(found.current_a).max():
            return found
    raise ArithmeticError(f"cell voltages do not settle in {max_passes} passes (last change {change:g} A)")


def _checked(conductance_siemens: Array) -> Array:
    """Contiguous and passive."""
    siemens = np.require(conductance_siemens, np.float64, ["C", "W"])
    if not 0.0 <= siemens.min() <= siemens.max() < np.inf:
        raise ValueError("conductances must be finite and 0 or more")
    return siemens
