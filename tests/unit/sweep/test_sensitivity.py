"""Indices of sensitivity against closed forms: Ishigami's function, a linear one, and a complete grid."""

import itertools

import numpy as np
import pandas as pd
import pytest

from cimsim.sweep.sensitivity import COLUMNS, morris_positions, saltelli_positions, sensitivity

pytest.importorskip("SALib", reason="needs SALib: pip install 'cimsim[sweep]'")

A, B = 7.0, 0.1


def ishigami(positions):
    """T. Ishigami and T. Homma, ISUMA 1990; x uniform from -pi to pi."""
    x = np.pi * (2 * positions - 1)
    return np.sin(x[:, 0]) + A * np.sin(x[:, 1]) ** 2 + B * x[:, 2] ** 4 * np.sin(x[:, 0])


def ishigami_indices():
    first = np.array([(1 + B * np.pi**4 / 5) ** 2 / 2, A**2 / 8, 0.0])
    both = B**2 * np.pi**8 * 8 / 225
    total = first + np.array([both, 0.0, both])
    return first / (first.sum() + both), total / (first.sum() + both)


def indices(found, index):
    return found[found["index"] == index].set_index("axis")


def test_sobol_indices_are_those_of_the_closed_form():
    positions = saltelli_positions(3, 2048, seed=0)
    assert positions.shape == (2048 * 5, 3) and positions.min() >= 0 and positions.max() <= 1
    table = pd.DataFrame({"y": ishigami(positions)})
    found = sensitivity(table, ["a", "b", "c"], ["y"], kind="saltelli", n=2048)
    assert tuple(found.columns) == COLUMNS
    for index, wanted in zip(("first_order", "total"), ishigami_indices(), strict=True):
        rows = indices(found, index)
        assert rows["value"].to_numpy() == pytest.approx(wanted, abs=0.03)
        assert (rows["low"] < wanted + 1e-3).all() and (rows["high"] > wanted - 1e-3).all()


def test_failed_rows_leave_with_their_block():
    positions = saltelli_positions(3, 512, seed=1)
    values = ishigami(positions)
    values[[3, 4, 77]] = np.nan  # rows 3 and 4 are of one block
    found = sensitivity(pd.DataFrame({"y": values}), ["a", "b", "c"], ["y"], kind="saltelli", n=512)
    assert set(found["n_rows"]) == {510 * 5}
    assert indices(found, "first_order")["value"].to_numpy() == pytest.approx(ishigami_indices()[0], abs=0.08)


def test_morris_finds_the_slopes_of_a_line_and_what_bends():
    positions = morris_positions(3, 20, seed=0)
    assert positions.shape == (80, 3)
    table = pd.DataFrame({"y": 2 * positions[:, 0] - 3 * positions[:, 1] ** 2})
    found = sensitivity(table, ["a", "b", "c"], ["y"], kind="morris", n=20)
    mu_star, sigma = indices(found, "mu_star"), indices(found, "sigma")
    assert mu_star.loc["a", "value"] == pytest.approx(2.0) and sigma.loc["a", "value"] == pytest.approx(0.0)
    assert mu_star.loc["c", "value"] == 0.0
    assert mu_star.loc["b", "low"] < 3.0 < mu_star.loc["b", "high"] and sigma.loc["b", "value"] > 0.1


def test_a_failed_point_takes_its_walk_along():
    positions = morris_positions(2, 10, seed=0)
    values = positions @ [1.0, 4.0]
    values[5] = np.nan
    found = sensitivity(pd.DataFrame({"y": values}), ["a", "b"], ["y"], kind="morris", n=10)
    assert set(found["n_rows"]) == {27}
    assert indices(found, "mu_star")["value"].tolist() == pytest.approx([1.0, 4.0])


@pytest.mark.parametrize(("kind", "n", "size"), [("saltelli", 4, 4), ("morris", 5, 3)])
@pytest.mark.parametrize("n_whole", [0, 1])
def test_where_nearly_every_block_has_a_failed_point_there_is_no_index(kind, n, size, n_whole):
    values = np.random.default_rng(0).random(n * size)
    values[n_whole * size :: size] = np.nan
    found = sensitivity(pd.DataFrame({"y": values}), ["a", "b"], ["y"], kind=kind, n=n)
    assert list(found) == list(COLUMNS) and not len(found)


@pytest.fixture
def grid():
    rows = list(itertools.product([1, 2, 4], ["a", "b"], [0.0, 1.0]))
    table = pd.DataFrame(rows, columns=["bits", "kind", "idle"])
    return table.assign(y=table["bits"] + 10.0 * (table["kind"] == "b"), flat=3.0)


def test_the_first_order_of_a_complete_grid_is_exact(grid):
    found = sensitivity(grid, ["bits", "kind", "idle"], ["y", "flat"])
    variances = np.array([np.var([1, 2, 4]), np.var([0, 10]), 0.0])
    assert found["value"].to_numpy() == pytest.approx(variances / variances.sum())
    assert (found["low"] == found["value"]).all() and (found["high"] == found["value"]).all()
    assert set(found["output"]) == {"y"}


def test_a_grid_with_a_hole_has_intervals(grid):
    grid.loc[0, "y"] = np.nan
    found = sensitivity(grid, ["bits", "kind", "idle"], ["y"]).set_index("axis")
    assert (found["high"] > found["value"]).all() and set(found["n_rows"]) == {11}
    # Shares of a whole are between nothing and all of it.
    assert found["low"].min() == 0.0 and found["high"].max() <= 1.0
    assert ((found["low"] < found["value"]) | (found["value"] == 0.0)).all()


def test_drawn_points_of_a_range_are_told_apart_by_tenths():
    positions = np.random.default_rng(0).random((4000, 2))
    table = pd.DataFrame(positions, columns=["x", "idle"])
    table["y"] = np.pi * table["x"] + np.random.default_rng(1).normal(0, np.pi / np.sqrt(12), 4000)
    found = sensitivity(table, ["x", "idle"], ["y"], kind="lhs").set_index("axis")
    assert found.loc["x", "value"] == pytest.approx(0.5, abs=0.03)
    assert found.loc["x", "low"] < 0.5 < found.loc["x", "high"]
    assert found.loc["idle", "value"] == pytest.approx(0.0, abs=0.005)


@pytest.mark.parametrize("kind", ["saltelli", "morris", "lhs"])
def test_the_same_table_gives_the_same_indices(kind):
    make = morris_positions if kind == "morris" else saltelli_positions
    positions = make(3, 16, 0)
    assert (make(3, 16, 0) == positions).all() and (make(3, 16, 1) != positions).any()
    table = pd.DataFrame(positions, columns=["a", "b", "c"]).assign(y=ishigami(positions))
    asked = {"kind": kind, "n": 16}
    first, again = (sensitivity(table, ["a", "b", "c"], ["y"], **asked) for _ in range(2))
    pd.testing.assert_frame_equal(first, again)
