"""Inferred shapes: those of PyTorch for windows, those of the evaluated values everywhere."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cimsim.errors import WorkloadError
from cimsim.workload import Node
from cimsim.workload.graph import MAC_OPS
from cimsim.workload.ops import OPS, REAL_OPS, evaluate

PAIR = st.tuples(st.integers(1, 4), st.integers(1, 4))
PAD = st.tuples(st.integers(0, 3), st.integers(0, 3))
SIZE = st.tuples(st.integers(1, 9), st.integers(1, 9))


def infer(
    op: str, attrs: dict[str, Any], params: dict[str, tuple[int, ...]], *inputs: tuple[int, ...]
) -> Any:
    return OPS[op].infer("here", OPS[op].complete("here", attrs), params, inputs)


def test_mac_operations_are_those_of_the_graph() -> None:
    assert set(OPS) - set(REAL_OPS) == set(MAC_OPS)


@settings(max_examples=150, deadline=None)
@given(kernel=PAIR, stride=PAIR, padding=PAD, size=SIZE, groups=st.integers(1, 3))
def test_convolution_shapes_are_those_of_torch(
    kernel: Any, stride: Any, padding: Any, size: Any, groups: int
) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is an extra")
    size = tuple(s + k - 1 for s, k in zip(size, kernel, strict=True))
    weight = torch.ones((2 * groups, 2, *kernel))
    x = torch.ones((1, 2 * groups, *size))
    expected = torch.nn.functional.conv2d(x, weight, None, stride, padding, 1, groups).shape[1:]
    attrs = {"stride": list(stride), "padding": list(padding), "groups": groups}
    shapes = {"weight": tuple(weight.shape), "bias": (2 * groups,)}
    assert infer("conv2d", attrs, shapes, (2 * groups, *size)) == tuple(expected)


@settings(max_examples=150, deadline=None)
@given(kernel=PAIR, stride=PAIR, padding=PAD, size=SIZE)
def test_pool_shapes_are_those_of_torch(kernel: Any, stride: Any, padding: Any, size: Any) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is an extra")
    padding = tuple(min(p, k // 2) for p, k in zip(padding, kernel, strict=True))
    size = tuple(s + k - 1 for s, k in zip(size, kernel, strict=True))
    expected = torch.nn.functional.max_pool2d(torch.ones((1, 3, *size)), kernel, stride, padding).shape[1:]
    attrs = {"kernel": list(kernel), "stride": list(stride), "padding": list(padding)}
    for op in ("maxpool2d", "avgpool2d"):
        assert infer(op, attrs, {}, (3, *size)) == tuple(expected)


@settings(max_examples=100, deadline=None)
@given(kernel=PAIR, stride=PAIR, padding=PAD, size=SIZE)
def test_windows_that_do_not_fit_are_refused(kernel: Any, stride: Any, padding: Any, size: Any) -> None:
    is_fitting = all(k <= s + 2 * p for k, s, p in zip(kernel, size, padding, strict=True))
    attrs = {"stride": list(stride), "padding": list(padding)}
    if is_fitting:
        assert min(infer("conv2d", attrs, {"weight": (1, 1, *kernel)}, (1, *size))) >= 1
    else:
        with pytest.raises(WorkloadError, match="must fit the padded input"):
            infer("conv2d", attrs, {"weight": (1, 1, *kernel)}, (1, *size))


@pytest.mark.parametrize("op", sorted(REAL_OPS))
@pytest.mark.parametrize("shape", [(4, 6, 5), (7,)])
def test_every_operation_gives_values_of_the_inferred_shape(op: str, shape: tuple[int, ...]) -> None:
    settings_of = {"maxpool2d": {"kernel": [3, 2], "padding": [1, 1]}, "avgpool2d": {"kernel": [2, 3]}}
    attrs = {**settings_of, "upsample2d": {"factor": 2}}.get(op, {})
    n_inputs = REAL_OPS[op].n_inputs[0]
    params = dict.fromkeys(REAL_OPS[op].params, (shape[0],))
    if len(shape) == 1 and op in ("maxpool2d", "avgpool2d", "upsample2d", "instancenorm"):
        with pytest.raises(WorkloadError, match="must have shape \\(channels, rows, columns\\)"):
            infer(op, attrs, params, *[shape] * n_inputs)
        return
    inferred = infer(op, attrs, params, *[shape] * n_inputs)
    arrays = {key: np.ones(size) for key, size in params.items()}
    node = Node("x", op, (), REAL_OPS[op].complete("here", attrs), arrays)
    values = evaluate(node, [np.ones((3, *shape))] * n_inputs)
    assert values.shape == (3, *inferred)
    assert values.dtype == np.float64


def test_linear_shape() -> None:
    assert infer("linear", {}, {"weight": (3, 5), "bias": (3,)}, (5,)) == (3,)
