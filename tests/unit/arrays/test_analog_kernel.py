"""Sums of real cells, a few rows at a time, against the same in NumPy."""

import numpy as np
import pytest
from hand_arrays import draw_matrix, hand_layout
from naive.analog import lines_of, read, unrolled

from cimsim.circuits.array_model import ArrayModel, Converter, Sense
from cimsim.circuits.cell_signals import ResistorSignals
from cimsim.sim.kernels.analog import read_steps
from cimsim.sim.kernels.lines import word_lines
from cimsim.sim.kernels.pack import pack_flags
from cimsim.sim.slow_read import read_cells

ROWS = [5, 16, 40, 150]
NOTHING = np.empty(0, np.uint64)


def layout(rows, at_once, columns):
    first_row = np.append(np.arange(0, rows, at_once), rows)
    tile = np.arange(len(first_row) - 1) // 2
    return hand_layout(first_row, tile, np.arange(columns) // 3)


def case(rows, at_once, columns, model, has_idle=True, n=37, seed=0):
    rng = np.random.default_rng(seed)
    signs = rng.choice(np.array([-1, 1], np.int8), (rows, columns))
    cells = draw_matrix(signs, layout(rows, at_once, columns), model, rng)
    x = rng.choice([-1, 0, 1] if has_idle else [-1, 1], (n, 1, 1, rows))
    driven = pack_flags(x != 0) if has_idle else None
    lines = word_lines(pack_flags(x > 0), driven, rows, (1, 1), (1, 1), (0, 0), 0, cells.layout.first_row)
    return signs, cells, unrolled(x, (1, 1), (1, 1), (0, 0), 0), lines


def fast(cells, lines, keys=NOTHING):
    counts = np.empty((len(lines.n_driven), cells.plus.shape[1]), np.int32)
    read_steps(
        lines.ups, lines.downs, cells.counts_of, cells.variance_of, cells.layout.first_quad,
        cells.read_out, keys, counts,
    )  # fmt: skip
    return counts


def model(cv=0.1, **converter):
    return ArrayModel(
        ResistorSignals(2.0, 1.0, cv, cv), Converter(**{"bits": 5, "full_scale": 16, **converter})
    )


@pytest.mark.parametrize("rows", ROWS)
@pytest.mark.parametrize("has_idle", [False, True])
def test_ideal_cells_count_exactly(rows, has_idle):
    signs, cells, x, lines = case(rows, 16, 70, model(cv=0.0), has_idle)
    agree = (x[:, :, None] * signs == 1).sum(axis=1)
    np.testing.assert_array_equal(fast(cells, lines), agree)
    np.testing.assert_array_equal(read_cells(lines, cells, model(0.0), NOTHING, None), agree)


@pytest.mark.parametrize(
    "converter",
    [
        {},
        {"bits": 3},
        {"bits": 1, "full_scale": 6, "is_centred": True},
        {"bits": 4, "full_scale": 10, "is_centred": True, "gain_cv": 0.05},
        {"offset_steps": 0.3, "gain_cv": 0.05},
        {"inl_steps": 0.4},
        {"inl_steps": 0.2, "offset_steps": 0.2, "is_calibrated": True, "bits": 6},
    ],
)
@pytest.mark.parametrize(("rows", "at_once"), [(5, 16), (40, 16), (150, 24), (33, 4)])
def test_read_outs_are_those_of_numpy(converter, rows, at_once):
    """float32 sums against float64: a count that lies on a level to 1e-5 may fall on either side."""
    given = model(**converter)
    _, cells, x, lines = case(rows, at_once, 70, given)
    expected = read(x, cells.plus, cells.minus, cells.layout.first_row, cells.read_out)
    assert np.mean(fast(cells, lines) != expected) < 2e-3
    np.testing.assert_array_equal(read_cells(lines, cells, given, NOTHING, None), expected)


def test_word_lines_come_back_from_quads():
    _, cells, x, lines = case(150, 24, 3, model())
    np.testing.assert_array_equal(lines_of(lines, cells.layout.first_row)[0], x)


def noisy(**converter):
    given = model(**converter)
    return ArrayModel(given.signals, given.read_out, read_noise=0.05)


@pytest.mark.parametrize("converter", [{}, {"noise_steps": 0.4}, {"bits": 3, "noise_steps": 0.3}])
def test_noise_of_the_sum_has_the_moments_of_the_noise_of_the_cells(converter):
    """The same word lines 4,000 times: mean and deviation of the counts of each column."""
    given, n = noisy(**converter), 4000
    _, cells, _, lines = case(40, 16, 6, given, n=1)
    many = type(lines)(*(np.repeat(part, n, axis=-1) for part in lines))
    keys = np.random.default_rng(1).integers(2**63, size=n, dtype=np.uint64)
    both = [fast(cells, many, keys), read_cells(many, cells, given, keys, None)]
    means, deviations = ([f(part, axis=0) for part in both] for f in (np.mean, np.std))
    assert np.max(deviations) > 0.3
    np.testing.assert_allclose(means[0], means[1], atol=5 * np.max(deviations) / n**0.5)
    np.testing.assert_allclose(deviations[0], deviations[1], rtol=0.08, atol=0.02)


@pytest.mark.parametrize(("bits", "full_scale"), [(5, 16), (4, 15), (5, 31)])
def test_centred_codes_that_cover_all_counts_count_exactly(bits, full_scale):
    given = model(0.0, bits=bits, full_scale=full_scale, is_centred=True)
    signs, cells, x, lines = case(40, 12, 70, given)
    agree = (x[:, :, None] * signs == 1).sum(axis=1)
    np.testing.assert_array_equal(fast(cells, lines), agree)
    np.testing.assert_array_equal(read_cells(lines, cells, given, NOTHING, None), agree)


@pytest.mark.parametrize(("offset", "noise"), [(0.1, 0.05), (0.1, 0.2), (0.0, 0.4), (0.0, 1.0)])
def test_ones_of_noisy_decisions_have_their_mean_and_variance(offset, noise):
    """From errors of one in thousands to coin tosses, 128 rows."""
    given, n = ArrayModel(ResistorSignals(2.0, 1.5), Sense(offset=offset, noise=noise)), 4000
    _, cells, _, lines = case(128, 128, 6, given, n=1)
    many = type(lines)(*(np.repeat(part, n, axis=-1) for part in lines))
    keys = np.random.default_rng(2).integers(2**63, size=n, dtype=np.uint64)
    ours, theirs = fast(cells, many, keys), read_cells(many, cells, given, keys, None)
    deviation = max(theirs.std(axis=0).max(), 1e-3)
    np.testing.assert_allclose(ours.mean(axis=0), theirs.mean(axis=0), atol=6 * deviation / n**0.5)
    np.testing.assert_allclose(ours.std(axis=0), theirs.std(axis=0), rtol=0.12, atol=0.03)
    assert ours.min() >= 0 and ours.max() <= 128


def test_no_variance_is_below_nothing():
    """Signals of nearly 0 in one state: what rounding leaves of their noise is no number of its own."""
    signals = ResistorSignals(1.0, 0.0, 0.0, 0.0)
    given = ArrayModel(signals, Converter(bits=8, full_scale=128), read_noise=0.05)
    signs, cells, x, lines = case(128, 128, 64, given, n=500)
    counts = fast(cells, lines, np.arange(500, dtype=np.uint64))
    assert np.abs(counts - (x[:, :, None] * signs == 1).sum(axis=1)).max() < 8


def test_noise_depends_on_the_key_alone():
    given = noisy(noise_steps=0.3)
    _, cells, _, lines = case(40, 16, 6, given, n=50)
    keys = np.arange(50, dtype=np.uint64) * np.uint64(977)
    whole = fast(cells, lines, keys)
    part = type(lines)(*(np.ascontiguousarray(p[..., 20:30]) for p in lines))
    np.testing.assert_array_equal(fast(cells, part, keys[20:30]), whole[20:30])
    assert (fast(cells, lines, keys + np.uint64(1)) != whole).any()
