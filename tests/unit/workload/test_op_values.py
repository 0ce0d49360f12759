"""Reference values of real operations: bit for bit against scalar loops, and close to PyTorch in float64."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from cimsim.workload import Node
from cimsim.workload.ops import REAL_OPS, evaluate

Floats = NDArray[np.float64]
POOLS = st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(1, 3), st.integers(1, 3))


def value(op: str, *inputs: Floats, attrs: Mapping[str, Any] | None = None, **params: Any) -> Floats:
    full = REAL_OPS[op].complete("here", attrs or {})
    return evaluate(
        Node("x", op, (), full, {key: np.asarray(array) for key, array in params.items()}), inputs
    )


def random(seed: int, *shape: int) -> Floats:
    """Numbers of very different sizes, so that another order of additions gives another sum."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=shape) * 10.0 ** rng.integers(-6, 6, shape)


def slow_pool(
    x: Floats, kernel: Sequence[int], stride: Sequence[int], padding: Sequence[int], average: bool
) -> Floats:
    rows = (x.shape[2] + 2 * padding[0] - kernel[0]) // stride[0] + 1
    columns = (x.shape[3] + 2 * padding[1] - kernel[1]) // stride[1] + 1
    out = np.empty((*x.shape[:2], rows, columns))
    for n, c, i, j in np.ndindex(out.shape):
        total, largest = 0.0, -math.inf
        for dy in range(kernel[0]):
            for dx in range(kernel[1]):
                y, z = i * stride[0] + dy - padding[0], j * stride[1] + dx - padding[1]
                if 0 <= y < x.shape[2] and 0 <= z < x.shape[3]:
                    total, largest = total + float(x[n, c, y, z]), max(largest, float(x[n, c, y, z]))
        out[n, c, i, j] = total / (kernel[0] * kernel[1]) if average else largest
    return out


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 99), POOLS, st.integers(3, 8), st.integers(3, 8))
@pytest.mark.parametrize("op", ["maxpool2d", "avgpool2d"])
def test_pools_equal_scalar_loops(
    op: str, seed: int, sizes: tuple[int, ...], rows: int, columns: int
) -> None:
    kernel, stride = sizes[:2], sizes[2:]
    padding = (kernel[0] // 2, kernel[1] // 2)
    x = random(seed, 2, 2, rows, columns)
    attrs = {"kernel": list(kernel), "stride": list(stride), "padding": list(padding)}
    np.testing.assert_array_equal(
        value(op, x, attrs=attrs), slow_pool(x, kernel, stride, padding, op == "avgpool2d")
    )


@pytest.mark.parametrize("op", ["maxpool2d", "avgpool2d"])
def test_pools_equal_torch(op: str) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is an extra")
    x = np.random.default_rng(1).normal(size=(2, 3, 9, 7))
    pool = torch.nn.functional.max_pool2d if op == "maxpool2d" else torch.nn.functional.avg_pool2d
    expected = pool(torch.from_numpy(x), (3, 2), (2, 1), (1, 1)).numpy()
    attrs = {"kernel": [3, 2], "stride": [2, 1], "padding": [1, 1]}
    np.testing.assert_allclose(value(op, x, attrs=attrs), expected, rtol=1e-12, atol=1e-14)


def test_pool_stride_defaults_to_the_kernel() -> None:
    x = random(0, 1, 1, 6, 6)
    attrs = {"kernel": [3, 2]}
    np.testing.assert_array_equal(
        value("maxpool2d", x, attrs=attrs), slow_pool(x, (3, 2), (3, 2), (0, 0), False)
    )


def test_maxpool_of_negative_values_ignores_padding() -> None:
    x = np.full((1, 1, 2, 2), -3.0)
    attrs = {"kernel": [2, 2], "stride": [1, 1], "padding": [1, 1]}
    assert (value("maxpool2d", x, attrs=attrs) == -3.0).all()


def slow_batchnorm(x: float, gamma: float, beta: float, mean: float, var: float, eps: float) -> float:
    return ((gamma * (x - mean)) / math.sqrt(var + eps)) + beta


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10**6), st.booleans())
def test_batchnorm_equals_scalar_loops(seed: int, spatial: bool) -> None:
    x = random(seed, 2, 3, 2, 2) if spatial else random(seed, 4, 3)
    gamma, beta, mean, var = random(seed + 1, 4, 3)
    y = value("batchnorm", x, gamma=gamma, beta=beta, mean=mean, var=abs(var))
    for index in np.ndindex(x.shape):
        c = index[1]
        expected = slow_batchnorm(float(x[index]), gamma[c], beta[c], mean[c], abs(var[c]), 1e-5)
        assert y[index] == expected


def test_batchnorm_equals_torch() -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is an extra")
    x, (gamma, beta, mean, var) = np.random.default_rng(2).normal(size=(3, 5, 4, 4)), random(3, 4, 5)
    arrays = (torch.from_numpy(each) for each in (mean, abs(var), gamma, beta))
    expected = torch.nn.functional.batch_norm(torch.from_numpy(x), *arrays, eps=1e-3).numpy()
    y = value("batchnorm", x, attrs={"eps": 1e-3}, gamma=gamma, beta=beta, mean=mean, var=abs(var))
    np.testing.assert_allclose(y, expected, rtol=1e-9, atol=1e-9)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6))
def test_instancenorm_equals_scalar_loops(seed: int) -> None:
    x = random(seed, 2, 2, 3, 3)
    y = value("instancenorm", x, attrs={"eps": 1e-3})
    for n, c in np.ndindex(x.shape[:2]):
        pixels = [float(pixel) for pixel in x[n, c].ravel()]
        total = 0.0
        for pixel in pixels:
            total += pixel
        mean, square = total / 9, 0.0
        for pixel in pixels:
            square += (pixel - mean) * (pixel - mean)
        deviation = math.sqrt(square / 9 + 1e-3)
        assert y[n, c].ravel().tolist() == [(pixel - mean) / deviation for pixel in pixels]


def test_instancenorm_equals_torch() -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is an extra")
    x = np.random.default_rng(4).normal(size=(2, 3, 5, 6))
    expected = torch.nn.functional.instance_norm(torch.from_numpy(x), eps=1e-5).numpy()
    np.testing.assert_allclose(value("instancenorm", x), expected, rtol=1e-11, atol=1e-12)
    everywhere = torch.nn.functional.layer_norm(torch.from_numpy(x), x.shape[1:], eps=1e-5).numpy()
    across = value("instancenorm", x, attrs={"across_channels": True})
    np.testing.assert_allclose(across, everywhere, rtol=1e-11, atol=1e-12)
    flat = value("instancenorm", x.reshape(2, -1), attrs={"across_channels": True})
    np.testing.assert_array_equal(flat, across.reshape(2, -1))


def test_statistics_of_one_channel_divide_its_gain_out_those_of_all_do_not() -> None:
    x, gains = random(7, 2, 3, 4, 4), np.array([2.0, 0.5, 1.5])
    scaled = value("scale", x, alpha=gains)
    alone, across = {"eps": 1e-9}, {"eps": 1e-9, "across_channels": True}
    same = value("instancenorm", x, attrs=alone), value("instancenorm", scaled, attrs=alone)
    np.testing.assert_allclose(*same, rtol=0, atol=1e-6)
    different = value("instancenorm", x, attrs=across) - value("instancenorm", scaled, attrs=across)
    assert np.abs(different).max() > 0.1


def test_gains_and_shifts() -> None:
    x, (gamma, beta) = random(5, 3, 4, 2, 2), random(6, 2, 4)
    np.testing.assert_array_equal(value("scale", x, alpha=gamma), gamma[:, None, None] * x)
    scaled = value("affine", x, gamma=gamma, beta=beta)
    np.testing.assert_array_equal(scaled, gamma[:, None, None] * x + beta[:, None, None])


@pytest.mark.parametrize("op", ["scale", "affine", "batchnorm", "threshold"])
def test_parameters_may_differ_from_image_to_image(op: str) -> None:
    x = random(7, 5, 3, 2, 2)
    params = {
        key: abs(random(k, 5, 3))
        for k, key in enumerate(("gamma", "beta", "mean", "var", "alpha", "threshold"))
    }
    known = {key: params[key] for key in REAL_OPS[op].params if key in params}
    together = value(op, x, **known)
    apart = [value(op, x[[n]], **{key: array[n] for key, array in known.items()}) for n in range(5)]
    np.testing.assert_array_equal(together, np.concatenate(apart))


def test_replaced_parameters() -> None:
    node = Node("s", "scale", (), {}, {"alpha": np.array([2.0, 3.0])})
    x = np.ones((1, 2))
    np.testing.assert_array_equal(evaluate(node, [x]), [[2.0, 3.0]])
    np.testing.assert_array_equal(evaluate(node, [x], {"alpha": np.ones(2)}), x)


def test_sign_of_zero_is_plus_one() -> None:
    np.testing.assert_array_equal(
        value("sign", np.array([[-1e-300, -0.0, 0.0, 2.0]])), [[-1.0, 1.0, 1.0, 1.0]]
    )


def test_threshold_ties_are_plus_one_in_both_directions() -> None:
    x = np.array([[1.0, 1.0, 0.5, 0.5, 2.0, 2.0]])
    y = value("threshold", x, threshold=np.ones(6), direction=np.array([1, -1] * 3, np.int8))
    np.testing.assert_array_equal(y, [[1.0, 1.0, -1.0, 1.0, 1.0, -1.0]])
    np.testing.assert_array_equal(
        value("threshold", x, threshold=np.ones(6)), [[1.0, 1.0, -1.0, -1.0, 1.0, 1.0]]
    )


def test_hardtanh_and_identity() -> None:
    x = np.array([[-3.0, -0.25, 0.5, 7.0]])
    np.testing.assert_array_equal(value("hardtanh", x), [[-1.0, -0.25, 0.5, 1.0]])
    np.testing.assert_array_equal(value("identity", x), x)


def test_add_runs_from_left_to_right() -> None:
    big, small = np.full((1, 1), 2.0**53), np.ones((1, 1))
    assert value("add", big, small, small, -big)[0, 0] == 0.0
    assert value("add", small, small, big, -big)[0, 0] == 2.0


def test_concat_upsample_and_flatten_move_values() -> None:
    x, y = random(8, 2, 1, 2, 3), random(9, 2, 2, 2, 3)
    joined = value("concat", x, y)
    np.testing.assert_array_equal(joined[:, :1], x)
    np.testing.assert_array_equal(joined[:, 1:], y)
    large = value("upsample2d", x, attrs={"factor": 3})
    for i, j in np.ndindex(large.shape[2:]):
        np.testing.assert_array_equal(large[:, :, i, j], x[:, :, i // 3, j // 3])
    flat = value("flatten", y)
    np.testing.assert_array_equal(flat[1], np.concatenate([y[1, 0].ravel(), y[1, 1].ravel()]))
