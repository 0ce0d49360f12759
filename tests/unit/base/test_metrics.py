"""Scores against scikit-learn, closed forms and slow loops."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cimsim import metrics


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


@st.composite
def predictions(draw):
    n, n_classes = draw(st.integers(1, 40)), draw(st.integers(2, 6))
    logits = draw(arrays(np.float64, (n, n_classes), elements=st.floats(-8, 8)))
    labels = draw(arrays(np.int64, (n,), elements=st.integers(0, n_classes - 1)))
    return softmax(logits), labels


def loop_ece(p, y, n_bins):
    """One bin at a time, as the paper writes it."""
    confidence, correct = p.max(axis=1), p.argmax(axis=1) == y
    total = 0.0
    for m in range(n_bins):
        inside = (confidence > m / n_bins) & (confidence <= (m + 1) / n_bins)
        if inside.any():
            total += inside.sum() / len(y) * abs(correct[inside].mean() - confidence[inside].mean())
    return total


@settings(deadline=None)
@given(predictions())
def test_scores_equal_scikit_learn(case):
    sk = pytest.importorskip("sklearn.metrics", reason="scikit-learn comes with the extra `data`")
    p, y = case
    classes = np.arange(p.shape[1])
    assert metrics.accuracy(p, y) == pytest.approx(sk.accuracy_score(y, p.argmax(axis=1)))
    assert metrics.nll(p, y) == pytest.approx(sk.log_loss(y, p, labels=classes), rel=1e-9, abs=1e-12)
    one_hot = (y[:, None] == classes).astype(float)
    assert metrics.brier_score(p, y) == pytest.approx(((p - one_hot) ** 2).sum(axis=1).mean())


@settings(deadline=None)
@given(predictions(), st.integers(1, 20))
def test_ece_equals_the_loop_over_bins(case, n_bins):
    p, y = case
    assert metrics.ece(p, y, n_bins) == pytest.approx(loop_ece(p, y, n_bins), abs=1e-12)


@settings(deadline=None)
@given(predictions())
def test_reliability_bins_hold_every_image_once(case):
    p, y = case
    bins = metrics.reliability_bins(p, y)
    full = bins.count > 0
    assert bins.count.sum() == len(y)
    assert len(bins.edges) == metrics.N_BINS + 1 == 16
    assert np.all(bins.confidence[full] > bins.edges[:-1][full] - 1e-12)
    assert np.all(bins.confidence[full] <= bins.edges[1:][full] + 1e-12)
    assert np.sum(bins.accuracy[full] * bins.count[full]) == pytest.approx(metrics.accuracy(p, y) * len(y))
    assert np.all(np.isnan(bins.accuracy[~full]))


def test_a_certain_image_falls_in_the_last_bin():
    bins = metrics.reliability_bins([[0.0, 1.0]], [1])
    assert bins.count[-1] == 1


def test_a_confidence_on_an_edge_belongs_to_the_bin_below():
    bins = metrics.reliability_bins([[0.2, 0.8]], [1], n_bins=5)
    assert bins.count.tolist() == [0, 0, 0, 1, 0]


def test_nll_of_a_certain_mistake_is_bounded():
    assert metrics.nll([[1.0, 0.0]], [1]) == pytest.approx(-math.log(1e-12))


@settings(deadline=None)
@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_bounds_solve_the_score_equation(case):
    """(k/n - p)^2 = z^2 p (1 - p) / n at both bounds, and k/n lies between them."""
    k, n = case
    low, high = metrics.wilson_interval(k, n)
    assert 0.0 <= low <= k / n <= high <= 1.0
    for p in (low, high):
        assert (k / n - p) ** 2 == pytest.approx(1.959963984540054**2 * p * (1 - p) / n, rel=1e-6, abs=1e-12)


def test_wilson_interval_of_a_known_case():
    """Newcombe, Stat. Med. 17 (1998) 857, table I: 81 of 263 gives 0.2553 to 0.3662."""
    assert metrics.wilson_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert metrics.wilson_interval(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert metrics.wilson_interval(0, 0) == (0.0, 1.0)


@settings(deadline=None)
@given(predictions())
def test_entropy_lies_between_certain_and_uniform(case):
    stats = pytest.importorskip("scipy.stats")
    p, _ = case
    entropy = metrics.predictive_entropy_nats(p)
    np.testing.assert_allclose(entropy, stats.entropy(p, axis=1), atol=1e-12)
    assert np.all(entropy <= math.log(p.shape[1]) + 1e-12)


def test_entropy_of_certainty_is_zero_not_minus_zero():
    (entropy,) = metrics.predictive_entropy_nats([[1.0, 0.0]])
    assert entropy == 0.0 and math.copysign(1, entropy) == 1


def test_rmse_by_hand():
    assert metrics.rmse([[3.0], [0.0]], [[0.0], [4.0]]) == pytest.approx(math.sqrt(12.5))


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**32 - 1), st.integers(2, 4))
def test_segmentation_equals_scikit_learn(seed, n_classes):
    sk = pytest.importorskip("sklearn.metrics", reason="scikit-learn comes with the extra `data`")
    rng = np.random.default_rng(seed)
    p = softmax(rng.normal(size=(2, n_classes, 3, 4)))
    y = rng.integers(0, n_classes, size=(2, 3, 4))
    predicted = p.argmax(axis=1)
    seen = np.union1d(y, predicted)
    expected = sk.jaccard_score(y.ravel(), predicted.ravel(), average="macro", labels=seen, zero_division=0)
    assert metrics.mean_iou(p, y) == pytest.approx(expected)
    assert metrics.pixel_accuracy(p, y) == pytest.approx((predicted == y).mean())


def test_the_task_decides_the_metrics():
    p, y = np.array([[0.9, 0.1], [0.2, 0.8]]), np.array([0, 0])
    scores = metrics.score("classification", p, y)
    assert scores["accuracy"] == 0.5
    assert (scores["accuracy_low"], scores["accuracy_high"]) == metrics.wilson_interval(1, 2)
    assert set(scores) >= {"nll", "ece", "brier_score"}
    assert metrics.score("regression", p[:, :1], np.array([[0.9], [0.2]])) == {"rmse": 0.0}
    maps = np.stack([p, p[:, ::-1]], axis=2)[..., None]
    scores = metrics.score("segmentation", maps, np.zeros((2, 2, 1), int))
    assert set(scores) >= {"pixel_accuracy", "mean_iou"}


P, MAPS = np.full((7, 3), 1 / 3), np.full((7, 3, 4, 4), 1 / 3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: metrics.accuracy(P, np.zeros(1, int)), "labels must have the shape (7,) (got (1,))"),
        (lambda: metrics.nll(P, np.zeros((7, 1), int)), "labels must have the shape (7,) (got (7, 1))"),
        (lambda: metrics.ece(P, np.zeros(6, int)), "labels must have the shape (7,) (got (6,))"),
        (
            lambda: metrics.pixel_accuracy(MAPS, np.zeros((7, 1, 4, 4), int)),
            "labels must have the shape (7, 4, 4) (got (7, 1, 4, 4))",
        ),
        (
            lambda: metrics.mean_iou(MAPS, np.zeros((7, 16), int)),
            "labels must have the shape (7, 4, 4) (got (7, 16))",
        ),
        (lambda: metrics.rmse(P, np.zeros(7)), "targets must have the shape (7, 3) (got (7,))"),
        (lambda: metrics.rmse(P, np.zeros(21)), "targets must have the shape (7, 3) (got (21,))"),
        (lambda: metrics.accuracy(P, np.zeros(7)), "labels must be integers from 0 to 2"),
        (lambda: metrics.brier_score(P, np.full(7, -1)), "labels must be integers from 0 to 2"),
        (lambda: metrics.mean_iou(MAPS, np.full((7, 4, 4), 3)), "labels must be integers from 0 to 2"),
    ],
)
def test_labels_that_do_not_fit_are_refused(call, message):
    with pytest.raises(ValueError) as caught:
        call()
    assert str(caught.value) == message
