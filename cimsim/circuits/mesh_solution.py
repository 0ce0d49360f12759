"""All voltages of a mesh for one input, and cells that change with their voltage.

Conjugate gradients, exact along every line: the nodes of a row are eliminated given the columns, and the
columns precondition. Wires conduct far better than junctions, so ten to twenty-five steps are enough.

References
----------
D. Joksas, A. Mehonic, SoftwareX 12, 100617 (2020): badcrossbar, the same circuit by nodal analysis.
M. R. Hestenes, E. Stiefel, J. Res. Natl. Bur. Stand. 49, 409 (1952): conjugate gradients.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cimsim.circuits.mesh import Mesh, passive_cells
from cimsim.circuits.mesh_kernel import factor_lines, solve_lines

__all__ = ["MeshSolution", "solve_mesh", "solve_nonlinear"]

Array = NDArray[np.float64]

RESIDUAL = 1e-13
"""Where `solve_mesh` stops, in the norm of the dissipated power, relative to the start."""
MAX_STEPS = 10_000
"""Of `solve_mesh`: cells of 1 ohm on wires of 100 ohm need 400."""


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


def solve_mesh(conductance_siemens: Array, source_v: Array, mesh: Mesh) -> MeshSolution:
    """All voltages and the sensed currents of one input.

    Parameters
    ----------
    conductance_siemens : (rows, columns) cells, 0 where open
    source_v : (rows,) of the drivers

    Raises
    ------
    ValueError : shapes do not fit, or a conductance is negative or not finite
    ArithmeticError : cells conduct so much better than wires that the search does not end
    """
    siemens = passive_cells(conductance_siemens)
    source = np.require(source_v, np.float64, ["C", "W"])
    if source.shape != siemens.shape[:1]:
        raise ValueError(f"one voltage per row, {len(siemens)} (got shape {source.shape})")
    lines = _Lines(siemens, mesh)
    u = lines.rows(np.zeros_like(siemens), source)
    v = _conjugate_gradients(lines, siemens * u)
    u = lines.rows(siemens * v, source)
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

    def rows(self, injected: Array, source_v: Array) -> Array:
        """Voltages (rows, columns) of the row nodes."""
        found = np.empty_like(self._row)
        solve_lines(self._row, *self._row_ohm, source_v, np.ascontiguousarray(injected.T), found)
        return np.swapaxes(found, 0, 1)

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
    for _ in range(MAX_STEPS):
        z, _ = lines.columns(residual)
        last, power = power, float(np.vdot(residual, z))
        start = start or power
        if power <= RESIDUAL**2 * start:
            return v
        step = z + (power / last) * step
        drawn = residual + (power / last) * drawn
        changed = drawn - siemens * lines.rows(siemens * step, grounded)
        length = power / float(np.vdot(step, changed))
        v += length * step
        residual -= length * changed
    raise ArithmeticError(f"the voltages of the mesh are not found in {MAX_STEPS} steps")


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
    ArithmeticError : the currents still change after ``max_passes``, or as `solve_mesh`
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
