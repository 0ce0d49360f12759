"""The front: against brute force, with ties by the interval of a difference, and its volume."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cimsim.errors import InputError
from cimsim.metrics import wilson_interval
from cimsim.sweep.constraints import parse_constraint
from cimsim.sweep.front import Objective, flag_front, hypervolume, is_on_front

ENERGY, ACCURACY = Objective("energy_j", False), Objective("accuracy", True)
small = st.integers(0, 4).map(float)


def beats(a, b):
    return all(x <= y for x, y in zip(a, b, strict=True)) and any(x < y for x, y in zip(a, b, strict=True))


@st.composite
def clouds(draw):
    n = draw(st.integers(1, 4))
    return draw(st.lists(st.tuples(*[small] * n), min_size=1, max_size=25))


def scored(rows, n_images=1000):
    """A table of (energy, images right) with Wilson intervals."""
    table = pd.DataFrame(rows, columns=["energy_j", "right"])
    table["accuracy"] = table["right"] / n_images
    ends = [wilson_interval(k, n_images) for k in table["right"]]
    table[["accuracy_low", "accuracy_high"]] = ends
    return table.assign(status="done")


@settings(deadline=None)
@given(clouds())
def test_the_front_is_what_nothing_beats(cloud):
    wanted = [not any(beats(other, row) for other in cloud) for row in cloud]
    assert is_on_front(cloud).tolist() == wanted


@settings(deadline=None, max_examples=50)
@given(clouds())
def test_the_volume_is_the_number_of_unit_cells_that_are_beaten(cloud):
    n = len(cloud[0])
    cells = np.stack(np.meshgrid(*[np.arange(5.0)] * n, indexing="ij"), axis=-1).reshape(-1, n)
    beaten = (np.array(cloud)[:, None] <= cells[None]).all(axis=2).any(axis=0)
    assert hypervolume(cloud, [5.0] * n) == beaten.sum()


def test_the_volume_agrees_with_that_of_optuna():
    optuna_volume = pytest.importorskip("optuna._hypervolume", reason="needs pip install 'cimsim[sweep]'")
    rng = np.random.default_rng(0)
    for n in (2, 3, 4):
        costs = rng.random((30, n))
        own = hypervolume(costs, np.ones(n))
        assert own == pytest.approx(optuna_volume.compute_hypervolume(costs, np.ones(n)), rel=1e-12)


def test_nothing_better_than_the_reference_has_no_volume():
    assert hypervolume([[2.0, 0.0]], [1.0, 1.0]) == 0.0


def test_failed_rows_and_rows_beyond_a_limit_are_no_points():
    table = scored([(1.0, 900), (2.0, 950), (3.0, 999)])
    table["area_m2"] = [1.0, 1.0, 9.0]
    table.loc[0, "status"] = "failed"
    flagged = flag_front(table, [ENERGY, ACCURACY], [parse_constraint("area_m2 < 4")])
    assert flagged["pareto"].tolist() == [False, True, False]
    assert "pareto" not in table


def newcombe(a, b, n):
    """Whether the interval of the difference of two fractions k/n lies above 0, written out."""
    (low, _), (_, high) = wilson_interval(a, n), wilson_interval(b, n)
    return (a - b) / n - math.sqrt((a / n - low) ** 2 + (high - b / n) ** 2) > 0


@pytest.mark.parametrize("right", [985, 975, 973, 965, 950])
def test_a_point_between_two_of_the_front_is_a_tie_while_the_dearer_one_is_not_surely_better(right):
    flagged = flag_front(scored([(1.0, right), (2.0, right - 1), (3.0, 986)]), [ENERGY, ACCURACY])
    assert flagged["pareto"].tolist() == [True, False, True]
    assert flagged["pareto_tie"].tolist() == [False, not newcombe(986, right - 1, 1000), False]


def test_both_answers_occur_above():
    assert newcombe(986, 965, 1000) and not newcombe(986, 975, 1000)


def test_a_point_that_costs_more_than_the_whole_front_is_no_tie():
    flagged = flag_front(scored([(1.0, 986), (2.0, 985)]), [ENERGY, ACCURACY])
    assert flagged["pareto"].tolist() == [True, False] and not flagged["pareto_tie"].any()


def test_a_point_that_is_surely_beaten_is_no_tie():
    flagged = flag_front(scored([(1.0, 980), (2.0, 900), (3.0, 985)]), [ENERGY, ACCURACY])
    assert not flagged["pareto_tie"].any()


def test_the_same_answers_at_more_energy_are_no_tie():
    table = scored([(1.0, 985), (2.0, 985), (3.0, 986)])
    assert flag_front(table, [ENERGY, ACCURACY])["pareto_tie"].tolist() == [False, True, False]
    table["nll"] = [0.05, 0.05, 0.06]
    assert not flag_front(table, [ENERGY, ACCURACY])["pareto_tie"].any()
    table["nll"] = [0.05, 0.07, 0.06]
    assert flag_front(table, [ENERGY, ACCURACY])["pareto_tie"].tolist() == [False, True, False]


def test_a_score_with_a_standard_error_ties_within_it():
    table = pd.DataFrame(
        {"energy_j": [1.0, 2.0, 3.0, 4.0], "nll": [0.10, 0.12, 0.14, 0.09], "nll_mc_se": 0.01}
    )
    objectives = [ENERGY, Objective("nll", False)]
    assert not flag_front(table, objectives)["pareto_tie"].any()
    wide = flag_front(table.assign(nll_mc_se=0.02), objectives)
    assert wide["pareto_tie"].tolist() == [False, True, True, False]


def test_a_network_without_passes_has_no_error_of_passes_but_others_do():
    table = pd.DataFrame(
        {"energy_j": [1.0, 2.0, 3.0], "nll": [0.12, 0.125, 0.09], "nll_mc_se": [0.02, np.nan, 0.02]}
    )
    flagged = flag_front(table, [ENERGY, Objective("nll", False)])
    assert flagged["pareto_tie"].tolist() == [False, True, False]


def test_without_noise_there_are_no_ties():
    table = pd.DataFrame({"energy_j": [1.0, 1.0, 1.0], "latency_s": [1.0, 1.0, 2.0]})
    flagged = flag_front(table, [ENERGY, Objective("latency_s", False)])
    assert flagged["pareto"].tolist() == [True, True, False]
    assert not flagged["pareto_tie"].any()


def test_a_table_without_a_usable_row_has_no_front():
    table = scored([(1.0, 900)]).assign(status="failed", energy_j=np.nan)
    flagged = flag_front(table, [ENERGY, ACCURACY])
    assert not flagged["pareto"].any() and not flagged["pareto_tie"].any()


def test_an_unknown_objective_is_named_with_the_closest_column():
    with pytest.raises(InputError, match="objective energy: must be a column; did you mean 'energy_j'"):
        flag_front(scored([(1.0, 9)]), [Objective("energy", False)])
    with pytest.raises(InputError, match="status: must be a column of numbers"):
        flag_front(scored([(1.0, 9)]), [Objective("status", False)])


def test_a_large_sweep_is_flagged_in_pieces(monkeypatch):
    rng = np.random.default_rng(1)
    table = scored(np.column_stack([rng.random(500), rng.integers(800, 990, 500)]).tolist())
    whole = flag_front(table, [ENERGY, ACCURACY])
    monkeypatch.setattr("cimsim.sweep.front._ROWS_AT_ONCE", 7)
    assert flag_front(table, [ENERGY, ACCURACY]).equals(whole)
    assert whole["pareto_tie"].any()
