"""Columns with resistive bit and source lines: against Kirchhoff's laws at every node, and by their laws."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from naive.nodal import ladder_circuit, ladder_solution

from cimsim.circuits.ladder import (
    Ladder,
    column_currents,
    driven_currents,
    mean_currents,
    mean_loss,
    row_attenuation,
)

PARALLEL, ANTIPARALLEL = 1 / 5e3, 1 / 12.5e3
WIRES = Ladder(24, 3.0, 7.0, 50.0, 20.0)
ENDS = pytest.mark.parametrize("is_same_end", [True, False])


def cells(*shape, seed=0, open_share=0.3):
    rng = np.random.default_rng(seed)
    return rng.choice([PARALLEL, ANTIPARALLEL], shape) * (rng.random(shape) >= open_share)


@ENDS
@pytest.mark.parametrize("scale", [1e-4, 1.0, 1e4])
def test_currents_are_those_of_nodal_analysis(is_same_end, scale):
    ladder, siemens = replace(WIRES, is_same_end=is_same_end), scale * cells(4, 24, 5)
    expected = [[ladder_solution(column, 0.1, ladder)[0] for column in each.T] for each in siemens]
    np.testing.assert_allclose(column_currents(siemens, 0.1, ladder), expected, rtol=1e-9)


@ENDS
@pytest.mark.skipif(shutil.which("ngspice") is None, reason="needs ngspice, which .ci/run installs")
def test_currents_are_those_of_ngspice(is_same_end, tmp_path):
    ladder, siemens = replace(WIRES, is_same_end=is_same_end), cells(24)
    expected = ladder_circuit(siemens, ladder).solve_by_ngspice(0.1, tmp_path)
    np.testing.assert_allclose(column_currents(siemens[None, :, None], 0.1, ladder)[0], expected, rtol=1e-6)


@ENDS
def test_one_cell_is_in_series_with_its_wires(is_same_end):
    ladder = replace(WIRES, is_same_end=is_same_end)
    siemens = np.full((1, 1, 1), PARALLEL)
    for row in (0, 5, 23):
        ohm = 5e3 + 50 + 20 + 3 * (row + 1) + 7 * (row + 1 if is_same_end else 24 - row)
        assert column_currents(siemens, 0.1, ladder, [row])[0, 0] == pytest.approx(0.1 / ohm, rel=1e-14)


def test_a_long_line_has_its_characteristic_resistance():
    """Of an endless ladder, series r and shunt G: r/2 + sqrt(r^2/4 + r/G)."""
    series, siemens = 10.0, 1e-2
    current = column_currents(np.full((1, 400, 1), siemens), 1.0, Ladder(400, 4.0, 6.0))[0, 0]
    assert 1 / current == pytest.approx(series / 2 + np.sqrt(series**2 / 4 + series / siemens), rel=1e-12)


@ENDS
def test_rows_that_are_not_given_have_closed_gates(is_same_end):
    ladder, rows = replace(WIRES, is_same_end=is_same_end), np.array([3, 4, 11, 20])
    given_rows, whole = cells(6, 4, 5), np.zeros((6, 24, 5))
    whole[:, rows] = given_rows
    np.testing.assert_allclose(
        column_currents(given_rows, 0.1, ladder, rows), column_currents(whole, 0.1, ladder), rtol=1e-13
    )


@ENDS
def test_driven_word_lines_choose_among_branches(is_same_end):
    """Two word lines a row; in a group of rows some are not driven, another group for each input."""
    ladder, rng = replace(WIRES, is_same_end=is_same_end), np.random.default_rng(1)
    branches = cells(48, 5, open_share=0.0)
    rows = np.sort(np.array([rng.choice(24, 8, replace=False) for _ in range(6)]), axis=1)
    lines = np.where(rng.random(rows.shape) < 0.3, -1, 2 * rows + rng.integers(0, 2, rows.shape))
    whole = np.zeros((6, 24, 5))
    for i, (places, chosen) in enumerate(zip(rows, lines, strict=True)):
        whole[i, places[chosen >= 0]] = branches[chosen[chosen >= 0]]
    found = driven_currents(branches, lines, 0.1, ladder, rows)
    np.testing.assert_allclose(found, column_currents(whole, 0.1, ladder), rtol=1e-13)


@ENDS
def test_nothing_driven_draws_nothing(is_same_end):
    ladder = replace(WIRES, is_same_end=is_same_end)
    assert not column_currents(np.zeros((2, 24, 3)), 0.1, ladder).any()
    assert driven_currents(cells(48, 3), np.empty((2, 0)), 0.1, ladder, np.empty(0)).shape == (2, 3)


ohms = st.one_of(st.just(0.0), st.floats(1e-3, 1e3))


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.integers(0, 99), ohms, ohms, ohms, ohms, st.booleans())
def test_laws_of_passive_wires(seed, bitline, source_line, driver, sense, is_same_end):
    ladder = Ladder(9, bitline, source_line, driver, sense, is_same_end)
    siemens = cells(2, 9, 3, seed=seed)
    found, ideal = column_currents(siemens, 0.1, ladder), 0.1 * siemens.sum(axis=1)
    assert np.all(found <= ideal * (1 + 1e-12))
    np.testing.assert_allclose(column_currents(siemens, 0.3, ladder), 3 * found, rtol=1e-12)
    for field in ("bitline_ohm", "source_line_ohm", "driver_ohm", "sense_ohm"):
        more = replace(ladder, **{field: getattr(ladder, field) + 1.0})
        assert np.all(column_currents(siemens, 0.1, more) <= found)
    more = siemens + PARALLEL
    assert np.all(column_currents(more, 0.1, ladder) >= found * (1 - 1e-12))


@ENDS
def test_ideal_wires_give_ideal_sums(is_same_end):
    siemens = cells(3, 24, 4)
    found = column_currents(siemens, 0.1, Ladder(24, 0.0, 0.0, is_same_end=is_same_end))
    np.testing.assert_allclose(found, 0.1 * siemens.sum(axis=1), rtol=1e-14)


@ENDS
def test_a_column_turned_end_to_end_with_its_lines_swapped_is_the_same_circuit(is_same_end):
    ladder, siemens = replace(WIRES, is_same_end=is_same_end), cells(2, 24, 3)
    swapped = replace(ladder, bitline_ohm=7.0, source_line_ohm=3.0, driver_ohm=20.0, sense_ohm=50.0)
    turned = siemens if is_same_end else siemens[:, ::-1]
    np.testing.assert_allclose(
        column_currents(turned, 0.1, swapped), column_currents(siemens, 0.1, ladder), rtol=1e-12
    )


@ENDS
def test_attenuation_is_the_voltage_across_each_cell(is_same_end):
    ladder, rows = replace(WIRES, is_same_end=is_same_end), np.array([2, 3, 9, 22])
    siemens = np.zeros(24)
    siemens[rows] = PARALLEL
    current, across = ladder_solution(siemens, 0.1, ladder)
    found = row_attenuation(PARALLEL, ladder, rows)
    np.testing.assert_allclose(found, across[rows] / 0.1, rtol=1e-12)
    assert mean_loss(PARALLEL, ladder, rows) == pytest.approx(1 - current / (0.4 * PARALLEL), rel=1e-9)
    assert mean_currents(PARALLEL, 0.1, ladder, rows) == pytest.approx(current, rel=1e-12)


def test_one_cell_moves_the_current_by_its_attenuation_squared():
    rows, mean = np.arange(24), 0.5 * (PARALLEL + ANTIPARALLEL)
    siemens = np.full((24, 24), mean) + 1e-6 * mean * np.eye(24)
    more = column_currents(siemens[:, :, None], 1.0, WIRES)[:, 0]
    slope = (more - mean_currents(mean, 1.0, WIRES, rows)) / (1e-6 * mean)
    np.testing.assert_allclose(slope, row_attenuation(mean, WIRES, rows) ** 2, rtol=1e-4)


def test_calibrated_references_take_the_mean_loss_away():
    """Sixteen rows of a column at 2 ohm a segment: nearest count by ideal and by calibrated currents."""
    rng, rows, ladder = np.random.default_rng(2), np.arange(16), Ladder(128, 2.0, 2.0, 100.0, 100.0)
    match = rng.random((400, 16, 1)) < 0.5
    found = column_currents(np.where(match, PARALLEL, ANTIPARALLEL), 0.1, ladder, rows)
    counts = np.arange(17)
    mean = (counts * PARALLEL + (16 - counts) * ANTIPARALLEL) / 16
    calibrated = mean_currents(mean, 0.1, ladder, rows)
    decided = [np.abs(found - levels).argmin(axis=1) for levels in (0.1 * 16 * mean, calibrated)]
    wrong = [np.mean(each != match.sum(axis=(1, 2))) for each in decided]
    assert mean_loss(mean[8], ladder, rows) > 0.3
    assert wrong[0] > 0.9
    assert wrong[1] < 0.02


@pytest.mark.parametrize(
    "wrong",
    [{"n_rows": 0}, {"bitline_ohm": -1.0}, {"sense_ohm": np.nan}, {"driver_ohm": np.inf}],
)
def test_wires_that_cannot_be(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        replace(WIRES, **wrong)


@pytest.mark.parametrize("rows", [[0, 0], [2, 1], [-1, 3], [3, 24]])
def test_rows_that_cannot_be(rows):
    with pytest.raises(ValueError, match="rise within"):
        column_currents(cells(1, 2, 1), 0.1, WIRES, rows)
    with pytest.raises(ValueError, match="rise within"):
        mean_loss(PARALLEL, WIRES, rows)


def test_cells_that_cannot_be():
    for value in (-1e-6, np.nan, np.inf):
        with pytest.raises(ValueError, match="conductances"):
            column_currents(np.full((1, 24, 1), value), 0.1, WIRES)
    with pytest.raises(ValueError, match="lines"):
        driven_currents(cells(48, 3), [[48]], 0.1, WIRES, [3])
