"""The vector code that adds up cells against its plain twin, bit for bit."""

import numpy as np
import pytest

from cimsim._jit import njit
from cimsim.sim.kernels.patterns import (
    LANES,
    PAIR,
    TABLE,
    WIDTH,
    add_patterns,
    add_patterns_plain,
    build_table,
)


@njit
def compiled(total, at, before, start, table, lines, first, stride, n_quads, n_columns):
    add_patterns(total, at, before, start, table, lines, first, stride, n_quads, n_columns)


@njit
def build(table, first, cells, quad):
    build_table(table, first, cells, quad, WIDTH)


@pytest.mark.parametrize("n_quads", range(1, PAIR + 1))
@pytest.mark.parametrize("n_columns", range(LANES, WIDTH + 1, LANES))
def test_vector_code_is_its_twin(n_quads, n_columns):
    rng = np.random.default_rng(n_quads)
    table = rng.standard_normal(n_quads * TABLE).astype(np.float32)
    before, lines = rng.standard_normal(3 * WIDTH).astype(np.float32), rng.integers(0, 2**16, 40, np.uint16)
    found, expected = np.zeros((2, 4 * WIDTH), np.float32)
    for total, add in ((found, compiled), (expected, add_patterns_plain)):
        add(total, WIDTH, before, 2 * WIDTH, table, lines, 5, 7, n_quads, n_columns)
    np.testing.assert_array_equal(found, expected)
    end = WIDTH + n_columns
    assert found[WIDTH:end].all() and not found[:WIDTH].any() and not found[end:].any()


def test_in_place_sums_go_on():
    rng = np.random.default_rng(0)
    table, lines = rng.standard_normal(TABLE).astype(np.float32), rng.integers(0, 2**16, 1, np.uint16)
    total = np.ones(WIDTH, np.float32)
    compiled(total, 0, total, 0, table, lines, 0, 1, 1, WIDTH)
    expected = np.ones(WIDTH, np.float32)
    add_patterns_plain(expected, 0, expected, 0, table, lines, 0, 1, 1, WIDTH)
    np.testing.assert_array_equal(total, expected)


def test_a_row_of_the_table_is_the_sum_of_its_cells():
    rng = np.random.default_rng(1)
    cells = rng.integers(-9, 10, (2, 16, WIDTH)).astype(np.float32)
    table, lines = np.zeros(2 * TABLE, np.float32), np.array([0b1010_0000_1111_0001], np.uint16)
    build(table, TABLE, cells.reshape(-1), 1)
    total = np.zeros(WIDTH, np.float32)
    add_patterns_plain(total, 0, total, 0, table[TABLE:], lines, 0, 1, 1, WIDTH)
    np.testing.assert_array_equal(total, cells[1][[0, 4, 5, 6, 7, 13, 15]].sum(axis=0))
