"""Slow twins of the wire solvers: Kirchhoff's current law at every node, SciPy's sparse direct solver.

A circuit is a list of (node, node, ohm) or of conductances; named nodes are held at given voltages.
"""

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.linalg import spsolve


class Circuit:
    """Conductances between nodes 0..n-1; some nodes are held at a voltage."""

    def __init__(self, n):
        self.n, self.left, self.right, self.siemens = n, [], [], []

    def connect(self, left, right, siemens):
        left, right, siemens = np.broadcast_arrays(left, right, siemens)
        self.left.append(left.ravel())
        self.right.append(right.ravel())
        self.siemens.append(siemens.ravel())

    def solve(self, held, volts):
        """Voltages of all nodes with nodes ``held`` at ``volts``."""
        left, right = np.concatenate(self.left), np.concatenate(self.right)
        g = np.concatenate(self.siemens)
        entries = np.concatenate([g, g, -g, -g])
        places = np.concatenate([left, right, left, right]), np.concatenate([left, right, right, left])
        matrix = coo_matrix((entries, places), shape=(self.n, self.n)).tocsr()
        free = np.setdiff1d(np.arange(self.n), held)
        found = np.zeros(self.n)
        found[held] = volts
        right_side = -matrix[free][:, held] @ np.asarray(volts, float)
        found[free] = spsolve(matrix[free][:, free].tocsc(), right_side)
        return found


def mesh_solution(siemens, source_v, mesh):
    """Sensed currents and node voltages (rows, columns) of rows and columns; wires above 0 ohm."""
    m, n = siemens.shape
    u = np.arange(m * n).reshape(m, n)
    v = u + m * n
    sources, ground = 2 * m * n + np.arange(m), 2 * m * n + m
    circuit = Circuit(ground + 1)
    circuit.connect(u, v, siemens)
    circuit.connect(u[:, 1:], u[:, :-1], 1 / mesh.row_ohm)
    circuit.connect(v[1:], v[:-1], 1 / mesh.column_ohm)
    circuit.connect(sources, u[:, 0], 1 / (mesh.row_ohm + mesh.driver_ohm))
    circuit.connect(v[-1], ground, 1 / (mesh.column_ohm + mesh.sense_ohm))
    found = circuit.solve(np.append(sources, ground), np.append(source_v, 0.0))
    return found[v[-1]] / (mesh.column_ohm + mesh.sense_ohm), found[u], found[v]


def ladder_current(siemens, read_v, ladder):
    """Current of one column (n_rows,), and the voltages across its cells; wires above 0 ohm."""
    n = ladder.n_rows
    b, s = np.arange(n), n + np.arange(n)
    driver, ground = 2 * n, 2 * n + 1
    circuit = Circuit(2 * n + 2)
    circuit.connect(b, s, siemens)
    circuit.connect(b[1:], b[:-1], 1 / ladder.bitline_ohm)
    circuit.connect(s[1:], s[:-1], 1 / ladder.source_line_ohm)
    circuit.connect(driver, b[0], 1 / (ladder.driver_ohm + ladder.bitline_ohm))
    end = s[0] if ladder.is_same_end else s[-1]
    circuit.connect(end, ground, 1 / (ladder.sense_ohm + ladder.source_line_ohm))
    found = circuit.solve(np.array([driver, ground]), np.array([read_v, 0.0]))
    current = found[end] / (ladder.sense_ohm + ladder.source_line_ohm)
    return current, found[b] - found[s]
