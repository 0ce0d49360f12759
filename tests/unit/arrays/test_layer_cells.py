"""Cells out of the spread, and the read-outs behind them."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from arch_files import SOT, STT
from hand_arrays import draw_matrix, hand_layout
from scipy.stats import norm

from cimsim.arch import build_chip, load_arch
from cimsim.circuits.array_model import ArrayModel, Converter, Sense
from cimsim.circuits.cell_signals import Faults, ResistorSignals
from cimsim.errors import SpecError
from cimsim.sim.layer_cells import layout_of, n_read_outs

N = 200_000


def rng():
    return np.random.default_rng(0)


def model_of(path=STT, *overrides):
    return build_chip(load_arch(path, list(overrides))).arrays


def one_tile(rows, columns, per_read_out=1):
    return hand_layout([0, rows], [0], np.arange(columns) // per_read_out)


def drawn(model, rows=200, columns=100, per_read_out=1):
    signs = rng().choice(np.array([-1, 1], np.int8), (rows, columns))
    return signs, draw_matrix(signs, one_tile(rows, columns, per_read_out), model, rng())


def test_signals_are_the_currents_of_the_junctions():
    """0.1 V over 7.81 kohm and 3 kohm; to first order 7 % of R_P are 7.81 / 10.81 of that in current."""
    signals = model_of().signals
    parallel, antiparallel = signals.nominal()
    assert parallel == pytest.approx(0.1 / (7814.5 + 3000), rel=1e-4)
    assert antiparallel == pytest.approx(
        0.1 / (7814.5 * (1 + 1.5 / (1 + (0.1 * 0.864 / 0.5) ** 2)) + 3000), rel=2e-3
    )
    found = signals.draw(np.full(N, True), rng())
    assert np.median(found) == pytest.approx(parallel, rel=1e-3)
    expected = np.hypot(0.07 * 7.8145, 0.05 * 3.0) / 10.8145
    assert np.std(np.log(found)) == pytest.approx(expected, rel=0.02)


def test_a_cell_agrees_by_one_branch_and_not_by_the_other():
    quiet = replace(model_of().signals, resistance_cv=0.0, tmr_cv=0.0, access_cv=0.0)
    signs, cells = drawn(replace(model_of(), signals=quiet, faults=Faults()))
    np.testing.assert_allclose(cells.plus, signs > 0, atol=1e-12)
    np.testing.assert_allclose(cells.minus, signs < 0, atol=1e-12)


def test_shares_of_faults():
    faults = Faults(stuck_parallel=0.02, stuck_antiparallel=0.05, flipped=0.1)
    for state in (True, False):
        found = faults.apply(np.full(N, state), rng())
        wrong = (0.05 if state else 0.02) + 0.93 * 0.1
        assert np.mean(found != state) == pytest.approx(wrong, abs=4 * (wrong / N) ** 0.5)


def test_the_same_chip_with_stuck_cells_is_the_same_elsewhere():
    model = model_of()
    worse, worst = (replace(model.faults, stuck_parallel=0.02, stuck_antiparallel=s) for s in (0.0, 0.05))
    signals = [drawn(replace(model, faults=faults))[1].signals for faults in (model.faults, worse, worst)]
    changed = [signals[0] != other for other in signals[1:]]
    assert 0.005 < changed[0].mean() < 0.02 and not (changed[0] & ~changed[1]).any()
    assert 0.03 < changed[1].mean() < 0.04


def test_a_spread_more_leaves_the_others():
    """A parallel junction does not feel the ratio; what two access deviations make is the access alone."""
    signals, states = model_of().signals, np.full(50, True)
    flat, open_ = replace(signals, tmr_cv=0.0), replace(signals, access_cv=0.0)
    found, of_flat, of_open = (kind.draw(states, rng()) for kind in (signals, flat, open_))
    np.testing.assert_array_equal(found, of_flat)
    access = signals.junction.access_ohm * (np.exp(0.05 * rng().spawn(3)[2].standard_normal(50)) - 1.0)
    np.testing.assert_allclose(0.1 / found - 0.1 / of_open, access, rtol=1e-9)


def test_cells_forget_with_age():
    """At 400 K a hundredth of the cells has lost a state after some five months; every other in the end."""
    hot, age = "technology.temperature_k=400", "tile.macro.subarray.cell.errors.age_s={}"
    young, old, worn = (model_of(STT, hot, age.format(t)).faults for t in (0, 1.36e7, 9e9))
    assert young.flipped < 1e-6
    assert old.flipped == pytest.approx(0.005, rel=0.05)
    assert worn.flipped == pytest.approx(0.5, abs=0.01)


def test_calibrated_references_follow_the_cells_of_each_subarray():
    """The means of agreeing and of other cells of a tile are 1 and 0; nominal references are off by 1 %."""
    signals, layout = ResistorSignals(2.0, 1.0, 0.1, 0.1), hand_layout([0, 16, 32], [0, 1], np.arange(20))
    signs = rng().choice(np.array([-1, 1], np.int8), (32, 20))
    for is_calibrated in (False, True):
        converter = Converter(bits=5, full_scale=16, is_calibrated=is_calibrated)
        cells = draw_matrix(signs, layout, ArrayModel(signals, converter), rng())
        for tile in (slice(0, 16), slice(16, 32)):
            both = np.stack([cells.plus[tile], cells.minus[tile]])
            is_parallel = np.stack([signs[tile] > 0, signs[tile] < 0])
            off = abs(both[is_parallel].mean() - 1.0), abs(both[~is_parallel].mean())
            assert max(off) < 1e-12 if is_calibrated else max(off) > 1e-3


def test_a_sense_amplifier_errs_where_spread_and_offset_beat_the_difference():
    """ones = P(difference + offset > 0) of two log-normal currents and a normal offset."""
    signals, sense = ResistorSignals(2.0, 1.5, 0.1, 0.1), Sense(offset=0.3)
    signs, cells = drawn(ArrayModel(signals, sense), rows=100, columns=4000)
    agree = np.where(signs > 0, cells.plus, cells.minus)
    deviation = np.sqrt(0.3**2 + (2.0 * 0.1) ** 2 + (1.5 * 0.1) ** 2)
    assert np.mean(agree == 0.0) == pytest.approx(norm.cdf(-0.5 / deviation), rel=0.08)
    assert set(np.unique(cells.plus)) == {0.0, 1.0}


def test_a_noisy_sense_amplifier_decides_at_random():
    sense = Sense(noise=0.5)
    _, cells = drawn(ArrayModel(ResistorSignals(2.0, 1.5), sense), rows=4, columns=5)
    chance = norm.cdf(0.5 / 0.5)
    np.testing.assert_allclose(np.unique(cells.plus), [1 - chance, chance], rtol=1e-12)
    np.testing.assert_allclose(cells.plus_variance, chance * (1 - chance), rtol=1e-12)


@pytest.mark.parametrize(("path", "kind"), [(STT, Converter), (SOT, Sense)])
def test_the_shipped_chips_have_read_outs_of_their_kind(path, kind):
    assert isinstance(model_of(path).read_out, kind)


def test_a_converter_covers_what_it_is_told():
    narrow = model_of(STT, "tile.macro.adc.bits=3").read_out
    assert (narrow.last_code, narrow.step) == (7, pytest.approx(16 / 7))
    centred = model_of(STT, "tile.macro.adc.bits=3", "tile.macro.adc.errors.full_scale=7").read_out
    assert (centred.step, centred.is_centred) == (1.0, True)


def placed(**parts):
    """A matrix of 40 rows and 130 columns on the geometry of `stt_mram`, 32 read-outs a macro."""
    parts = {"groups": 1, "n_variants": 1, "column_tiles": 2, "row_tiles": 1} | parts
    return SimpleNamespace(strategy="unrolled", rows=40, columns=130, n_planes=1, **parts)


def test_columns_share_the_read_outs_of_their_own_tile():
    """130 columns on tiles of 128: 65 on each, five to a read-out."""
    read_out = layout_of(placed(), build_chip(load_arch(STT)).geometry, 1).unit[0]
    assert np.bincount(read_out[:65]).max() == 5
    assert not set(read_out[:65]) & set(read_out[65:])


def test_subarrays_of_a_macro_share_its_read_outs():
    """Two groups, each two columns by three rows of subarrays, five subarrays to a macro: by hand

    group 0: column 0 on macros 0 0 0, column 1 on 0 0 1
    group 1: column 0 on macros 1 1 1, column 1 on 1 2 2
    """
    geometry = replace(
        build_chip(load_arch(STT)).geometry, n_rows=16, subarrays_per_macro=5, columns_per_readout=16
    )
    placement = placed(groups=2, row_tiles=3)
    per_macro = geometry.readouts_per_macro
    assert n_read_outs(placement, geometry) == 3 * per_macro
    for group, macros in enumerate(([[0, 0, 0], [0, 0, 1]], [[1, 1, 1], [1, 2, 2]])):
        layout = layout_of(placement, geometry, 1, group)
        found = layout.unit // per_macro
        assert layout.subarray[:, [0, 129]].T.tolist() == np.add([[0, 1, 2], [3, 4, 5]], 6 * group).tolist()
        for column, on in enumerate(macros):
            assert found[:, 65 * column].tolist() == found[:, 65 * column + 64].tolist() == on
        np.testing.assert_array_equal(layout.unit[:, :65] % per_macro, layout.unit[:, 65:] % per_macro)


def test_errors_are_those_of_the_read_out_whichever_subarray_it_reads():
    """Two tiles of one column each, on one macro or on two; the cells are all alike."""
    converter = Converter(bits=5, full_scale=16, offset_steps=0.3, gain_cv=0.1, inl_steps=0.1)
    model, signs = ArrayModel(ResistorSignals(2.0, 1.0), converter), np.ones((32, 1), np.int8)
    apart = hand_layout([0, 16, 32], [0, 1], [0])
    found = draw_matrix(signs, replace(apart, unit=np.zeros((2, 1), int)), model, rng()).read_out
    for part in (found.gain, found.offset, found.levels):
        np.testing.assert_array_equal(part[0], part[1])
    assert np.ptp(draw_matrix(signs, apart, model, rng()).read_out.offset[:, 0]) > 0.0


def test_shares_beyond_one_and_junctions_of_one_state_are_refused():
    errors = "tile.macro.subarray.cell.errors"
    stuck = [f"{errors}.stuck_{way}=0.7" for way in ("parallel", "antiparallel")]
    with pytest.raises(SpecError, match="must be at most 1 together"):
        load_arch(STT, stuck)
    with pytest.raises(SpecError, match=r"tmr_zero_bias.value=0: must be a number from 0.01"):
        load_arch(STT, ["tile.macro.subarray.cell.device.junction.tmr_zero_bias.value=0"])
