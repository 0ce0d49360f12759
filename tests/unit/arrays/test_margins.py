"""What a layer's sums are worth before any image is seen."""

from dataclasses import replace

import numpy as np
import pytest
from arch_files import SOT, STT
from hand_arrays import draw_matrix, hand_layout
from hand_chip import lenet_like
from scipy.stats import norm

from cimsim.arch import build_chip, load_arch
from cimsim.circuits.array_model import Converter, Sense
from cimsim.circuits.cell_signals import ResistorSignals
from cimsim.mapping.mapper import map_network
from cimsim.sim.kernels.analog import read_steps
from cimsim.sim.margins import margins, warnings_of_sums


def program(path=STT, *overrides, **model):
    chip = build_chip(load_arch(path, list(overrides)))
    return map_network(lenet_like(), replace(chip, arrays=replace(chip.arrays, **model)))


LOG_NORMAL = np.expm1(0.1**2 / 2)
"""By how much the mean of a cell with a spread of 10 % is above its median, which references assume."""


def test_the_margin_by_hand():
    """16 rows of cells 2 and 1 with 10 %: sigma^2 = 8 (0.2^2 + 0.1^2) counts."""
    signals, converter = ResistorSignals(2.0, 1.0, 0.1, 0.1), Converter(bits=5, full_scale=16)
    sigma = np.sqrt(8 * 0.05)
    linear = margins(program(signals=signals, read_out=converter, read_noise=0.0))["li3"]
    # Means of 20,000 cells are known to 0.0014 (2 + 1) / 2, of which 8 + 8 cells make 0.02 sigma.
    assert linear.sigma == pytest.approx((0.5 - 8 * 3 * LOG_NORMAL) / sigma, abs=0.05)
    calibrated = replace(converter, is_calibrated=True)
    found = margins(program(signals=signals, read_out=calibrated, read_noise=0.0))["li3"]
    assert found.sigma == pytest.approx(0.5 / sigma, rel=0.02)
    assert found.decision_errors == pytest.approx(2 * norm.cdf(-0.5 / sigma), rel=0.03)


@pytest.mark.parametrize("is_calibrated", [False, True])
@pytest.mark.parametrize("bits", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("full_scale", [16, 10, 4])
def test_decision_errors_are_those_that_the_kernel_makes(bits, full_scale, is_calibrated):
    """20,000 columns of 16 cells; codes of several counts, levels near and far from them, clipping."""
    signals = ResistorSignals(2.0, 1.0, 0.1, 0.1)
    converter = Converter(bits, full_scale, full_scale < 16, is_calibrated, noise_steps=0.05)
    model = program(signals=signals, read_out=converter, read_noise=0.0).chip.arrays
    found = margins(program(signals=signals, read_out=converter, read_noise=0.0))["li3"]
    signs = np.random.default_rng(0).choice(np.array([-1, 1], np.int8), (16, 20_000))
    ideal = replace(model, signals=ResistorSignals(2.0, 1.0), read_out=replace(converter, noise_steps=0.0))
    codes = [counts(signs, one, converter) for one in (ideal, model)]
    wrong = np.mean(codes[0] != codes[1])
    # Three deviations of a share of 20,000; whole columns of calibrated cells have no error in common.
    assert wrong == pytest.approx(found.decision_errors, abs=3 * np.sqrt(wrong / 20_000) + 1e-3)


def counts(signs, model, converter):
    """What a step of 16 rows, all at +1, tells of each column; one converter for all."""
    columns = signs.shape[1]
    cells = draw_matrix(
        signs, hand_layout([0, 16], [0], np.zeros(columns, int)), model, np.random.default_rng(1)
    )
    ups, downs = np.full((1, 1), 0xFFFF, np.uint16), np.zeros((1, 1), np.uint16)
    keys = np.arange(1, dtype=np.uint64) if model.is_noisy else np.empty(0, np.uint64)
    found = np.empty((1, columns), np.int32)
    read_steps(
        ups, downs, cells.counts_of, cells.variance_of, cells.layout.first_quad, cells.read_out, keys, found
    )
    return found[0]


def test_noise_and_converters_eat_the_margin():
    base = {"signals": ResistorSignals(2.0, 1.0), "read_noise": 0.0}
    quiet = Converter(bits=5, full_scale=16)
    assert margins(program(read_out=quiet, **base))["li3"].sigma == np.inf
    shaken = margins(program(read_out=replace(quiet, noise_steps=0.2, inl_steps=0.1), **base))["li3"]
    assert shaken.sigma == pytest.approx(0.5 / np.hypot(0.2, 0.1))
    cells = margins(program(read_out=quiet, **{**base, "read_noise": 0.05}))["li3"]
    assert cells.sigma == pytest.approx(0.5 / np.sqrt(8 * (0.1**2 + 0.05**2)))
    coarse = margins(program(read_out=Converter(bits=3, full_scale=16, noise_steps=0.2), **base))["li3"]
    assert coarse.sigma == pytest.approx(0.5 / (0.2 * 16 / 7))


def test_a_sense_amplifier_has_the_whole_difference():
    signals = ResistorSignals(2.0, 1.0)
    found = margins(program(SOT, signals=signals, read_out=Sense(offset=0.5)))["co2"]
    assert (found.sigma, found.decision_errors) == (pytest.approx(2.0), pytest.approx(norm.cdf(-2.0)))


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (("tile.macro.adc.errors.references=linear",), "calibrate the references"),
        (("tile.macro.rows_active=128", "tile.macro.adc.bits=8"), "widen the wires"),
    ],
)
def test_wires_that_take_more_than_the_margin_are_announced(overrides, words):
    (warning,) = warnings_of_sums(program(STT, *overrides), "statistical")
    assert warning.startswith("wires take ") and warning.endswith(words)
    assert "does not see" in warning
    (seen,) = warnings_of_sums(program(STT, *overrides), "circuit")
    assert "does not see" not in seen
    assert list(warnings_of_sums(program(), "statistical")) == []


def test_wires_without_sums_are_announced():
    (warning,) = warnings_of_sums(program(SOT), "circuit")
    assert (
        warning == "no column is summed by sense amplifiers: wires change nothing, 'circuit' is 'statistical'"
    )
    assert list(warnings_of_sums(program(SOT), "statistical")) == []
