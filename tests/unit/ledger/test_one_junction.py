"""What cells of one junction cost, by hand, beside those of two."""

import numpy as np
import pytest
from arch_files import ONE, ROW_BY_ROW, STT
from hand_chip import hand_chip, lenet_like
from naive.graphs import random_images

import cimsim
from cimsim.arch import build_chip, load_arch
from cimsim.mapping.mapper import map_network
from cimsim.sim.counts import ArrayUse, as_written
from cimsim.sim.masks import draw
from cimsim.sim.timing import run_time

GRAPH = lenet_like(bits=3)
LAYERS = ("co1", "co2", "li3", "fc")


def run(path, *overrides, graph=GRAPH):
    x = random_images(graph, 4, 0)
    return cimsim.simulate(load_arch(path, list(overrides)), graph, x=x, y=np.zeros(4, int), n_mc_samples=3)


@pytest.fixture(scope="module")
def both():
    return run(STT), run(ONE)


def count(result, component, action, layer=None):
    parts = result.components
    chosen = (parts.component == component) & (parts.action == action)
    return parts[chosen if layer is None else chosen & (parts.layer == layer)]["count"].sum()


def test_a_row_step_is_read_and_converted_twice_and_its_rows_driven_once(both):
    two, one = both
    for component, action, times in (
        ("adc", "convert", 2), ("shift_add", "add", 2), ("bitline", "charge", 2), ("column_mux", "select", 2),
        ("row_counter", "count", 2), ("wordline_driver", "drive", 1), ("threshold_unit", "compare", 1),
    ):  # fmt: skip
        assert count(one, component, action) == times * count(two, component, action) > 0
    assert one.summary["n_conversions"] == 2 * two.summary["n_conversions"]


def test_latency_is_that_of_twice_the_reads():
    times = [
        run_time(map_network(GRAPH, hand_chip(n_branches=n)), draw(GRAPH, 2, 3, seed=0), "sequential")
        for n in (2, 1)
    ]
    for layer in LAYERS:
        for command in ("mvm", "convert"):
            name = f"{layer}.{command}"
            assert times[1].busy_s[name] == pytest.approx(2 * times[0].busy_s[name])
    assert 1.5 < times[1].latency_s / times[0].latency_s < 2.0


def test_cells_are_read_in_the_state_of_their_weights(both):
    """All rows of a linear layer are driven at each read: so many weights are +1, whatever the input."""
    one = both[1]
    for layer in ("li3", "fc"):
        weight = GRAPH.node(layer).params["weight"]
        assert count(one, "cell_array", "read_parallel", layer) == pytest.approx(3 * (weight > 0).sum())
        assert count(one, "cell_array", "read_antiparallel", layer) == pytest.approx(3 * (weight < 0).sum())
    for layer in LAYERS:
        reads = [
            sum(count(r, "cell_array", f"read_{way}parallel", layer) for way in ("", "anti")) for r in both
        ]
        assert reads[0] == pytest.approx(reads[1])
    assert as_written(ArrayUse(10.0, 90.0, 5.0), GRAPH.node("fc")).cell_reads == 100.0


def test_half_the_junctions_are_written_and_each_write_is_checked_by_one_conversion():
    """80 uA at 1.2 V for 10 ns, then a read of the mean current and a conversion; thresholds as before."""
    parts = {path: build_chip(load_arch(path)) for path in (STT, ONE)}
    pulses = parts[ONE].cells.mean_pulses()
    cell, adc = (parts[ONE].components[name].actions for name in ("cell_array", "adc"))
    assert cell["write"].energy_j == pytest.approx(1.2 * 80e-6 * 10e-9)
    read_j = (cell["read_parallel"].energy_j + cell["read_antiparallel"].energy_j) / 2
    of_weight_j = pulses * (1.2 * 80e-6 * 10e-9 + read_j + adc["convert"].energy_j)
    references = 2 * (9 + 45 + 28 + 20)  # two in each row
    weights = sum(node.params["weight"].size for node in GRAPH.mac_nodes) + references
    written = {path: run(path).summary["program_energy_j"] for path in parts}
    assert written[STT] - written[ONE] == pytest.approx(weights * of_weight_j, rel=1e-9)


def test_area_loses_half_of_the_cells_and_of_the_drivers(both):
    two, one = (
        result.components[result.components.action == "area"].set_index("component").area_m2
        for result in both
    )
    for name in two.index:
        share = 0.5 if name in ("cell_array", "wordline_driver") else 1.0
        assert one[name] == pytest.approx(share * two[name]), name
    cells = build_chip(load_arch(ONE)).components
    assert cells["cell_array"].area_m2 == pytest.approx(128 * 130 * 0.059e-12)
    assert cells["wordline_driver"].area_m2 == pytest.approx(128 * 1e-12)


def test_lines_have_one_drain_and_one_gate_a_cell_and_the_pitch_of_the_cell():
    """0.1 and 0.15 fF, and 0.2 fF/um over the root of 0.059 um2."""
    actions = build_chip(load_arch(ONE)).components
    pitch_f = 0.2e-9 * 0.059e-12**0.5
    charge, drive = actions["bitline"].actions["charge"], actions["wordline_driver"].actions["drive"]
    assert charge.energy_j == pytest.approx(128 * (0.1e-15 + pitch_f) * 0.1 * 0.9)
    assert drive.energy_j == pytest.approx(130 * (0.15e-15 + pitch_f) * 0.81 * 1.08)


def test_a_cell_is_lost_by_its_only_junction(both):
    two, one = (build_chip(load_arch(path)).cells for path in (STT, ONE))
    assert one.write_error() == two.write_error()
    assert one.retention_s() == pytest.approx(2 * two.retention_s())
    layers = both[1].layers.set_index("layer")["images_until_disturbed"]
    weight = GRAPH.node("fc").params["weight"]
    assert layers["fc"] == pytest.approx(one.reads_until_lost() / (3 * (weight < 0).mean()))


def test_junctions_forget_alike_whatever_their_number():
    age = ["technology.temperature_k=400", "tile.macro.subarray.cell.errors.age_s=1e7"]
    two, one = (build_chip(load_arch(path, age)).arrays.faults.flipped for path in (STT, ONE))
    assert one == pytest.approx(two) and one > 1e-3


def test_row_by_row_a_cell_and_its_reference_conduct_and_time_is_as_with_two():
    one, two = run(ONE, *ROW_BY_ROW), run(STT, *ROW_BY_ROW)
    assert one.summary["latency_s"] == pytest.approx(two.summary["latency_s"], rel=1e-2)
    assert one.summary["n_conversions"] == two.summary["n_conversions"]
    one_j, two_j = (
        result.program.chip.components["cell_array"].actions["read_parallel"].energy_j
        for result in (one, two)
    )
    parallel_a, antiparallel_a = one.program.chip.arrays.signals.nominal()
    mean = (parallel_a + antiparallel_a) / 2
    assert one_j / two_j == pytest.approx((parallel_a + mean) / (2 * mean))
