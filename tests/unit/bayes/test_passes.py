"""Averages over passes, the family's percentile, and what resampling says, against NumPy image by image."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from cimsim.bayes.passes import PERCENTILE, Passes
from cimsim.bayes.sampling import N_RESAMPLES, auroc_error, convergence, resampled_entropies

SEEDS = st.integers(0, 2**32 - 1)


def random_passes(seed, n_images=7, n_passes=9, n_classes=4, n_masks=5, weights=None):
    """Passes of which several share a row, as those with equal masks do."""
    rng = np.random.default_rng(seed)
    rows, row_of, n_rows = [], np.empty((n_images, n_passes), np.int64), 0
    for image in range(n_images):
        masks, which = np.unique(rng.integers(n_masks, size=n_passes), return_inverse=True)
        rows.append(rng.dirichlet(np.ones(n_classes), len(masks)))
        row_of[image] = n_rows + which
        n_rows += len(masks)
    weights = np.full(n_passes, 1 / n_passes) if weights is None else weights
    return Passes(np.concatenate(rows), row_of, weights)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(SEEDS)
def test_the_mean_is_that_of_the_passes(seed):
    passes = random_passes(seed)
    np.testing.assert_allclose(passes.mean(), passes.probabilities[passes.row_of].mean(axis=1), atol=1e-14)
    picks = np.random.default_rng(seed).integers(9, size=(7, 4))
    chosen = np.take_along_axis(passes.row_of, picks, axis=1)
    np.testing.assert_allclose(passes.mean(picks), passes.probabilities[chosen].mean(axis=1), atol=1e-14)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(SEEDS, st.integers(1, 30))
def test_the_percentile_is_that_of_numpy_image_by_image(seed, n_passes):
    passes = random_passes(seed, n_passes=n_passes)
    each = passes.probabilities[passes.row_of]
    low = np.quantile(each, PERCENTILE, axis=1, method="inverted_cdf")
    np.testing.assert_array_equal(passes.low_confidence(), low.max(axis=1))


def test_the_percentile_counts_weights():
    rows = np.array([[0.2, 0.8], [0.6, 0.4], [0.9, 0.1]])
    passes = Passes(rows, np.array([[0, 1, 2]]), np.array([0.05, 0.15, 0.8]))
    # Of class 0: 0.2 has weight 0.05, with 0.6 it is 0.2 >= 0.1. Of class 1: 0.1 has 0.8 already.
    assert passes.low_confidence() == [0.6]
    one = Passes(rows[:1], np.zeros((1, 1), np.int64), np.ones(1))
    assert one.low_confidence() == [0.8]


def test_equal_passes_average_to_themselves_and_have_no_error():
    rows = np.random.default_rng(0).dirichlet(np.ones(3), 5)
    passes = Passes(rows, np.repeat(np.arange(5)[:, None], 6, axis=1), np.full(6, 1 / 6))
    np.testing.assert_array_equal(passes.mean(), rows)
    labels = np.zeros(5, np.int64)
    curve = convergence(passes, labels, 6, seed=0)
    assert {d for name, column in curve.items() if name.endswith("_deviation") for d in column} == {0.0}


def test_draws_follow_the_weights():
    rows = np.array([[1.0, 0.0], [0.0, 1.0]])
    passes = Passes(np.tile(rows, (4000, 1)), np.arange(8000).reshape(4000, 2), np.array([0.2, 0.8]))
    drawn = passes.resampled(1, 3)[:, 0]
    assert set(np.unique(drawn)) == {0.0, 1.0}
    assert abs(drawn.mean() - 0.2) < 4.5 * np.sqrt(0.16 / 4000)


def test_the_deviation_falls_as_one_over_root_t_and_the_error_bar_is_that_of_new_seeds():
    """Deviations of 20 draws are known to a sixth; a factor 4 in T is a factor 2 in them.

    A rate of T^0 or of 1/T would give a ratio of 1 or 4: 1.3 to 3 lies well off both.
    """
    passes = random_passes(0, n_images=3000, n_passes=32, n_masks=8)
    labels = np.random.default_rng(1).integers(4, size=3000)
    table = convergence(passes, labels, 32, seed=0)
    assert table["n_mc_samples"] == [1, 2, 5, 10, 20, 32]
    deviation = dict(zip(table["n_mc_samples"], table["nll_deviation"], strict=True))
    assert 1.3 < deviation[5] / deviation[20] < 3.0
    rng = np.random.default_rng(2)
    fresh = [passes.mean(rng.integers(32, size=(3000, 32))) for _ in range(40)]
    truth = np.std([-np.log(p[np.arange(3000), labels]).mean() for p in fresh], ddof=1)
    assert deviation[32] / truth == pytest.approx(1, abs=0.6)
    assert N_RESAMPLES >= 20


def test_the_error_of_the_auroc_is_that_of_new_passes():
    metrics = pytest.importorskip("sklearn.metrics", reason="needs scikit-learn: pip install 'cimsim[data]'")
    inside, outside = random_passes(0, n_images=300, n_passes=8), random_passes(1, n_images=200, n_passes=8)
    found = auroc_error(resampled_entropies(inside, 5), resampled_entropies(outside, 5, 0))
    rng, truth = np.random.default_rng(2), np.r_[np.zeros(300), np.ones(200)]

    def entropies(passes):
        p = passes.mean(rng.integers(8, size=(len(passes.row_of), 8)))
        return stats.entropy(p, axis=1)

    fresh = [metrics.roc_auc_score(truth, np.r_[entropies(inside), entropies(outside)]) for _ in range(40)]
    assert found / np.std(fresh, ddof=1) == pytest.approx(1, abs=0.6)
    assert auroc_error(np.ones((3, 4)), np.zeros((3, 4))) == 0.0
