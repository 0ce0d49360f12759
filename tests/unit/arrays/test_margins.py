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
from cimsim.sim.margins import margins, warnings_of_sums


def program(path=STT, *overrides, **model):
    chip = build_chip(load_arch(path, list(overrides)))
    return map_network(lenet_like(), replace(chip, arrays=replace(chip.arrays, **model)))


def test_the_margin_by_hand_and_by_counting_wrong_codes():
    """16 rows of cells 2 and 1 with 10 %: sigma^2 = 8 (0.2^2 + 0.1^2) counts, drawn 20,000 times."""
    signals, converter = ResistorSignals(2.0, 1.0, 0.1, 0.1), Converter(bits=5, full_scale=16)
    found = margins(program(signals=signals, read_out=converter, read_noise=0.0))["li3"]
    sigma = 0.5 / np.sqrt(8 * 0.05)
    assert found.sigma == pytest.approx(sigma, rel=0.02)
    assert found.decision_errors == pytest.approx(2 * norm.cdf(-sigma), rel=0.03)
    rng = np.random.default_rng(0)
    signs = np.repeat(np.array([1, -1] * 8, np.int8)[:, None], 20_000, axis=1)
    model = program(signals=signals, read_out=converter).chip.arrays
    cells = draw_matrix(signs, hand_layout([0, 16], [0], np.zeros(20_000, int)), model, rng)
    wrong = np.mean(np.rint(cells.plus.sum(axis=0)) != 8)
    assert wrong == pytest.approx(found.decision_errors, rel=0.05)


def test_noise_and_converters_eat_the_margin():
    base = {"signals": ResistorSignals(2.0, 1.0), "read_noise": 0.0}
    quiet = Converter(bits=5, full_scale=16)
    assert margins(program(read_out=quiet, **base))["li3"].sigma == np.inf
    shaken = margins(program(read_out=replace(quiet, noise_steps=0.2, inl_steps=0.1), **base))["li3"]
    assert shaken.sigma == pytest.approx(0.5 / np.hypot(0.2, 0.1))
    cells = margins(program(read_out=quiet, **{**base, "read_noise": 0.05}))["li3"]
    assert cells.sigma == pytest.approx(0.5 / np.sqrt(8 * (0.1**2 + 0.05**2)))
    coarse = margins(program(read_out=Converter(bits=3, full_scale=16, noise_steps=0.2), **base))["li3"]
    assert coarse.sigma == pytest.approx(0.5 / 0.2)


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
