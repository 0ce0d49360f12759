"""Cells of one junction: rows at +1 and rows at -1 summed in turn, or row by row against a reference."""

from dataclasses import replace

import numpy as np
import pytest
from arch_files import ONE, ROW_BY_ROW, STT
from hand_arrays import draw_matrix, hand_layout
from hand_chip import lenet_like
from naive.analog import lines_of, read_in_phases, unrolled
from scipy.stats import norm

from cimsim.arch import build_chip, load_arch
from cimsim.circuits.array_model import ArrayModel, Converter, Sense
from cimsim.circuits.cell_signals import ResistorSignals
from cimsim.mapping.mapper import map_network
from cimsim.sim.analog_layer import AnalogLayer, array_chip
from cimsim.sim.kernels.lines import phases, word_lines
from cimsim.sim.kernels.pack import pack_flags
from cimsim.sim.margins import margins
from cimsim.sim.noise_keys import keys_of_second_phase
from cimsim.sim.operand import Operand
from cimsim.sim.sum_errors import SumErrors

SIGNALS = ResistorSignals(2.0, 1.0, 0.1, 0.1)
CONVERTER = Converter(bits=5, full_scale=16, offset_steps=0.3, gain_cv=0.05, inl_steps=0.2)


def chip_of(fidelity="statistical", **model):
    """A chip of such cells, and the layer of a network whose inputs may be dropped."""
    graph = lenet_like(dropout="element")
    built = build_chip(load_arch(ONE))
    arrays = replace(built.arrays, **{"signals": SIGNALS, "read_out": CONVERTER, **model})
    chip = array_chip(map_network(graph, replace(built, arrays=arrays)), "sequential", fidelity, 0, 0)
    return chip, AnalogLayer(graph, graph.node("co2"), (4, 4, 5), chip, SumErrors())


def operand_of(n, keys=None, seed=0):
    x = np.random.default_rng(seed).choice([-1, 0, 1], (n, 4, 4, 5))
    return x, Operand(pack_flags(x > 0), pack_flags(x != 0), 5, keys=keys)


def test_phases_hold_the_rows_of_either_sign():
    x = np.random.default_rng(0).choice([-1, 0, 1], (9, 1, 1, 50))
    first_row = np.array([0, 16, 32, 50])
    lines = word_lines(pack_flags(x > 0), pack_flags(x != 0), 50, (1, 1), (1, 1), (0, 0), 0, first_row)
    for phase, sign in zip(phases(lines), (1, -1), strict=True):
        expected = x.reshape(9, 50) == sign
        np.testing.assert_array_equal(lines_of(phase, first_row)[0], expected)
        np.testing.assert_array_equal(phase.n_driven, expected.sum(axis=1))


@pytest.mark.parametrize("converter", [CONVERTER, Converter(bits=3, full_scale=6, is_centred=True)])
@pytest.mark.parametrize("fidelity", ["statistical", "circuit"])
def test_sums_are_those_of_numpy(converter, fidelity):
    """float32 against float64: a count on a level may fall on either side. Wires without resistance."""
    wires = replace(build_chip(load_arch(ONE)).arrays.wires, bitline_ohm=1e-9, source_line_ohm=1e-9)
    chip, layer = chip_of(fidelity, read_out=converter, wires=wires)
    x, operand = operand_of(40)
    (cells,) = chip.drawn["co2", 0]
    lines = unrolled(x, (3, 3), (1, 1), (0, 0), 0)
    expected = read_in_phases(lines, cells.plus, cells.layout.first_row, cells.read_out)
    found = layer.sums(operand).sums.reshape(-1, 7)
    assert np.mean(found != expected) < 2e-3
    exact = lines @ layer._node.params["weight"].transpose(2, 3, 1, 0).reshape(-1, 7)
    assert np.mean(found != exact) > 0.05


def test_a_cell_is_drawn_once_and_read_by_both_phases():
    signs = np.random.default_rng(0).choice(np.array([-1, 1], np.int8), (40, 6))
    layout = hand_layout([0, 40], [0], np.arange(6))
    model = ArrayModel(SIGNALS, CONVERTER, read_noise=0.1, n_branches=1)
    cells = draw_matrix(signs, layout, model, np.random.default_rng(1))
    assert cells.signals.shape == (1, 40, 6)
    np.testing.assert_array_equal(cells.plus, cells.minus)
    np.testing.assert_array_equal(cells.plus_variance, cells.minus_variance)
    assert cells.plus[signs > 0].mean() > 0.9 and abs(cells.plus[signs < 0].mean()) < 0.1


@pytest.mark.parametrize("fidelity", ["statistical", "cell", "circuit"])
def test_noise_of_both_phases_is_in_a_sum(fidelity):
    """One input many times: a sum is twice a difference of counts, and each driven cell is read once."""
    n, converter = 1500, Converter(bits=12, full_scale=4095, is_centred=True, noise_steps=1.5)
    wires = replace(build_chip(load_arch(ONE)).arrays.wires, bitline_ohm=1e-9, source_line_ohm=1e-9)
    signals = ResistorSignals(2.0, 1.0)
    chip, layer = chip_of(fidelity, read_out=converter, signals=signals, read_noise=1.0, wires=wires)
    x, _ = operand_of(1)
    many, keys = np.repeat(x, n, axis=0), np.arange(n, dtype=np.uint64)
    sums = layer.sums(Operand(pack_flags(many > 0), pack_flags(many != 0), 5, keys=keys)).sums
    (cells,) = chip.drawn["co2", 0]
    assert set(np.unique(cells.plus_variance)) == {1.0, 4.0}
    driven = unrolled(x, (3, 3), (1, 1), (0, 0), 0) != 0
    rounded = 1 / 12
    of_reads = 2 * len(cells.layout.tile) * (1.5**2 + rounded)
    expected = 4 * (driven @ cells.plus_variance + of_reads)
    found = sums.reshape(n, 4, 7).var(axis=0)
    np.testing.assert_allclose(found, expected, rtol=0.2)
    assert found.mean() == pytest.approx(expected.mean(), rel=0.03)


def test_keys_of_phases_never_meet():
    keys = np.arange(5000, dtype=np.uint64) * np.uint64(977)
    assert len(np.unique(np.concatenate([keys, keys_of_second_phase(keys)]))) == 10_000


def test_a_row_is_compared_with_the_mean_of_the_two_states():
    """Half the difference of two branches: ones = P(0.25 + offset + spread > 0), and as many zeros at -1."""
    signals, sense = ResistorSignals(2.0, 1.5, 0.05, 0.05), Sense(offset=0.15)
    signs = np.random.default_rng(0).choice(np.array([-1, 1], np.int8), (100, 4000))
    layout = hand_layout([0, 100], [0], np.arange(4000))
    cells = draw_matrix(signs, layout, ArrayModel(signals, sense, n_branches=1), np.random.default_rng(1))
    np.testing.assert_array_equal(cells.plus + cells.minus, 1.0)
    for sign, level in ((1, 2.0), (-1, 1.5)):
        wrong = np.mean(cells.plus[signs == sign] != (sign > 0))
        assert wrong == pytest.approx(norm.cdf(-0.25 / np.hypot(0.15, 0.05 * level)), rel=0.05)


def program(path, *overrides, **model):
    chip = build_chip(load_arch(path, list(overrides)))
    return map_network(lenet_like(), replace(chip, arrays=replace(chip.arrays, **model)))


def test_margins_by_hand():
    """A phase has half the rows of an XNOR step, and a decision half of the difference of its branches."""
    quiet = {"read_noise": 0.0, "signals": ResistorSignals(2.0, 1.0, 0.1, 0.1)}
    converter = Converter(bits=5, full_scale=16, is_calibrated=True)
    two, one = (margins(program(path, read_out=converter, **quiet))["li3"] for path in (STT, ONE))
    assert one.sigma == pytest.approx(0.5 / np.sqrt(4 * (0.2**2 + 0.1**2)), rel=0.02)
    assert one.sigma == pytest.approx(np.sqrt(2) * two.sigma)
    sense = margins(program(ONE, *ROW_BY_ROW, read_out=Sense(offset=0.2), **quiet))["co2"]
    assert sense.sigma == pytest.approx(0.5 / np.sqrt((0.2**2 + 0.1**2) / 2 + 0.2**2), rel=0.02)
