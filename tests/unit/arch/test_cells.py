"""Cells without junctions: what reading them costs, and that a network runs on them."""

import math

import numpy as np
import pytest
from arch_files import SOT, STT

import cimsim
from cimsim.arch import Draws, build_chip, load_arch
from cimsim.errors import SpecError
from cimsim.workload import build_graph

TERMINALS = (
    "area_m2: {value: 1e-12, grade: assumed, source: a test}, "
    "gate_capacitance_f: {value: 1e-16, grade: assumed, source: a test}, "
    "drain_capacitance_f: {value: 1e-16, grade: assumed, source: a test}"
)
RRAM = (
    f"tile.macro.subarray.cell={{type: rram_2t2r, {TERMINALS}, "
    "access_resistance_ohm: {value: 3000, grade: assumed, source: a test}, "
    "resistance_low_ohm: {value: 7000, grade: measured, source: a test}, "
    "resistance_high_ohm: {value: 97000, grade: measured, source: a test}, "
    "write: {supply_v: 2.0, width_s: 1e-7, current_a: {value: 1e-4, grade: assumed, source: a test}}}"
)
SRAM = (
    f"tile.macro.subarray.cell={{type: sram_8t1c, {TERMINALS}, "
    "capacitance_f: {value: 2e-15, grade: assumed, source: a test}, "
    "write_energy_j: {value: 1e-13, grade: assumed, source: a test}, "
    "leakage_w: {value: 1e-10, grade: assumed, source: a test}}"
)


def cells(*overrides, pick=None):
    spec = load_arch(STT, overrides)
    return (build_chip(spec) if pick is None else build_chip(spec, pick)).components["cell_array"]


def test_a_resistive_memory_draws_its_current_at_the_supply_for_the_read_time():
    actions = cells(RRAM).actions
    assert math.isclose(actions["read_parallel"].energy_j, 0.9 * 0.1 / 10e3 * 5e-9)
    assert math.isclose(actions["read_antiparallel"].energy_j, 0.9 * 0.1 / 100e3 * 5e-9)
    assert math.isclose(actions["write"].energy_j, 2 * 2.0 * 1e-4 * 1e-7)


@pytest.mark.parametrize(("columns", "microamperes"), [(1, 1), (2, 11), (5, 2 * 10 + 3 * 1)])
def test_reference_columns_conduct_antiparallel_and_parallel_in_turn(columns, microamperes):
    """10 and 1 uA at 0.9 V for 5 ns; their cells, gates on the word lines and switches are there."""
    chip = build_chip(load_arch(STT, [RRAM, f"tile.macro.reference_columns={columns}"])).components
    read = chip["cell_array"].actions["read_reference"]
    assert math.isclose(read.energy_j, microamperes * 1e-6 * 0.9 * 5e-9)
    assert math.isclose(chip["cell_array"].area_m2, 128 * (128 + columns) * 1e-12)
    line_f = (128 + columns) * (1e-16 + 1e-6 * 2e-10)
    assert math.isclose(chip["wordline_driver"].actions["drive"].energy_j, line_f * 0.81 * 1.08)
    without = build_chip(load_arch(STT, [RRAM, "tile.macro.reference_columns=0"])).components
    assert "read_reference" not in without["cell_array"].actions
    bare = without["column_mux"]
    assert math.isclose(chip["column_mux"].area_m2, bare.area_m2 * (128 + columns) / 128)


def test_every_second_reference_column_of_capacitors_is_charged():
    for columns, charged in ((2, 1), (5, 2)):
        read = cells(SRAM, f"tile.macro.reference_columns={columns}").actions["read_reference"]
        assert math.isclose(read.energy_j, charged * 2e-15 * 0.9**2)


def test_a_capacitor_is_charged_where_input_and_weight_agree_and_bits_leak():
    component = cells(SRAM)
    assert math.isclose(component.actions["read_parallel"].energy_j, 2e-15 * 0.9**2)
    assert component.actions["read_antiparallel"].energy_j == 0.0
    assert math.isclose(component.leakage_w, 128 * 130 * 1e-10)


CV = "{value: 0.05, grade: assumed, source: a test}"
ERRORS = "tile.macro.subarray.cell.errors"
UNFELT = [
    (STT, [], f"signal_cv={CV}", "junctions spread by device.spread"),
    (SOT, [], "age_s=1e6", "sot_40nm_2024 tells no barrier that it forgets by"),
    (STT, [RRAM], "age_s=1e6", "or give errors.drift, by which it ages"),
    (STT, [SRAM], f"access_cv={CV}", "capacitors spread by signal_cv"),
    (STT, [SRAM], "age_s=1e6", "a bit of SRAM does not age"),
]


@pytest.mark.parametrize(("path", "cell", "error", "cure"), UNFELT)
def test_errors_that_a_cell_does_not_feel_are_refused(path, cell, error, cure):
    with pytest.raises(SpecError) as caught:
        load_arch(path, [*cell, f"{ERRORS}.{error}"])
    value = "0.05" if "cv" in error else "1e6"
    found = str(caught.value)
    assert f"errors.{error.split('=')[0]}" in found
    assert found.endswith(f": must be left out with this cell (got {value}); {cure}")
    load_arch(path, [*cell, f"{ERRORS}.{error.replace('0.05', '0').replace('1e6', '0')}"])


@pytest.mark.parametrize("cell", [RRAM, SRAM], ids=["rram", "sram"])
def test_a_network_runs_on_cells_without_junctions_and_their_sources_spread(cell):
    draws = cells(cell, pick=Draws(0, 64)).actions["read_parallel"].energy_j
    assert draws.shape == (64,) and draws.std() > 0
    weight = np.where(np.arange(64).reshape(4, 16) % 3, 1, -1).astype(np.int8)
    spec = {
        "format": "cimsim-workload/1", "name": "tiny", "task": "classification",
        "classes": ["a", "b", "c", "d"], "input": {"shape": [16], "bits": 1, "signed": False},
        "nodes": [{"name": "fc", "op": "linear", "inputs": ["input"]}], "output": "fc",
    }  # fmt: skip
    graph = build_graph(spec, {"fc.weight": weight})
    x = np.ones((3, 16), np.int8)
    result = cimsim.simulate(load_arch(STT, [cell]), graph, x=x, y=np.zeros(3, int), fidelity="ideal")
    assert result.summary["write_error_rate"] is None and result.summary["retention_s"] is None
    assert result.summary["program_energy_j"] > 0
    assert result.summary["energy_low_j"] < result.summary["energy_j"] < result.summary["energy_high_j"]
