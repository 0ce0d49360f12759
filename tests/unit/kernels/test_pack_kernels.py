"""Packing, pooling and the matrix product against their slow twins."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from naive import kernels as naive
from naive.kernels import Pool

from cimsim._jit import JIT
from cimsim.sim import kernels
from cimsim.sim.kernels import plain
from cimsim.sim.kernels.gemm import nibble_gemm
from cimsim.sim.kernels.pack import pack_flags
from cimsim.sim.kernels.popcount import popcount_gemm

COMPILED = (nibble_gemm, popcount_gemm) if JIT else ()
CHANNELS = st.sampled_from([1, 2, 7, 8, 63, 64, 65, 128, 200])


@given(CHANNELS, st.integers(0, 2**32))
def test_signs_pack_channel_by_channel_and_back(c, seed):
    x = np.random.default_rng(seed).choice(np.array([-1, 1], np.int8), (2, 3, 1, c))
    bits = kernels.pack_signs(x)
    assert bits.dtype == np.uint64
    np.testing.assert_array_equal(naive.unpack(bits, c), x > 0)
    np.testing.assert_array_equal(kernels.unpack_signs(bits, c), x)
    assert kernels.unpack_signs(bits, c).dtype == np.int8
    if c % 64:
        assert not (bits[..., -1] >> np.uint64(c % 64)).any()


@given(CHANNELS, st.integers(1, 8), st.booleans(), st.integers(0, 2**32))
def test_planes_add_up_to_the_values(c, n_bits, signed, seed):
    low = -(1 << (n_bits - 1)) if signed else 0
    q = np.random.default_rng(seed).integers(low, low + (1 << n_bits), (2, 2, 1, c))
    planes = naive.unpack(kernels.pack_planes(q, n_bits, signed), c)
    assert planes.shape == (2, n_bits, 2, 1, c)
    weights = [2**b for b in range(n_bits)]
    weights[-1] *= -1 if signed else 1
    np.testing.assert_array_equal(sum(w * planes[:, b] for b, w in enumerate(weights)), q)


@pytest.mark.parametrize(("value", "signed"), [(4, True), (-5, True), (8, False), (-1, False)])
def test_planes_refuse_values_that_do_not_fit(value, signed):
    with pytest.raises(ValueError, match="values must lie in"):
        kernels.pack_planes(np.full((1, 1, 1, 1), value), 3, signed)


@settings(deadline=None)
@given(CHANNELS, st.data())
def test_pool_takes_the_maximum_of_three_levels(c, data):
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    size = data.draw(st.tuples(st.integers(1, 7), st.integers(1, 7)))
    kernel = tuple(data.draw(st.integers(1, s)) for s in size)
    stride = data.draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    pool = Pool(kernel, stride, tuple(data.draw(st.integers(0, k // 2)) for k in kernel))
    x = rng.choice(np.array([-1, 1], np.int8), (2, *size, c))
    keep = rng.random(x.shape) < 0.5
    bits = kernels.pack_signs(x)
    for function in (kernels.pool_signs, plain.pool_signs):
        all_driven, none = function(bits, None, c, pool)
        assert none is None
        np.testing.assert_array_equal(kernels.unpack_signs(all_driven, c), naive.pool_max(x, pool))
        pooled, driven = function(bits, pack_flags(keep), c, pool)
        expected = naive.pool_max(x * keep, pool)
        np.testing.assert_array_equal(pooled, pack_flags(expected > 0))
        np.testing.assert_array_equal(driven, pack_flags(expected != 0))


@settings(deadline=None)
@given(st.integers(1, 40), st.integers(1, 150), st.sampled_from([1, 5, 64, 65, 500]), st.integers(0, 99))
def test_gemm_is_the_product_of_signs(m, n, k, seed):
    rng = np.random.default_rng(seed)
    a, b = (rng.choice(np.array([-1, 1], np.int8), (rows, 1, 1, k)) for rows in (m, n))
    left, right = (kernels.pack_signs(side).reshape(len(side), -1) for side in (a, b))
    expected = a.reshape(m, k).astype(np.int64) @ b.reshape(n, k).T.astype(np.int64)
    for function in (kernels.gemm, plain.gemm, *COMPILED):
        product = function(left, right, k)
        assert product.dtype == np.int32
        np.testing.assert_array_equal(product, expected)
