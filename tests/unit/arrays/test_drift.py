"""Resistive memories that drift: the law of a device, the sums of a chip, what its layers are worth."""

import json
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from arch_files import SOT, STT
from hand_arrays import draw_matrix, hand_layout
from hand_chip import lenet_like
from scipy.stats import norm

import cimsim
from cimsim.arch import build_chip, load_arch
from cimsim.circuits.array_model import ArrayModel, Converter, Sense
from cimsim.circuits.cell_signals import ResistorSignals
from cimsim.circuits.drift import Drift
from cimsim.errors import SpecError
from cimsim.mapping.mapper import map_network
from cimsim.sim.margins import margins

N = 200_000
CELL = "tile.macro.subarray.cell"
LINEAR = "tile.macro.adc.errors.references=linear"


def rng():
    return np.random.default_rng(0)


def number(value):
    return {"value": value, "grade": "assumed", "source": "a test"}


def rram(age_s, cv=0.0, **drift):
    """An override: 7 kohm and 97 kohm behind 3 kohm; they drift from 10 s on."""
    quantities = {
        "area_m2": 1e-12, "gate_capacitance_f": 1e-16, "drain_capacitance_f": 1e-16,
        "access_resistance_ohm": 3000, "resistance_low_ohm": 7000, "resistance_high_ohm": 97000,
    }  # fmt: skip
    errors = {"age_s": age_s, "signal_cv": number(cv)}
    if drift:
        errors["drift"] = {"start_s": 10, **{name: number(value) for name, value in drift.items()}}
    write = {"supply_v": 2.0, "width_s": 1e-7, "current_a": number(1e-4)}
    parts = {name: number(value) for name, value in quantities.items()}
    return f"{CELL}={json.dumps({'type': 'rram_2t2r', **parts, 'errors': errors, 'write': write})}"


def signals_of(*overrides):
    return build_chip(load_arch(STT, list(overrides))).arrays.signals


def drifting(age_s, exponents=(0.05, 0.1), deviations=(0.0, 0.0), cv=0.0):
    drift = Drift(np.log(age_s / 10.0), exponents, deviations, (0.0, 0.0))
    return ResistorSignals(2.0, 1.0, cv, cv, drift)


def test_a_device_follows_the_power_law_and_its_transistor_does_not():
    """10 and 100 kohm in series; after 10^6 times the start 7 kohm are twice, 97 kohm four times as much."""
    law = {"exponent_low": np.log10(2) / 6, "exponent_high": np.log10(4) / 6}
    found = signals_of(rram(1e7, **law))
    assert found.nominal() == pytest.approx((0.1 / 10e3, 0.1 / 100e3))
    aged = found.draw(np.array([True, False]), rng())
    np.testing.assert_allclose(aged, [0.1 / 17e3, 0.1 / 391e3], rtol=1e-12)


def test_exponents_are_drawn_for_each_device_about_those_of_its_state():
    found = drifting(1e7, deviations=(0.01, 0.03))
    for state, mean, deviation, signal in ((True, 0.05, 0.01, 2.0), (False, 0.1, 0.03, 1.0)):
        exponents = -np.log(found.draw(np.full(N, state), rng()) / signal) / np.log(1e6)
        assert exponents.mean() == pytest.approx(mean, abs=4 * deviation / N**0.5)
        assert exponents.std() == pytest.approx(deviation, rel=0.01)


@pytest.mark.parametrize("age_s", [0.0, 10.0])
def test_until_drift_begins_signals_are_those_of_devices_without(age_s):
    law = {"exponent_low": 0.05, "exponent_high": 0.1, "deviation_low": 0.01, "deviation_high": 0.03}
    states = rng().random(1000) < 0.5
    young = rram(0.0, 0.1), rram(age_s, 0.1, **law)
    plain, early = (signals_of(cell).draw(states, rng()) for cell in young)
    np.testing.assert_array_equal(plain, early)


def test_exponents_of_zero_change_nothing_ever():
    states = rng().random(1000) < 0.5
    still = signals_of(rram(1e9, 0.1, exponent_low=0.0, exponent_high=0.0)).draw(states, rng())
    np.testing.assert_allclose(still, signals_of(rram(0.0, 0.1)).draw(states, rng()), rtol=1e-12)


def test_a_chip_grows_older_without_becoming_another():
    """Between two ages each device moves by its own exponent; the read-outs stay what they are."""
    converter = Converter(bits=5, full_scale=16, offset_steps=0.3, gain_cv=0.1)
    signs, layout = (
        rng().choice(np.array([-1, 1], np.int8), (32, 40)),
        hand_layout([0, 16, 32], [0, 1], [0] * 40),
    )
    cells = [
        draw_matrix(
            signs, layout, ArrayModel(drifting(age_s, deviations=(0.01, 0.03), cv=0.1), converter), rng()
        )
        for age_s in (10.0, 1e3, 1e5)
    ]
    young, older, oldest = (np.log(one.signals) for one in cells)
    np.testing.assert_allclose(oldest - young, 2.0 * (older - young), rtol=1e-9)
    np.testing.assert_array_equal(cells[0].read_out.offset, cells[2].read_out.offset)


def test_calibrated_references_drift_along_and_linear_ones_do_not():
    """One exponent for all: every signal by the same factor, which reference columns share."""
    signs, layout = rng().choice(np.array([-1, 1], np.int8), (64, 40)), hand_layout([0, 64], [0], [0] * 40)
    for is_calibrated, change in ((True, 1.0), (False, 1e6**-0.05)):
        converter = Converter(bits=5, full_scale=16, is_calibrated=is_calibrated)
        cells = draw_matrix(signs, layout, ArrayModel(drifting(1e7, (0.05, 0.05)), converter), rng())
        agree = np.where(signs > 0, cells.plus, cells.minus)
        np.testing.assert_allclose(agree, 1.0 if is_calibrated else 2.0 * change - 1.0, rtol=1e-9)


def margin(age_s, *overrides, **model):
    chip = build_chip(load_arch(STT, list(overrides)))
    signals = drifting(age_s, (0.1, 0.05), (0.01, 0.03), cv=0.05)
    arrays = replace(chip.arrays, signals=signals, read_noise=0.0, **model)
    return margins(map_network(lenet_like(), replace(chip, arrays=arrays)))["li3"]


@pytest.mark.parametrize(
    "read_out", [Converter(5, 16), Converter(5, 16, is_calibrated=True), Sense(offset=0.3)]
)
def test_margins_shrink_with_age(read_out):
    """Where the low resistance drifts faster than the high one; the other way round they may grow."""
    found = [margin(age_s, read_out=read_out) for age_s in (10.0, 11.0, 12.0, 13.0, 14.0)]
    for young, old in pairwise(found):
        assert old.sigma < young.sigma and old.decision_errors > young.decision_errors


def test_the_margin_of_linear_references_by_hand():
    """16 rows of cells 2 and 1, a tenth lost: 8 of each lack 2.4 counts; sigma^2 = 8 (0.09^2 + 0.045^2)."""
    chip = build_chip(load_arch(STT))
    drift = Drift(1.0, (-np.log(0.9),) * 2, (0.0, 0.0), (0.0, 0.0))
    arrays = replace(
        chip.arrays, signals=ResistorSignals(2.0, 1.0, 0.05, 0.05, drift), read_out=Converter(5, 16)
    )
    found = margins(map_network(lenet_like(), replace(chip, arrays=arrays)))["li3"]
    deviation = np.sqrt(8 * (0.09**2 + 0.045**2))
    assert found.sigma == pytest.approx((0.5 - 2.4) / deviation, rel=0.02)
    expected = norm.cdf(1.9 / deviation) + norm.cdf(-2.9 / deviation)
    assert found.decision_errors == pytest.approx(expected, rel=0.02)
    still = replace(arrays, signals=ResistorSignals(2.0, 1.0, 0.0, 0.0, drift))
    assert margins(map_network(lenet_like(), replace(chip, arrays=still)))["li3"].sigma == -np.inf


@pytest.mark.parametrize("fidelity", ["statistical", "cell", "circuit"])
def test_every_fidelity_feels_the_age_but_ideal(fidelity):
    law = {"exponent_low": 0.05, "exponent_high": 0.05}
    graph = lenet_like()
    x = rng().integers(0, 8, (2, *graph.input.shape))
    wrong = [
        cimsim.simulate(
            load_arch(STT, [rram(age_s, **law), LINEAR]), graph, x=x, y=np.zeros(2, int), fidelity=fidelity,
            n_mc_samples=1,
        ).layers["sum_error_rms"].max()
        for age_s in (10.0, 1e8)
    ]  # fmt: skip
    assert wrong[1] > wrong[0] + 0.5


@pytest.mark.parametrize("path", [STT, SOT])
def test_junctions_do_not_drift(path):
    law = {"start_s": 10, "exponent_low": number(0.1), "exponent_high": number(0.1)}
    with pytest.raises(SpecError, match=r"errors\.drift"):
        load_arch(path, [f"{CELL}.errors.drift={json.dumps(law)}"])
