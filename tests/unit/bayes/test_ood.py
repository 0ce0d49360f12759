"""Images from outside, in every encoding of the input."""

import os

import numpy as np
import pytest

from cimsim.bayes.ood import SHIFTS, check_ood, check_shift, load_ood, shifted
from cimsim.data import given_dataset
from cimsim.data.encoding import decode_pixels, encode_pixels, value_range
from cimsim.errors import DataError, InputError
from cimsim.workload import InputSpec

ENCODINGS = [
    InputSpec((1, 8, 8), bits, signed) for bits, signed in ((8, False), (8, True), (3, False), (1, False))
]


def images(encoding, n=20, seed=0):
    pixels = np.random.default_rng(seed).integers(0, 256, (n, *encoding.shape)).astype(np.uint8)
    return given_dataset(encode_pixels(pixels, encoding), np.zeros(n, np.int64), encoding)


@pytest.mark.parametrize("encoding", ENCODINGS, ids=str)
def test_codes_survive_the_way_over_pixels(encoding):
    low, high = value_range(encoding)
    codes = np.array([low, high]) if encoding.bits == 1 else np.arange(low, high + 1)
    np.testing.assert_array_equal(encode_pixels(decode_pixels(codes, encoding), encoding), codes)


@pytest.mark.parametrize("name", ["gaussian-noise", "uniform-noise", "rotate:45", "noise:0.3"])
@pytest.mark.parametrize("encoding", ENCODINGS, ids=str)
def test_every_set_fits_every_encoding_and_depends_on_the_seed_alone(name, encoding):
    inside = images(encoding)
    found = load_ood(name, inside, encoding, seed=1)
    assert found.name == name and found.x.shape == inside.x.shape and found.x.dtype == inside.x.dtype
    low, high = value_range(encoding)
    assert low <= found.x.min() and found.x.max() <= high
    np.testing.assert_array_equal(found.x, load_ood(name, inside, encoding, seed=1).x)
    if "noise" in name:
        assert (found.x != load_ood(name, inside, encoding, seed=2).x).any()
    assert (found.x != inside.x).any()


def test_gaussian_noise_has_the_mean_and_deviation_of_the_test_pixels():
    encoding = InputSpec((1, 8, 8), 8)
    pixels = np.random.default_rng(0).integers(100, 140, (200, 1, 8, 8)).astype(np.uint8)
    inside = given_dataset(pixels, np.zeros(200, np.int64), encoding)
    x = load_ood("gaussian-noise", inside, encoding, seed=0).x.astype(float)
    n = x.size
    assert abs(x.mean() - pixels.mean()) < 4.5 * pixels.std() / np.sqrt(n)
    assert abs(x.std() / pixels.std() - 1) < 4.5 / np.sqrt(2 * n)
    uniform = load_ood("uniform-noise", inside, encoding, seed=0).x
    assert uniform.min() < 5 and uniform.max() > 250


def test_a_quarter_turn_is_a_quarter_turn_and_none_is_none():
    encoding = InputSpec((1, 8, 8), 8)
    inside = images(encoding)
    np.testing.assert_array_equal(shifted("rotation", 0, inside, encoding, seed=0), inside.x)
    np.testing.assert_array_equal(shifted("noise", 0, inside, encoding, seed=0), inside.x)
    turned = shifted("rotation", 90, inside, encoding, seed=0)
    np.testing.assert_array_equal(turned, np.rot90(inside.x, 1, axes=(2, 3)))


def test_vectors_that_are_squares_turn_as_images():
    flat, square = InputSpec((64,), 8), InputSpec((1, 8, 8), 8)
    inside = images(square)
    vectors = given_dataset(inside.x.reshape(20, 64), inside.y, flat)
    turned = shifted("rotation", 90, vectors, flat, seed=0).reshape(20, 1, 8, 8)
    np.testing.assert_array_equal(turned, shifted("rotation", 90, inside, square, seed=0))


def test_a_named_set_is_cut_to_the_test_images():
    pytest.importorskip("sklearn", reason="needs scikit-learn: pip install 'cimsim[data]'")
    found = load_ood("digits", images(ENCODINGS[0]), ENCODINGS[0], seed=0)
    assert found.name == "digits" and len(found.x) == 20


@pytest.mark.skipif("CIMSIM_DATA_DIR" not in os.environ, reason="needs the data files: set CIMSIM_DATA_DIR")
@pytest.mark.parametrize("name", ["fashion-mnist", "kmnist"])
def test_the_usual_sets_are_found(name):
    encoding = InputSpec((1, 28, 28), 8)
    inside = given_dataset(np.zeros((5, 1, 28, 28), np.uint8), np.zeros(5, np.int64), encoding)
    assert load_ood(name, inside, encoding, seed=0).x.shape == (5, 1, 28, 28)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("rotate:", "ood rotate:: must have a number behind the colon (got ''); as in rotate:45"),
        ("rotate:x", "ood rotate:x: must have a number behind the colon (got 'x'); as in rotate:45"),
        ("noise:nan", "ood noise:nan: must have a number behind the colon (got 'nan'); as in rotate:45"),
        (
            "turn:45",
            "ood: must be a data set, an .npz file, gaussian-noise, uniform-noise, rotate:ANGLE or "
            "noise:SIGMA (got 'turn:45')",
        ),
    ],
)
def test_what_cannot_be_meant_is_one_message(name, message):
    with pytest.raises(InputError) as caught:
        check_ood(name)
    assert str(caught.value) == message


def test_an_unknown_shift_lists_the_known_and_an_unknown_set_is_looked_for():
    with pytest.raises(InputError, match=r"^shift: must be one of rotation, noise \(got 'blur'\)$"):
        check_shift("blur")
    assert [check_shift(name) for name in SHIFTS] == list(SHIFTS)
    with pytest.raises(DataError, match="unknown data set"):
        load_ood("mnits", images(ENCODINGS[0]), ENCODINGS[0], seed=0)
