"""Slow twins of the wire solvers: Kirchhoff's current law at every node, by sparse solver or by ngspice."""

import re
import subprocess
from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.linalg import spsolve


@dataclass
class Circuit:
    """Resistors between numbered nodes; ``held`` nodes have given voltages, ``sensed`` ones 0 V."""

    n: int
    held: np.ndarray
    sensed: np.ndarray
    resistors: list = field(default_factory=list)

    def connect(self, left, right, siemens):
        parts = (x.ravel() for x in np.broadcast_arrays(left, right, siemens))
        self.resistors.append(tuple(parts))

    def branches(self):
        left, right, siemens = (np.concatenate(x) for x in zip(*self.resistors, strict=True))
        return left[siemens > 0], right[siemens > 0], siemens[siemens > 0]

    def solve(self, held_v):
        """Voltages of all nodes, and currents into the sensed ones."""
        left, right, g = self.branches()
        places = np.concatenate([left, right, left, right]), np.concatenate([left, right, right, left])
        matrix = coo_matrix((np.concatenate([g, g, -g, -g]), places), shape=(self.n, self.n)).tocsr()
        held = np.concatenate([self.held, self.sensed])
        volts = np.concatenate([np.broadcast_to(held_v, len(self.held)), np.zeros(len(self.sensed))])
        free = np.setdiff1d(np.arange(self.n), held)
        found = np.zeros(self.n)
        found[held] = volts
        found[free] = spsolve(matrix[free][:, free].tocsc(), -matrix[free][:, held] @ volts)
        return found, -(matrix[self.sensed] @ found)

    def solve_by_ngspice(self, held_v, folder):
        """Currents into the sensed nodes."""
        held_v = np.broadcast_to(held_v, len(self.held))
        lines = ["cimsim"]
        lines += [
            f"R{k} n{a} n{b} {1 / g:.15e}" for k, (a, b, g) in enumerate(zip(*self.branches(), strict=True))
        ]
        lines += [f"V{k} n{k} 0 {v:.15e}" for k, v in zip(self.held, held_v, strict=True)]
        lines += [f"V{k} n{k} 0 0" for k in self.sensed]
        prints = [f"print i(v{k})" for k in self.sensed]
        lines += [".control", "set numdgt=12", "op", *prints, "quit 0", ".endc", ".end"]
        (folder / "circuit.cir").write_text("\n".join(lines))
        command = ["ngspice", "-b", str(folder / "circuit.cir")]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
        found = dict(re.findall(r"i\(v(\d+)\) = (\S+)", done.stdout))
        return np.array([float(found[str(k)]) for k in self.sensed])


def mesh_circuit(shape, siemens, mesh):
    """Row nodes, then column nodes, drivers and ends of the columns; wires above 0 ohm."""
    m, n = shape
    u, v = np.arange(2 * m * n).reshape(2, m, n)
    drivers, ends = np.split(2 * m * n + np.arange(m + n), [m])
    circuit = Circuit(2 * m * n + m + n, drivers, ends)
    circuit.connect(u, v, siemens)
    circuit.connect(u[:, 1:], u[:, :-1], 1 / mesh.row_ohm)
    circuit.connect(v[1:], v[:-1], 1 / mesh.column_ohm)
    circuit.connect(drivers, u[:, 0], 1 / (mesh.row_ohm + mesh.driver_ohm))
    circuit.connect(v[-1], ends, 1 / (mesh.column_ohm + mesh.sense_ohm))
    return circuit


def mesh_solution(siemens, source_v, mesh):
    """Sensed currents, voltages (rows, columns) of row and of column nodes."""
    m, n = siemens.shape
    found, current = mesh_circuit((m, n), siemens, mesh).solve(source_v)
    return current, *found[: 2 * m * n].reshape(2, m, n)


def ladder_circuit(siemens, ladder):
    """One column (n_rows,): nodes of the bit line, then of the source line; wires above 0 ohm."""
    n = ladder.n_rows
    b, s = np.arange(2 * n).reshape(2, n)
    circuit = Circuit(2 * n + 2, np.array([2 * n]), np.array([2 * n + 1]))
    circuit.connect(b, s, siemens)
    circuit.connect(b[1:], b[:-1], 1 / ladder.bitline_ohm)
    circuit.connect(s[1:], s[:-1], 1 / ladder.source_line_ohm)
    circuit.connect(2 * n, b[0], 1 / (ladder.driver_ohm + ladder.bitline_ohm))
    end = s[0] if ladder.is_same_end else s[-1]
    circuit.connect(end, 2 * n + 1, 1 / (ladder.sense_ohm + ladder.source_line_ohm))
    return circuit


def ladder_solution(siemens, read_v, ladder):
    """Current of one column, and voltages across its cells."""
    found, current = ladder_circuit(siemens, ladder).solve(read_v)
    n = ladder.n_rows
    return current[0], found[:n] - found[n : 2 * n]
