"""Telling outside from inside, and answers that are withheld: scikit-learn, hand counts, algebra."""

import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cimsim.bayes.detection import SCORES, check_available, detect, scores_of
from cimsim.bayes.passes import Passes
from cimsim.bayes.selective import area_under_risk, risk_coverage
from cimsim.errors import InputError

metrics = pytest.importorskip("sklearn.metrics", reason="needs scikit-learn: pip install 'cimsim[data]'")

SEEDS = st.integers(0, 2**32 - 1)


def by_pairs(inside, outside):
    """The probability that an outside score is above an inside one, ties counting half."""
    above = (outside[:, None] > inside[None]).mean()
    return above + 0.5 * (outside[:, None] == inside[None]).mean()


@settings(max_examples=40, deadline=None, derandomize=True)
@given(SEEDS)
def test_auroc_counts_pairs_and_a_negated_score_mirrors_it(seed):
    rng = np.random.default_rng(seed)
    inside, outside = np.round(rng.normal(0, 1, 40), 1), np.round(rng.normal(0.7, 1, 30), 1)
    found, mirrored = detect(inside, outside), detect(-inside, -outside)
    assert found.auroc == pytest.approx(by_pairs(inside, outside))
    assert found.auroc + mirrored.auroc == pytest.approx(1.0)


def test_rates_by_hand():
    inside, outside = np.arange(100.0), np.arange(90.0, 110.0)
    found = detect(inside, outside)
    assert found.threshold == pytest.approx(94.05)
    assert found.false_alarm_rate == 0.05  # 95 to 99
    assert found.detection_rate == 15 / 20  # 95 to 109
    assert found.fpr95 == 9 / 100  # 19 of 20 outside are at 91 or above, as 9 inside are
    fixed = detect(inside, outside, threshold=50.0)
    assert (fixed.false_alarm_rate, fixed.detection_rate) == (0.49, 1.0)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(SEEDS)
def test_areas_and_rates_are_those_of_scikit_learn(seed):
    rng = np.random.default_rng(seed)
    inside, outside = np.round(rng.normal(0, 1, 50), 1), np.round(rng.normal(1, 1, 37), 1)
    truth, score = np.r_[np.zeros(50), np.ones(37)], np.r_[inside, outside]
    found = detect(inside, outside)
    assert found.auroc == metrics.roc_auc_score(truth, score)
    assert found.aupr == metrics.average_precision_score(truth, score)
    kept = np.sort(outside)[
        37 - int(np.ceil(0.95 * 37))
    ]  # the highest threshold that flags 95 % of the outside
    assert found.fpr95 == pytest.approx(np.mean(inside >= kept))
    assert found.threshold == np.quantile(inside, 0.95)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(SEEDS, st.floats(-2, 2), st.floats(0, 2))
def test_a_higher_threshold_flags_fewer(seed, threshold, more):
    rng = np.random.default_rng(seed)
    inside, outside = rng.normal(0, 1, 50), rng.normal(1, 1, 50)
    low, high = (detect(inside, outside, threshold=t) for t in (threshold, threshold + more))
    assert high.detection_rate <= low.detection_rate and high.false_alarm_rate <= low.false_alarm_rate


def test_scores_of_certain_and_of_torn_answers():
    certain, torn = [1.0, 0.0], [0.5, 0.5]
    rows, row_of = np.array([certain, certain, [0.0, 1.0], torn]), np.array([[0, 0], [1, 2], [3, 3]])
    passes = Passes(rows, row_of, np.full(2, 0.5))
    information = np.array([0.0, np.log(2), 0.0])
    found = scores_of(passes.mean(), information, passes.low_confidence())
    assert set(found) == set(SCORES)
    np.testing.assert_allclose(found["predictive_entropy_nats"], [0, np.log(2), np.log(2)])
    np.testing.assert_allclose(found["lack_of_confidence"], [0, 0.5, 0.5])
    np.testing.assert_allclose(found["family_rule"], [0, 1, 0.5])


def test_without_scikit_learn_one_message_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.metrics", None)
    with pytest.raises(InputError, match=r"^ood: needs scikit-learn, which is not installed; pip install"):
        check_available()


@settings(max_examples=40, deadline=None, derandomize=True)
@given(SEEDS, st.integers(1, 60))
def test_risk_ends_at_the_error_of_all_and_coverage_at_one(seed, n):
    rng = np.random.default_rng(seed)
    wrong, score = rng.random(n) < 0.3, np.round(rng.random(n), 1)
    coverage, risk = risk_coverage(wrong, score)
    assert coverage[-1] == 1.0 and risk[-1] == pytest.approx(wrong.mean())
    assert (np.diff(coverage) > 0).all() and ((risk >= 0) & (risk <= 1)).all()
    for share, found in zip(coverage, risk, strict=True):
        kept = np.argsort(score, kind="stable")[: round(share * n)]
        assert found == pytest.approx(wrong[kept].mean())


def test_a_perfect_order_has_the_least_area_and_no_order_that_of_the_error():
    wrong = np.arange(10) >= 8
    perfect, none = risk_coverage(wrong, np.arange(10.0)), risk_coverage(wrong, np.zeros(10))
    assert area_under_risk(*none) == pytest.approx(0.2)
    assert area_under_risk(*perfect) == pytest.approx(np.sum([0] * 8 + [1 / 9, 2 / 10]) / 10)
