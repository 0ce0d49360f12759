"""Spread of the sources: intervals by grade, draws, streams."""

import numpy as np
import pytest
from arch_files import STT
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from cimsim.arch import Draws, build_chip, load_arch, nominal
from cimsim.arch.quantity import GRADE_FACTOR, Quantity


def quantity(value, *, grade="fitted", path="a.b", **bounds):
    made = Quantity(value=value, grade=grade, source="test", **bounds)
    made.placed(path)
    return made


@pytest.mark.parametrize("grade", GRADE_FACTOR)
def test_a_grade_sets_the_interval_that_a_source_does_not_give(grade):
    low, high = quantity(6.0, grade=grade).interval
    assert (low, high) == pytest.approx((6 / GRADE_FACTOR[grade], 6 * GRADE_FACTOR[grade]))
    assert quantity(6.0, grade=grade, low=5.5).interval == (5.5, pytest.approx(high))


def test_better_grades_are_narrower():
    assert list(GRADE_FACTOR) == ["measured", "fitted", "loose_fit", "assumed", "recalled"]
    assert sorted(GRADE_FACTOR.values()) == list(GRADE_FACTOR.values())


def test_draws_have_the_stated_quantiles_and_median():
    skewed = quantity(2e-12, low=1.5e-12, high=5e-12)
    draws = Draws(seed=0, n_draws=200_000)(skewed)
    found = np.quantile(draws, [0.05, 0.5, 0.95])
    assert found == pytest.approx([1.5e-12, 2e-12, 5e-12], rel=0.01)


@given(st.floats(1e-18, 1e6), st.integers(0, 2**31), st.sampled_from(list(GRADE_FACTOR)))
def test_draws_are_positive_finite_and_reproducible(value, seed, grade):
    pick = Draws(seed, 20)
    draws = pick(quantity(value, grade=grade))
    assert draws.shape == (20,)
    assert np.all(np.isfinite(draws)) and np.all(draws > 0)
    assert np.array_equal(draws, Draws(seed, 20)(quantity(value, grade=grade)))


def test_each_quantity_has_its_own_stream():
    pick = Draws(0, 2000)
    here, there = pick(quantity(1.0, path="a.b")), pick(quantity(1.0, path="a.c"))
    assert abs(np.corrcoef(np.log(here), np.log(there))[0, 1]) < 0.1
    assert not np.array_equal(here, Draws(1, 2000)(quantity(1.0, path="a.b")))


def test_zero_and_certain_numbers_do_not_spread():
    assert np.array_equal(Draws(0, 5)(quantity(0.0)), np.zeros(5))
    assert np.array_equal(Draws(0, 5)(quantity(3.0, low=3.0, high=3.0)), np.full(5, 3.0))
    assert nominal(quantity(3.0)) == 3.0


@pytest.mark.parametrize(
    "spoiled",
    [
        {"source": ""},
        {"grade": "guess"},
        {"value": -1.0},
        {"value": float("nan")},
        {"low": 3.0},
        {"high": 0.5},
        {"low": 0.0},
        {"unit": "J"},
    ],
)
def test_a_quantity_needs_a_source_a_grade_and_order(spoiled):
    good = {"value": 1.0, "grade": "fitted", "source": "test"}
    Quantity(**good)
    with pytest.raises(ValidationError):
        Quantity(**{**good, **spoiled})


def test_a_chip_of_draws_costs_what_each_draw_costs():
    """A chip priced with draws is the nominal one where nothing spreads, and one array per cost elsewhere."""
    spec = load_arch(STT)
    chip, drawn = build_chip(spec), build_chip(spec, Draws(7, 400))
    for name, component in chip.components.items():
        for action, cost in component.actions.items():
            draws = drawn.components[name].actions[action].energy_j
            assert draws.shape == (400,)
            assert np.median(draws) == pytest.approx(cost.energy_j, rel=0.35)
            assert draws.std() > 0
            assert drawn.components[name].actions[action].latency_s == cost.latency_s
    assert drawn.timing == chip.timing
    again = build_chip(spec, Draws(7, 400)).components["adc"].actions["convert"].energy_j
    assert np.array_equal(again, drawn.components["adc"].actions["convert"].energy_j)
