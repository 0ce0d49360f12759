"""The mesh: two solvers of ours against Kirchhoff's laws at every node, badcrossbar and ngspice."""

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from naive.nodal import mesh_circuit, mesh_solution

from cimsim.circuits.mesh import Mesh, effective_conductance
from cimsim.circuits.mesh_solution import solve_mesh, solve_nonlinear

ROOT = Path(__file__).resolve().parents[3]
PARALLEL, ANTIPARALLEL = 1 / 5e3, 1 / 12.5e3
SHAPES = pytest.mark.parametrize("shape", [(1, 1), (1, 6), (6, 1), (7, 12), (12, 7), (20, 20)])


def cells(shape, seed=0, open_share=0.0):
    rng = np.random.default_rng(seed)
    return rng.choice([PARALLEL, ANTIPARALLEL], shape) * (rng.random(shape) >= open_share)


def volts(shape, seed=1):
    return np.random.default_rng(seed).uniform(0.0, 0.1, shape[0])


@SHAPES
@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
def test_both_solvers_agree_with_nodal_analysis(shape, scale):
    mesh = Mesh(2.0, 3.0, driver_ohm=40.0, sense_ohm=15.0)
    siemens, source = scale * cells(shape, open_share=0.2), volts(shape)
    current, row_v, column_v = mesh_solution(siemens, source, mesh)
    found = solve_mesh(siemens, source, mesh)
    np.testing.assert_allclose(found.current_a, current, rtol=1e-9)
    np.testing.assert_allclose(found.row_v, row_v, atol=1e-11)
    np.testing.assert_allclose(found.column_v, column_v, atol=1e-11)
    np.testing.assert_allclose(source @ effective_conductance(siemens, mesh), current, rtol=1e-9)


def test_badcrossbar_agrees():
    badcrossbar = pytest.importorskip("badcrossbar", reason="needs badcrossbar, which .ci/run installs")
    siemens, source = cells((32, 32)), volts((32, 32))
    theirs = badcrossbar.compute(source[:, None], 1 / siemens, r_i_word_line=2.0, r_i_bit_line=3.0)
    found = solve_mesh(siemens, source, Mesh(2.0, 3.0))
    np.testing.assert_allclose(found.current_a, theirs.currents.output[0], rtol=1e-9)
    np.testing.assert_allclose(found.row_v, theirs.voltages.word_line, rtol=1e-9)
    np.testing.assert_allclose(
        source @ effective_conductance(siemens, Mesh(2.0, 3.0)), found.current_a, rtol=1e-9
    )


@pytest.mark.skipif(shutil.which("ngspice") is None, reason="needs ngspice, which .ci/run installs")
def test_ngspice_agrees(tmp_path):
    shape, mesh = (32, 32), Mesh(2.0, 2.0)
    siemens, source = cells(shape), volts(shape)
    theirs = mesh_circuit(shape, siemens, mesh).solve_by_ngspice(source, tmp_path)
    np.testing.assert_allclose(solve_mesh(siemens, source, mesh).current_a, theirs, rtol=1e-6)
    np.testing.assert_allclose(source @ effective_conductance(siemens, mesh), theirs, rtol=1e-6)


def test_one_cell_is_in_series_with_its_wires():
    found = effective_conductance(np.array([[PARALLEL]]), Mesh(2.0, 3.0, 40.0, 15.0))
    assert found[0, 0] == pytest.approx(1 / (5e3 + 2 + 3 + 40 + 15), rel=1e-14)


def test_two_cells_of_a_row_share_its_driver():
    found = effective_conductance(np.array([[PARALLEL, ANTIPARALLEL]]), Mesh(2.0, 3.0))
    first, second = 5e3 + 3, 2 + 12.5e3 + 3
    node_v = 1 / (1 + 2 * (1 / first + 1 / second))
    np.testing.assert_allclose(found, [[node_v / first, node_v / second]], rtol=1e-14)


def test_the_anchor_of_the_dossier():
    """32 x 32, 2 ohm a segment, all rows at 0.1 V: mean and worst loss 16 and 20 % (devices.md 2.4)."""
    siemens = cells((32, 32))
    loss = 1 - effective_conductance(siemens, Mesh(2.0, 2.0)).sum(axis=0) / siemens.sum(axis=0)
    assert loss.mean() == pytest.approx(0.16, abs=0.005)
    assert loss.max() == pytest.approx(0.20, abs=0.01)


@pytest.mark.parametrize("ideal", ["row_ohm", "column_ohm", "both", "all"])
def test_ideal_wires_need_no_special_case(ideal):
    mesh, shape = Mesh(2.0, 3.0, 4.0, 5.0), (6, 9)
    names = {"both": ["row_ohm", "column_ohm"], "all": ["row_ohm", "column_ohm", "driver_ohm", "sense_ohm"]}
    zero, small = (replace(mesh, **dict.fromkeys(names.get(ideal, [ideal]), ohm)) for ohm in (0.0, 1e-7))
    siemens, source = cells(shape), volts(shape)
    found = effective_conductance(siemens, zero)
    np.testing.assert_allclose(found, effective_conductance(siemens, small), rtol=1e-8)
    np.testing.assert_allclose(solve_mesh(siemens, source, zero).current_a, source @ found, rtol=1e-12)
    if ideal == "all":
        np.testing.assert_array_equal(found, siemens)


ohms = st.floats(1e-3, 1e3)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(st.integers(0, 99), st.tuples(st.integers(1, 8), st.integers(1, 8)), ohms, ohms, ohms, ohms)
def test_laws_of_passive_wires(seed, shape, row, column, driver, sense):
    mesh, siemens, source = Mesh(row, column, driver, sense), cells(shape, seed, 0.3), volts(shape, seed)
    effective = effective_conductance(siemens, mesh)
    assert np.all(effective >= 0.0)
    found = solve_mesh(siemens, source, mesh)
    np.testing.assert_allclose(found.current_a, source @ effective, rtol=1e-9, atol=1e-18)
    assert np.all(effective.sum(axis=0) <= siemens.sum(axis=0) * (1 + 1e-12))
    for field in ("row_ohm", "column_ohm", "driver_ohm", "sense_ohm"):
        more = replace(mesh, **{field: 2 * getattr(mesh, field)})
        assert effective_conductance(siemens, more).sum() <= effective.sum() * (1 + 1e-12)
    drawn = ((source - found.row_v[:, 0]) / (row + driver)).sum()
    assert found.current_a.sum() == pytest.approx(drawn, rel=1e-6, abs=1e-15)


@SHAPES
def test_inputs_superpose(shape):
    mesh, siemens = Mesh(2.0, 3.0), cells(shape)
    a, b = volts(shape, 1), volts(shape, 2)
    each = [solve_mesh(siemens, source, mesh).current_a for source in (a, b, 2 * a - 3 * b)]
    np.testing.assert_allclose(each[2], 2 * each[0] - 3 * each[1], rtol=1e-9, atol=1e-15)


def test_a_mesh_driven_through_its_columns_transfers_the_same():
    """Reciprocity, against nodal analysis: turned by a half, with its wires swapped."""
    mesh, siemens = Mesh(2.0, 3.0, 40.0, 15.0), cells((5, 8))
    turned = Mesh(3.0, 2.0, 15.0, 40.0)
    other = np.array([mesh_solution(siemens.T[::-1, ::-1], row, turned)[0] for row in np.eye(8)])
    np.testing.assert_allclose(effective_conductance(siemens, mesh), other.T[::-1, ::-1], rtol=1e-9)


def test_cells_that_change_with_their_voltage():
    """Antiparallel junctions lose their contrast with the voltage across them; the answer solves itself."""
    shape, mesh, is_parallel = (16, 16), Mesh(2.0, 2.0), cells((16, 16)) == PARALLEL
    calls = []

    def conductance_at(cell_v):
        calls.append(cell_v)
        return np.where(is_parallel, PARALLEL, 1 / (5e3 * (1 + 1.5 / (1 + (cell_v / 0.4) ** 2))))

    source = np.full(16, 0.3)
    found = solve_nonlinear(conductance_at, source, mesh, tolerance=1e-10)
    expected = mesh_solution(conductance_at(found.cell_v), source, mesh)[0]
    np.testing.assert_allclose(found.current_a, expected, rtol=1e-9)
    assert np.abs(found.current_a / solve_mesh(cells(shape), source, mesh).current_a - 1).min() > 0.01
    calls.clear()
    solve_nonlinear(conductance_at, source, mesh)
    assert 2 <= len(calls) <= 4
    with pytest.raises(ArithmeticError, match="2 passes"):
        solve_nonlinear(conductance_at, source, mesh, tolerance=1e-12, max_passes=2)


def test_no_voltage_no_current():
    found = solve_mesh(cells((4, 5)), np.zeros(4), Mesh(2.0, 3.0))
    assert not found.current_a.any() and not found.cell_v.any()


def test_what_cannot_be():
    with pytest.raises(ValueError, match="row_ohm"):
        Mesh(-1.0, 2.0)
    with pytest.raises(ValueError, match="sense_ohm"):
        Mesh(1.0, 2.0, sense_ohm=np.nan)
    for value in (-1e-6, np.nan, np.inf):
        with pytest.raises(ValueError, match="conductances"):
            effective_conductance(np.full((2, 2), value), Mesh(1.0, 1.0))
    with pytest.raises(ValueError, match="one voltage per row"):
        solve_mesh(cells((4, 5)), np.zeros(5), Mesh(1.0, 1.0))


def test_the_compiler_off_gives_the_same():
    script = """
import numpy as np
from cimsim.circuits.ladder import Ladder, column_currents
from cimsim.circuits.mesh import Mesh, effective_conductance
from cimsim.circuits.mesh_solution import solve_mesh
g = np.random.default_rng(0).random((6, 5)) * 1e-3
print(*effective_conductance(g, Mesh(2.0, 3.0)).ravel(), *solve_mesh(g, g[:, 0], Mesh(2.0, 3.0)).current_a)
print(*column_currents(g[None], 0.1, Ladder(6, 2.0, 3.0, is_same_end=False))[0])
"""
    found = []
    for jit in "01":
        done = subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "CIMSIM_JIT": jit},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        found.append([float(x) for x in done.stdout.split()])
    np.testing.assert_allclose(found[0], found[1], rtol=1e-12)
