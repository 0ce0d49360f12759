"""The innermost loop, in every way a host may look up bytes, against its plain twin."""

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cimsim._jit import JIT, host_features, intrinsic, types
from cimsim.sim.kernels.blocks import COLUMNS, NO_TAP, TRIPLE, MismatchEmitter, mismatches_plain
from cimsim.sim.kernels.lookup import LOOKUPS, Lookup, host_lookup

pytestmark = pytest.mark.skipif(not JIT, reason="needs the compiler")


def kernel(lookup):
    emit = MismatchEmitter(lookup)

    @intrinsic(mismatches_plain)
    def count(context, tables, first, offsets, weights, start, n, counts, target):
        i = types.intp
        return types.void(tables, i, offsets, weights, i, i, counts, i), emit

    def run(tables, first, offsets, weights, start, n, counts, target):
        count(tables, first, offsets, weights, start, n, counts, target)

    return numba.njit(run)


def runs_here(name):
    return LOOKUPS[name].feature in host_features() | {""}


WAYS = {name: way for name, way in LOOKUPS.items() if runs_here(name)} | {"64 lanes": Lookup(64, "", "")}


@pytest.fixture(scope="module", params=WAYS)
def count(request):
    """The loop with one look-up; 64 lanes one by one stand in for AVX-512 where it is missing."""
    return kernel(WAYS[request.param])


def operands(seed, n_triples, worst):
    rng = np.random.default_rng(seed)
    tables = rng.integers(0, 5, (50, 16)) + 16 * rng.integers(0, 5, (50, 16))
    if worst:
        tables[:] = 4 + 16 * 4
    offsets = (16 * rng.integers(0, 40, TRIPLE * n_triples + 1)).astype(np.uint32)
    weights = rng.integers(0, 16, COLUMNS * (TRIPLE * n_triples + 1)).astype(np.uint8)
    weights[rng.random(weights.shape) < (0 if worst else 0.1)] = NO_TAP
    counts = rng.integers(0, 100, 6 * COLUMNS).astype(np.uint16)
    return tables.astype(np.uint8).view(np.uint64).ravel(), offsets, weights, counts


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**32), st.integers(0, 65), st.booleans())
def test_block_equals_its_plain_twin(count, seed, n_triples, worst):
    tables, offsets, weights, counts = operands(seed, n_triples, worst)
    expected = counts.copy()
    mismatches_plain(tables, 16, offsets, weights, COLUMNS, n_triples, expected, 3 * COLUMNS)
    count(tables, 16, offsets, weights, COLUMNS, n_triples, counts, 3 * COLUMNS)
    np.testing.assert_array_equal(counts, expected)


def test_host_gets_the_widest_lookup_it_has():
    available = [way for name, way in LOOKUPS.items() if runs_here(name)]
    assert host_lookup() == max(available, key=lambda way: way.lanes)
