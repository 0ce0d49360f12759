"""Averages over masks: exact ends, exact limit, and the rate at which passes reach it."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs torch: pip install 'cimsim[train]'")

from cimsim.train.evaluate import mean_of_passes  # noqa: E402


@pytest.fixture
def masks():
    """Probabilities (8 masks, 400 images, 10 classes) of three layers with a drop."""
    logits = np.random.default_rng(0).normal(size=(8, 400, 10))
    exponentials = np.exp(logits)
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


def exact_mixture(masks, p):
    weights = [p ** bin(mask).count("1") * (1 - p) ** (3 - bin(mask).count("1")) for mask in range(8)]
    return np.tensordot(weights, masks, axes=1)


def layers(p):
    return [(1 - p, p)] * 3


@pytest.mark.parametrize("n_passes", [1, 7, 20])
def test_the_ends_of_p_are_one_network_bit_for_bit(masks, n_passes):
    assert np.array_equal(mean_of_passes(masks, layers(0.0), n_passes, seed=3), masks[0])
    assert np.array_equal(mean_of_passes(masks, layers(1.0), n_passes, seed=3), masks[7])


def test_equal_passes_average_to_themselves(masks):
    same = np.repeat(masks[:1], 8, axis=0)
    assert np.array_equal(mean_of_passes(same, layers(0.3), 20, seed=0), masks[0])


def test_the_mean_of_passes_reaches_the_exact_mixture_as_one_over_root_t(masks):
    exact = exact_mixture(masks, 0.2)
    means = [mean_of_passes(masks, layers(0.2), t, seed=1) for t in (10, 160, 2560)]
    errors = [np.sqrt(np.mean((mean - exact) ** 2)) for mean in means]
    assert errors[0] / errors[1] == pytest.approx(4, rel=0.15)
    assert errors[1] / errors[2] == pytest.approx(4, rel=0.15)


def test_images_draw_their_own_masks(masks):
    same_image = np.repeat(masks[:, :1], 400, axis=1)
    assert len(np.unique(mean_of_passes(same_image, layers(0.2), 1, seed=0), axis=0)) > 3
