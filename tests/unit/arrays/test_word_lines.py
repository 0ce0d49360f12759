"""Packed signs unrolled into word lines."""

import numpy as np
import pytest
from naive.analog import lines_of, unrolled

from cimsim.sim.kernels.lines import word_lines
from cimsim.sim.kernels.pack import pack_flags

CASES = [
    # h, w, channels, kernel, stride, padding, pad value, rows at once
    (6, 7, 20, (3, 2), (1, 2), (1, 1), 0, 16),
    (5, 5, 70, (5, 5), (1, 1), (2, 2), -1, 10),
    (4, 4, 3, (4, 4), (1, 1), (0, 0), 1, 128),
    (6, 6, 64, (3, 3), (2, 2), (1, 0), 1, 7),
    (1, 1, 130, (1, 1), (1, 1), (0, 0), 0, 1),
    # Kernels of one word: rows of one or more words, a word filled to its last bit.
    (28, 28, 1, (5, 5), (1, 1), (0, 0), 0, 16),
    (9, 40, 3, (3, 3), (2, 1), (1, 1), 0, 8),
    (5, 9, 16, (1, 4), (1, 1), (0, 0), -1, 64),
    (5, 9, 32, (2, 1), (1, 2), (1, 0), 1, 20),
]


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("has_idle", [False, True])
def test_word_lines_are_those_of_numpy(case, has_idle):
    h, w, channels, kernel, stride, padding, pad_value, at_once = case
    rng = np.random.default_rng(0)
    x = rng.choice([-1, 0, 1] if has_idle else [-1, 1], (3, h, w, channels))
    rows = kernel[0] * kernel[1] * channels
    first_row = np.append(np.arange(0, rows, at_once), rows)
    driven = pack_flags(x != 0) if has_idle else None
    found = word_lines(pack_flags(x > 0), driven, channels, kernel, stride, padding, pad_value, first_row)
    expected = unrolled(x, kernel, stride, padding, pad_value)
    lines, n_quads = lines_of(found, first_row)
    np.testing.assert_array_equal(lines, expected)
    np.testing.assert_array_equal(found.n_driven, (expected != 0).sum(axis=1))
    assert n_quads == len(found.ups)
    assert not (found.ups & found.downs).any()
