"""Convolution kernels against their slow twins."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from naive import kernels as naive
from naive.kernels import Pool

from cimsim.sim import kernels
from cimsim.sim.kernels import plain
from cimsim.sim.kernels.pack import pack_flags


@dataclass
class Case:
    """One random layer with its activations, in the shapes of the kernel contract."""

    x: Any
    driven: Any
    weight: Any
    stride: Any
    padding: Any
    pad_value: Any
    thresholds: Any
    pre_flip: Any
    post_flip: Any
    position_class: Any
    pool: Any
    out_rows: Any
    n_out: int

    @property
    def geometry(self):
        return {"stride": self.stride, "padding": self.padding}

    @property
    def activation(self):
        names = ("thresholds", "pre_flip", "post_flip", "position_class", "pool", "out_rows", "n_out")
        return {name: getattr(self, name) for name in names}


def pick_pool(draw, shape):
    kernel = tuple(draw(st.integers(1, min(3, s))) for s in shape)
    stride = tuple(draw(st.integers(1, 3)) for _ in shape)
    padding = tuple(draw(st.integers(0, k // 2)) for k in kernel)
    return draw(st.sampled_from([None, Pool(kernel, stride, padding)]))


@st.composite
def cases(draw):
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    c_in = draw(st.sampled_from([1, 2, 3, 4, 5, 7, 16, 20, 63, 64, 65, 130]))
    c_out = draw(st.sampled_from([1, 3, 10, 32, 63, 64, 65, 100, 129]))
    kernel = tuple(draw(st.integers(1, 5)) for _ in range(2))
    padding = tuple(draw(st.integers(0, k)) for k in kernel)
    size = tuple(draw(st.integers(max(1, k - 2 * p), 9)) for k, p in zip(kernel, padding, strict=True))
    if draw(st.booleans()):
        size, padding = kernel, (0, 0)
    stride = tuple(draw(st.integers(1, 3)) for _ in range(2))
    n = draw(st.integers(1, 7))
    shape = tuple(
        naive.out_size(s, k, t, p) for s, k, t, p in zip(size, kernel, stride, padding, strict=True)
    )
    driven = rng.random((n, *size, c_in)) < draw(st.sampled_from([0.0, 0.5, 0.9]))
    n_states, n_classes = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    spread = int(4 * np.sqrt(c_in * kernel[0] * kernel[1])) + 1
    thresholds = rng.integers(-spread, spread + 1, (n_states, n_classes, c_out), dtype=np.int32)
    constant = rng.random(thresholds.shape) < 0.1
    thresholds[constant] = rng.choice(np.array([-(2**31), 2**31 - 1], np.int32), constant.sum())
    wanted = rng.random((n, n_states)) < 0.7
    n_out = int(wanted.sum()) + draw(st.integers(0, 1))
    out_rows = np.full((n, n_states), -1, np.int64)
    out_rows[wanted] = rng.permutation(n_out)[: wanted.sum()]
    return Case(
        x=rng.choice(np.array([-1, 1], np.int8), (n, *size, c_in)),
        driven=draw(st.sampled_from([None, driven])),
        weight=rng.choice(np.array([-1, 1], np.int8), (c_out, c_in, *kernel)),
        stride=stride,
        padding=padding,
        pad_value=draw(st.sampled_from([-1, 0, 1])),
        thresholds=thresholds,
        pre_flip=rng.random((n_states, c_out)) < 0.5,
        post_flip=rng.random((n_states, c_out)) < 0.5,
        position_class=rng.integers(0, n_classes, shape, dtype=np.uint8),
        pool=pick_pool(draw, shape),
        out_rows=out_rows,
        n_out=n_out,
    )


def check_bits(bits, sums, case):
    rows = naive.signs_behind(sums, case)
    assert len(bits) == case.n_out
    for row, words in enumerate(bits):
        expected = rows.get(row)
        if expected is None:
            assert not words.any()
        else:
            np.testing.assert_array_equal(words, pack_flags(expected))


def activations(case):
    values = case.x if case.driven is None else case.x * case.driven
    return kernels.pack_signs(case.x), None if case.driven is None else pack_flags(case.driven), values


@settings(max_examples=150, deadline=None)
@given(cases())
def test_conv_equals_its_slow_twin(case):
    bits, driven, values = activations(case)
    sums, rows = naive.conv(values, case.weight, case.stride, case.padding, case.pad_value)
    weights = kernels.prepare_weights(case.weight)
    exact = kernels.conv_sums(bits, driven, weights, pad_value=case.pad_value, **case.geometry)
    np.testing.assert_array_equal(exact.sums, sums)
    np.testing.assert_array_equal(exact.dot_total, sums.sum(axis=(1, 2, 3)))
    np.testing.assert_array_equal(exact.rows_driven, rows)
    signs = kernels.conv_bits(
        bits, driven, weights, pad_value=case.pad_value, **case.geometry, **case.activation
    )
    check_bits(signs.bits, sums, case)
    np.testing.assert_array_equal(signs.dot_total, exact.dot_total)
    np.testing.assert_array_equal(signs.rows_driven, exact.rows_driven)


@settings(max_examples=60, deadline=None)
@given(cases())
def test_numpy_conv_equals_its_slow_twin(case):
    bits, driven, values = activations(case)
    sums, rows = naive.conv(values, case.weight, case.stride, case.padding, case.pad_value)
    exact = plain.conv_sums(bits, driven, case.weight, case.stride, case.padding, case.pad_value)
    np.testing.assert_array_equal(exact.sums, sums)
    np.testing.assert_array_equal(exact.rows_driven, rows)
    check_bits(plain.activate(exact, **case.activation).bits, sums, case)


@settings(max_examples=100, deadline=None)
@given(cases(), st.integers(1, 8), st.booleans(), st.integers(0, 2**32))
def test_plane_conv_equals_its_slow_twin(case, n_bits, signed, seed):
    low = -(1 << (n_bits - 1)) if signed else 0
    values = np.random.default_rng(seed).integers(low, low + (1 << n_bits), case.x.shape)
    sums, _ = naive.conv(values, case.weight, case.stride, case.padding, 0)
    planes = kernels.pack_planes(values, n_bits, signed)
    per_plane = [
        naive.conv(2 * (values >> b & 1) - 1, case.weight, case.stride, case.padding, 0)
        for b in range(n_bits)
    ]
    dots = sum(dot.sum(axis=(1, 2, 3)) for dot, _ in per_plane)
    rows = sum(driven for _, driven in per_plane)
    weights = kernels.prepare_weights(case.weight)
    exact = kernels.plane_conv_sums(planes, weights, signed=signed, **case.geometry)
    signs = kernels.plane_conv_bits(planes, weights, signed=signed, **case.geometry, **case.activation)
    np.testing.assert_array_equal(exact.sums, sums)
    check_bits(signs.bits, sums, case)
    for result in (exact, signs):
        np.testing.assert_array_equal(result.dot_total, dots)
        np.testing.assert_array_equal(result.rows_driven, rows)


def test_sums_reach_the_last_tap():
    weight = np.ones((2, 1000, 1, 1), np.int8)
    weight[1] = -1
    weights = kernels.prepare_weights(weight)
    bits = kernels.pack_signs(np.ones((1, 1, 1, 1000), np.int8))
    exact = kernels.conv_sums(bits, None, weights, stride=(1, 1), padding=(0, 0), pad_value=0)
    assert exact.sums.tolist() == [[[[1000, -1000]]]]
    assert exact.dot_total.tolist() == [0]
    assert exact.rows_driven.tolist() == [1000]


@pytest.mark.parametrize(("c_in", "size"), [(4095, 3), (4096, 3), (16383, 2), (16384, 2)])
def test_layers_too_large_for_narrow_counters_are_exact(c_in, size):
    rng = np.random.default_rng(c_in)
    x = rng.choice(np.array([-1, 1], np.int8), (2, size, size, c_in))
    weight = np.repeat(x[:1, :2, :2].transpose(0, 3, 1, 2), 3, axis=0)
    weight[1] *= -1
    weight[2, ::2] *= -1
    n_taps = 4 * c_in
    thresholds = np.array([[[n_taps, 1 - n_taps, 0]]], np.int32)
    flips = np.zeros((1, 3), bool)
    bits, weights = kernels.pack_signs(x), kernels.prepare_weights(weight)
    geometry = {"stride": (1, 1), "padding": (0, 0), "pad_value": 0}
    sums, rows = naive.conv(x, weight, (1, 1), (0, 0), 0)
    exact = kernels.conv_sums(bits, None, weights, **geometry)
    signs = kernels.conv_bits(
        bits, None, weights, **geometry, thresholds=thresholds, pre_flip=flips, post_flip=flips,
        position_class=np.zeros(sums.shape[1:3], np.uint8), pool=None,
        out_rows=np.arange(2)[:, None], n_out=2,
    )  # fmt: skip
    assert sums[0, 0, 0].tolist() == [n_taps, -n_taps, c_in % 2 * -4]
    np.testing.assert_array_equal(exact.sums, sums)
    np.testing.assert_array_equal(exact.rows_driven, rows)
    np.testing.assert_array_equal(signs.bits, pack_flags(sums >= thresholds[0]))


def test_pad_bits_beyond_the_last_channel_do_not_count():
    weights = kernels.prepare_weights(np.ones((1, 6, 1, 1), np.int8))
    dirty = np.full((1, 1, 1, 1), ~np.uint64(0))
    exact = kernels.conv_sums(dirty, dirty, weights, stride=(1, 1), padding=(0, 0), pad_value=0)
    assert exact.sums.item() == 6
    assert exact.rows_driven.item() == 6


@pytest.mark.parametrize("n", [0, 1])
def test_no_wanted_state_and_no_item(n):
    weights = kernels.prepare_weights(np.ones((3, 4, 1, 1), np.int8))
    signs = kernels.conv_bits(
        np.zeros((n, 2, 2, 1), np.uint64),
        None,
        weights,
        stride=(1, 1),
        padding=(0, 0),
        pad_value=0,
        thresholds=np.zeros((1, 1, 3), np.int32),
        pre_flip=np.zeros((1, 3), bool),
        post_flip=np.zeros((1, 3), bool),
        position_class=np.zeros((2, 2), np.uint8),
        pool=None,
        out_rows=np.full((n, 1), -1, np.int64),
        n_out=2,
    )
    assert signs.bits.shape == (2, 2, 2, 1)
    assert not signs.bits.any()
    assert signs.dot_total.tolist() == [-4 * 4 * 3] * n
