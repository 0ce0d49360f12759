"""Arrays without errors are the integers; arrays with errors are the same for every image, pass and chunk."""

from dataclasses import replace

import numpy as np
import pytest
from arch_files import ONE, ROW_BY_ROW, SOT, STT
from hand_chip import lenet_like
from hypothesis import given, settings
from hypothesis import strategies as st
from naive.graphs import random_graph, random_images

import cimsim
from cimsim.arch import build_chip, load_arch
from cimsim.circuits.cell_signals import Faults
from cimsim.errors import SpecError
from cimsim.mapping.mapper import map_network
from cimsim.sim.analog_layer import AnalogLayer, array_chip
from cimsim.sim.noise_keys import keys_of_positions
from cimsim.sim.sum_errors import SumErrors
from cimsim.sim.tensors import InputTensor
from cimsim.sim.values import run_values

FIDELITIES = ("statistical", "cell", "circuit")
CHIPS = {"stt": (STT,), "sot": (SOT,), "1t1m": (ONE,), "1t1m row by row": (ONE, *ROW_BY_ROW)}
NO_SPREAD = {"resistance_cv": 0.0, "tmr_cv": 0.0, "access_cv": 0.0}
SMALL = ("tile.macro.subarray.rows=32", "tile.macro.subarray.columns=16", "tile.macro.columns_per_readout=4")
NOISE = "tile.macro.subarray.cell.errors.read_noise=0.03"


def program_of(graph, path=STT, *overrides, spread=True):
    chip = build_chip(load_arch(path, list(overrides)))
    if not spread:
        signals = replace(chip.arrays.signals, **NO_SPREAD)
        chip = replace(chip, arrays=replace(chip.arrays, signals=signals, faults=Faults()))
    return map_network(graph, chip)


def values(program, x, fidelity, *, passes=3, seed=0, instance=0, schedule="sequential", **options):
    arrays = array_chip(program, schedule, fidelity, seed, instance)
    return run_values(
        program.graph, program.folds, x, n_mc_samples=passes, seed=seed, arrays=arrays, **options
    )


def assert_equal(a, b):
    np.testing.assert_array_equal(a.probabilities, b.probabilities)
    for name, activity in a.activities.items():
        assert activity.matches == b.activities[name].matches
        assert activity.rows_driven == b.activities[name].rows_driven


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    st.integers(0, 2**32 - 1), st.sampled_from(sorted(CHIPS)), st.sampled_from(["unrolled", "kernel_split"])
)
def test_arrays_without_errors_are_the_integers(seed, chip, mapping):
    """Every layer type, dropout kind, padding and input that the random networks have."""
    graph = random_graph(seed)
    x = random_images(graph, 2, seed)
    small = [*SMALL, *CHIPS[chip][1:], f"chip.conv_mapping={mapping}"]
    program = program_of(graph, CHIPS[chip][0], *small, spread=False)
    assert_equal(values(program, x, "statistical"), values(program, x, "ideal"))


@pytest.mark.parametrize("fidelity", FIDELITIES)
@pytest.mark.parametrize("chip", CHIPS)
@pytest.mark.parametrize("dropout", ["scale", "element"])
def test_no_fidelity_invents_errors(fidelity, chip, dropout):
    graph = lenet_like(dropout=dropout)
    x = random_images(graph, 3, 0)
    program = program_of(graph, *CHIPS[chip], spread=False)
    assert_equal(values(program, x, fidelity), values(program, x, "ideal"))


@pytest.mark.parametrize("rows_active", [4, 9, 32])
@pytest.mark.parametrize("path", [STT, ONE])
def test_steps_and_tiles_never_change_the_sums_of_ideal_cells(path, rows_active):
    graph = lenet_like()
    x = random_images(graph, 3, 0)
    program = program_of(
        graph, path, *SMALL, f"tile.macro.rows_active={rows_active}", "tile.macro.adc.bits=6", spread=False
    )
    assert_equal(values(program, x, "statistical"), values(program, x, "ideal"))


@pytest.mark.parametrize("overrides", [(), (NOISE,)])
@pytest.mark.parametrize("path", [STT, ONE])
def test_chunks_never_change_a_sum(path, overrides):
    graph = lenet_like()
    x = random_images(graph, 7, 0)
    program = program_of(graph, path, *overrides)
    whole, parts = (values(program, x, "statistical", chunk_images=n) for n in (7, 2))
    np.testing.assert_array_equal(whole.probabilities, parts.probabilities)


def test_spread_is_frozen_noise_is_not():
    """One image in many passes that drop nothing: equal answers, unless reads are noisy."""
    graph = lenet_like(dropout=None)
    x = random_images(graph, 1, 0)
    frozen = values(program_of(graph), x, "statistical", passes=8)
    noisy = values(program_of(graph, STT, NOISE), x, "statistical", passes=8)
    assert len(np.unique(frozen.passes.probabilities, axis=0)) == 1
    assert len(np.unique(noisy.passes.probabilities, axis=0)) > 5


def test_a_schedule_that_reuses_sums_reads_them_once():
    graph = lenet_like(dropout=None)
    x = random_images(graph, 1, 0)
    program = program_of(graph, STT, NOISE)
    found = values(program, x, "statistical", passes=8, schedule="prefix_reuse")
    assert len(found.passes.probabilities) == 1


def test_chips_differ_and_come_back():
    graph = lenet_like()
    x = random_images(graph, 4, 0)
    program = program_of(graph)
    first, again, other = (values(program, x, "statistical", instance=k) for k in (1, 1, 2))
    np.testing.assert_array_equal(first.probabilities, again.probabilities)
    assert (first.probabilities != other.probabilities).any()


@pytest.mark.parametrize("chip", CHIPS)
@pytest.mark.parametrize("stuck", ["parallel", "antiparallel"])
def test_stuck_cells_are_felt(chip, stuck):
    graph = lenet_like()
    x = random_images(graph, 4, 0)
    program = program_of(graph, *CHIPS[chip], f"tile.macro.subarray.cell.errors.stuck_{stuck}=0.2")
    assert min(error.wrong for error in values(program, x, "statistical").sum_errors.values()) > 0.3


def test_a_run_says_what_its_sums_are_worth():
    graph = lenet_like()
    x, y = random_images(graph, 4, 0), np.zeros(4, int)
    runs = {
        level: cimsim.simulate(load_arch(STT), graph, x=x, y=y, fidelity=level)
        for level in ("ideal", "statistical")
    }
    assert not runs["ideal"].summary["array_errors_modelled"]
    assert runs["statistical"].summary["array_errors_modelled"]
    layers = runs["statistical"].layers.set_index("layer")
    on_arrays = layers.loc[[node.name for node in graph.mac_nodes]]
    assert on_arrays["margin_sigma"].between(1.0, 3.0).all() and on_arrays["wrong_sums"].max() > 0.05
    assert (runs["ideal"].layers.set_index("layer").loc[on_arrays.index, "sum_error_rms"] == 0.0).all()
    energies = [run.summary["energy_j"] for run in runs.values()]
    assert energies[0] == energies[1] or abs(energies[0] / energies[1] - 1) < 0.02


def test_wires_cost_current_and_calibration_gives_it_back():
    graph = lenet_like()
    x = random_images(graph, 4, 0)
    wires = ("tile.macro.subarray.wires={segment_ohm: {value: 4, grade: assumed, source: a test}}",)
    nominal = program_of(graph, STT, *wires, "tile.macro.adc.errors.references=linear", spread=False)
    linear = values(nominal, x, "circuit").sum_errors
    trimmed = program_of(graph, STT, *wires, "tile.macro.adc.errors.references=calibrated", spread=False)
    calibrated = values(trimmed, x, "circuit").sum_errors
    largest = max(linear, key=lambda layer: linear[layer].rms)
    assert linear[largest].mean < 0.0
    assert calibrated[largest].rms < 0.7 * linear[largest].rms


def test_keys_of_passes_and_positions_never_meet():
    keys = keys_of_positions(np.arange(40, dtype=np.uint64) ^ np.uint64(12345), 784)
    assert len(np.unique(keys)) == 40 * 784
    assert keys_of_positions(None, 784) is None


def test_passes_are_noisy_apart():
    """One image, nothing dropped: sums of a layer over positions, in 40 passes, as if each were alone.

    The variance of 40 means for each of 5 channels is known to sqrt(2 / 195), a tenth: three of that.
    """
    graph = lenet_like(dropout=None)
    layer = AnalogLayer(graph, graph.node("co1"), (8, 8, 1), chip_of(NOISY), SumErrors())
    x = InputTensor(random_images(graph, 1, 0).repeat(40, axis=0), 1.0, 0.0)
    operand = replace(layer.operand(x), keys=np.arange(40, dtype=np.uint64))
    sums = layer.sums(operand).sums.astype(float)
    noise = (sums - sums.mean(axis=0)).reshape(40, -1, sums.shape[3])
    pooled, alone = noise.mean(axis=1).var(), noise.var()
    assert pooled * noise.shape[1] == pytest.approx(alone, rel=0.3)


NOISY = "tile.macro.subarray.cell.errors.read_noise=0.15"


def chip_of(*overrides):
    return array_chip(
        program_of(lenet_like(dropout=None), STT, *overrides), "sequential", "statistical", 0, 0
    )


def test_circuit_feels_the_noise_of_the_cells():
    graph = lenet_like(dropout=None)
    x = random_images(graph, 4, 0)
    thin = "tile.macro.subarray.wires.segment_ohm.value=1e-3"
    rms = {
        fidelity: values(program_of(graph, STT, NOISY, thin), x, fidelity).sum_errors["li3"].rms
        for fidelity in FIDELITIES
    }
    assert rms["circuit"] == pytest.approx(rms["statistical"], rel=0.25)
    assert rms["cell"] == pytest.approx(rms["statistical"], rel=0.25)


def test_calibrated_references_see_which_rows_are_driven():
    """No spread, wires of the shipped file, a quarter of the rows undriven: sums stay within a step."""
    graph = lenet_like(dropout="element")
    x = random_images(graph, 4, 0)
    program = program_of(graph, STT, spread=False)
    assert max(error.rms for error in values(program, x, "circuit").sum_errors.values()) < 1.0


def test_no_wires_no_circuit():
    program = program_of(lenet_like(), STT, "tile.macro.subarray.wires=null")
    with pytest.raises(SpecError, match=r"wires.*: must be there for fidelity circuit"):
        array_chip(program, "sequential", "circuit", 0, 0)
