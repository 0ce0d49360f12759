"""Images from outside, in every encoding of the input."""

import os

import numpy as np
import pytest

from cimsim.bayes.ood import CHANGES, SHIFTS, changed, check_ood, check_shifts, load_ood
from cimsim.data import given_dataset
from cimsim.data.encoding import decode_pixels, encode_pixels, value_range
from cimsim.errors import DataError, InputError
from cimsim.workload import InputSpec

ENCODINGS = [InputSpec((1, 8, 8), bits, signed) for bits in range(2, 9) for signed in (False, True)]
ENCODINGS.append(InputSpec((1, 8, 8), 1))


def images(encoding, n=20, seed=0):
    pixels = np.random.default_rng(seed).integers(0, 256, (n, *encoding.shape)).astype(np.uint8)
    return given_dataset(encode_pixels(pixels, encoding), np.zeros(n, np.int64), encoding)


@pytest.mark.parametrize("encoding", ENCODINGS, ids=str)
def test_codes_survive_the_way_over_pixels(encoding):
    low, high = value_range(encoding)
    codes = np.array([low, high]) if encoding.bits == 1 else np.arange(low, high + 1)
    np.testing.assert_array_equal(encode_pixels(decode_pixels(codes, encoding), encoding), codes)


@pytest.mark.parametrize(
    "name", ["gaussian-noise", "uniform-noise", "rotate:45", "add-gaussian:0.3", "add-uniform:0.6"]
)
@pytest.mark.parametrize("encoding", ENCODINGS, ids=str)
def test_every_set_fits_every_encoding_and_depends_on_the_seed_alone(name, encoding):
    inside = images(encoding)
    found = load_ood(name, inside, encoding, seed=1)
    assert found.name == name and found.x.shape == inside.x.shape and found.x.dtype == inside.x.dtype
    low, high = value_range(encoding)
    assert low <= found.x.min() and found.x.max() <= high
    np.testing.assert_array_equal(found.x, load_ood(name, inside, encoding, seed=1).x)
    if name != "rotate:45":
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


def test_a_quarter_turn_is_a_quarter_turn_and_nothing_is_nothing():
    encoding = InputSpec((1, 8, 8), 8)
    inside = images(encoding)
    for change in CHANGES:
        np.testing.assert_array_equal(changed(inside, change, 0.0, encoding, seed=0), inside.x)
    turned = changed(inside, "rotate", 90.0, encoding, seed=0)
    np.testing.assert_array_equal(turned, np.rot90(inside.x, 1, axes=(2, 3)))


def test_added_noise_has_its_deviation():
    """On grey images, far from black and white; the rounding of a pixel adds a variance of 1/12."""
    encoding = InputSpec((1, 8, 8), 8)
    inside = given_dataset(np.full((400, 1, 8, 8), 128, np.uint8), np.zeros(400, np.int64), encoding)
    gaussian, uniform = (
        changed(inside, change, 0.1, encoding, seed=3).astype(float) - 128
        for change in ("add-gaussian", "add-uniform")
    )
    for noise, deviation in ((gaussian, 25.5), (uniform, 25.5 / np.sqrt(3))):
        assert abs(noise.mean()) < 4.5 * deviation / np.sqrt(noise.size)
        assert noise.std() == pytest.approx(np.sqrt(deviation**2 + 1 / 12), rel=4.5 / np.sqrt(2 * noise.size))
    assert abs(uniform).max() == 25


def test_vectors_that_are_squares_turn_as_images():
    flat, square = InputSpec((64,), 8), InputSpec((1, 8, 8), 8)
    inside = images(square)
    vectors = given_dataset(inside.x.reshape(20, 64), inside.y, flat)
    turned = changed(vectors, "rotate", 90, flat, seed=0).reshape(20, 1, 8, 8)
    np.testing.assert_array_equal(turned, changed(inside, "rotate", 90, square, seed=0))


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


KNOWN = (
    "must be a data set, an .npz file, gaussian-noise, uniform-noise, rotate:NUMBER, add-gaussian:NUMBER, "
    "add-uniform:NUMBER"
)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["rotate:"], "ood rotate: must have a number from -360 to 360 behind the colon (got '')"),
        (["rotate:x"], "ood rotate: must have a number from -360 to 360 behind the colon (got 'x')"),
        (["rotate:1e300"], "ood rotate: must have a number from -360 to 360 behind the colon (got '1e300')"),
        (
            ["add-gaussian:nan"],
            "ood add-gaussian: must have a number from 0 to 10 behind the colon (got 'nan')",
        ),
        (["add-uniform:-1"], "ood add-uniform: must have a number from 0 to 10 behind the colon (got '-1')"),
        (["turn:45"], f"ood: {KNOWN} (got 'turn:45')"),
        (["kmnist", "kmnist"], "ood: must be sets with different names (got 'kmnist', 'kmnist')"),
        (["a/x.npz", "b/x.npz"], "ood: must be sets with different names (got 'a/x.npz', 'b/x.npz')"),
    ],
)
def test_what_cannot_be_meant_is_one_message(names, message):
    with pytest.raises(InputError) as caught:
        check_ood(names)
    assert str(caught.value) == message


def test_shifts_are_known_and_different():
    check_shifts(list(SHIFTS))
    with pytest.raises(InputError, match=r"^shift: must be one of rotation, noise \(got 'blur'\)$"):
        check_shifts(["blur"])
    with pytest.raises(InputError, match=r"^shift: must be different ones \(got 'noise', 'noise'\)$"):
        check_shifts(["noise", "noise"])


def test_what_is_no_image_cannot_turn():
    vector = InputSpec((10,), 8)
    inside = given_dataset(np.zeros((3, 10), np.uint8), np.zeros(3, np.int64), vector)
    rule = (
        r"needs an input of rows and columns, or a square number of values \(got 10 values\); leave it out$"
    )
    with pytest.raises(InputError, match=f"^ood rotate:45: {rule}"):
        load_ood("rotate:45", inside, vector, seed=0)
    with pytest.raises(InputError, match=f"^shift rotation: {rule}"):
        check_shifts(["rotation"], vector)
    check_shifts(["noise"], vector)
    assert load_ood("add-uniform:0.5", inside, vector, seed=0).x.shape == (3, 10)


def test_an_unknown_set_is_looked_for():
    with pytest.raises(DataError, match="unknown data set"):
        load_ood("mnits", images(ENCODINGS[0]), ENCODINGS[0], seed=0)
