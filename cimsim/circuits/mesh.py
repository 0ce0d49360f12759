"""The true mesh: rows driven at one side, columns sensed at one side, resistive wires on both.

Cells that are linear leave one matrix between drivers and sensed ends: the effective conductances, by exact
elimination of everything else. `cimsim.circuits.mesh_solution` finds all voltages of one input.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack

from cimsim.circuits.mesh_kernel import add_row

__all__ = ["Mesh", "effective_conductance", "passive_cells"]

Array = NDArray[np.float64]


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
    siemens = passive_cells(conductance_siemens)
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


def passive_cells(conductance_siemens: Array) -> Array:
    """The cells (rows, columns), contiguous.

    Raises
    ------
    ValueError : a conductance is negative or not finite
    """
    siemens = np.require(conductance_siemens, np.float64, ["C", "W"])
    if not 0.0 <= siemens.min() <= siemens.max() < np.inf:
        raise ValueError("conductances must be finite and 0 or more")
    return siemens
