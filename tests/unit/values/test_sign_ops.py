"""Operations on packed signs equal the same operations on plain values."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cimsim.sim.sign_ops import SIGN_OPS
from cimsim.sim.tensors import SignTensor
from cimsim.workload.graph import Node
from cimsim.workload.ops import evaluate

WINDOWS = [
    {"kernel": (2, 2), "stride": (2, 1), "padding": (0, 0)},
    {"kernel": (3, 2), "stride": (1, 2), "padding": (1, 1)},
]
CASES = [
    ("identity", {}, 1),
    ("hardtanh", {}, 1),
    ("flatten", {}, 1),
    ("upsample2d", {"factor": 2}, 1),
    ("concat", {}, 2),
    *(("maxpool2d", window, 1) for window in WINDOWS),
]


@pytest.mark.parametrize("op, attrs, n_inputs", CASES)
@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.sampled_from([1, 3, 64, 70]), st.booleans(), st.integers(0, 999))
def test_packed_equals_plain(op, attrs, n_inputs, channels, has_zeros, seed):
    rng = np.random.default_rng(seed)
    values = rng.integers(-1, 2, (n_inputs, 2, channels, 3, 4)) if has_zeros else None
    plain = rng.choice([-1, 1], (n_inputs, 2, channels, 3, 4)) if values is None else values
    node = Node("n", op, ("x",) * n_inputs, attrs)
    packed = [SignTensor.pack(x, gain=1.25) for x in plain]
    expected = evaluate(node, [1.25 * x for x in plain])
    found = SIGN_OPS[op](node, packed)
    assert found.shape == expected.shape[1:]
    np.testing.assert_array_equal(found.real(), expected)


@pytest.mark.parametrize("channels, raster", [(1, (1, 1, 12)), (50, (3, 4, 50))])
def test_flatten_packs_anew_only_where_words_are_mostly_empty(channels, raster):
    x = SignTensor.pack(np.ones((2, channels, 3, 4)))
    flat = SIGN_OPS["flatten"](Node("n", "flatten", ("x",)), [x])
    assert flat.raster == raster and flat.shape == (12 * channels,)


def test_kept_values_take_their_flags_channel_by_channel():
    x = SignTensor.pack(np.ones((1, 3, 2, 2)))
    flags = np.full((1, 1, 1, 1), ~np.uint64(0b010))
    np.testing.assert_array_equal(x.keep(flags).integers()[0, :, 0, 0], [1, 0, 1])
    assert x.keep(flags).driven.max() == 0b101
