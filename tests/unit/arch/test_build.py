"""From the file to geometry, timing and prices, with the numbers worked out by hand."""

import math

import pytest
from arch_files import SOT, STT

from cimsim.arch import build_chip, load_arch


def test_geometry_and_use_come_from_the_file():
    chip = build_chip(load_arch(STT, ["chip.tiles=12", "tile.macro.subarrays=2", "chip.replicas.conv1=3"]))
    shape = chip.geometry
    assert (shape.n_rows, shape.n_columns, shape.rows_active) == (128, 128, 16)
    assert (shape.subarrays_per_macro, shape.macros_per_tile, shape.n_tiles) == (2, 8, 12)
    assert (shape.columns_per_readout, shape.readouts_per_macro, shape.readout) == (8, 16, "adc")
    assert (chip.mc_schedule, chip.first_layer, chip.conv_mapping) == ("sequential", "bit_serial", "unrolled")
    assert dict(chip.replicas) == {"conv1": 3}
    assert build_chip(load_arch(STT)).geometry.n_tiles is None


def test_timing_of_the_adc_chip():
    timing = build_chip(load_arch(STT, ["chip.clock_hz=1 GHz", "tile.macro.read_time_s=4 ns"])).timing
    assert timing.clock_s == 1e-9
    assert timing.read_s == 4e-9
    assert timing.convert_s == pytest.approx(6e-9)
    assert timing.draw_s == pytest.approx(2e-9 + 0.75e-9 + 2e-9 + 20e-9)
    assert timing.digital_lanes == 0


def test_timing_of_the_sense_amplifier_chip():
    timing = build_chip(load_arch(SOT)).timing
    assert (timing.read_s, timing.convert_s) == (1e-9, 0.5e-9)
    assert build_chip(load_arch(SOT, ["chip.first_layer=digital"])).timing.digital_lanes == 1024


def test_read_outs_need_not_divide_the_columns():
    chip = build_chip(load_arch(STT, ["tile.macro.columns_per_readout=7"]))
    assert chip.geometry.readouts_per_macro == chip.components["adc"].n_per_unit == 19


FROM_40_NM = (0.21 + 8 / 12 * 0.25) / (0.46 + 8 / 13 * 0.54)
"""Area at 28 nm over that at 40 nm, linear between 20, 32 and 45 nm."""


@pytest.mark.parametrize(
    ("path", "name", "logic_um2"), [(STT, "shift_add", 8.69), (SOT, "popcount_counter", 9.5)]
)
@pytest.mark.parametrize("columns_per_readout", [1, 8, 7])
def test_every_column_of_every_subarray_keeps_two_sums(path, name, logic_um2, columns_per_readout):
    """One item is a row step over all columns, so their sums grow side by side."""
    overrides = [f"tile.macro.columns_per_readout={columns_per_readout}", "tile.macro.subarrays=3"]
    part = build_chip(load_arch(path, overrides)).components[name]
    n_readouts = math.ceil(128 / columns_per_readout)
    area_um2 = FROM_40_NM * 16 * (n_readouts * logic_um2 + 2 * 3 * 128 * 6.0)
    assert part.n_per_unit == n_readouts
    assert part.n_per_unit * part.area_m2 == pytest.approx(area_um2 * 1e-12)
    registers_w = part.n_per_unit * part.leakage_w - n_readouts * (66e-9 if path == STT else 72e-9)
    assert registers_w == pytest.approx(2 * 3 * 128 * 46e-9)


def test_accumulating_pays_for_the_adder_and_the_register():
    stt, sot = (build_chip(load_arch(path)).components for path in (STT, SOT))
    assert stt["shift_add"].actions["add"].energy_j == pytest.approx(16 * (2.5e-15 + 5.29e-15), rel=1e-3)
    assert sot["popcount_counter"].actions["add"].energy_j == pytest.approx(16 * 2e-15)
    assert sot["popcount_counter"].actions["shift"].energy_j == pytest.approx(16 * 5.29e-15, rel=1e-3)


def test_driven_rows_are_counted_and_added_up():
    counter = build_chip(load_arch(STT, ["tile.macro.subarrays=3"])).components["row_counter"]
    assert counter.n_per_unit == 3
    assert counter.actions["count"].energy_j == pytest.approx((16 + 16) * 3e-15 + 16 * 5.29e-15, rel=1e-3)
    assert counter.area_m2 == pytest.approx((16 + 16) * 4.1e-12 + 2 * 16 * 2.86e-12)


def test_reading_a_cell_is_charged_at_the_supply():
    resistance = 9.82e-12 / (math.pi / 4 * 40e-9**2) + 3000
    read = build_chip(load_arch(STT)).components["cell_array"].actions["read_parallel"]
    assert read.energy_j == pytest.approx(0.9 * 0.1 / resistance * 5e-9)


def test_a_regulator_charges_the_read_voltage_over_its_efficiency():
    read = "cell_array", "read_parallel"
    linear, switched = (
        build_chip(load_arch(STT, overrides)).components[read[0]].actions[read[1]].energy_j
        for overrides in ([], ["tile.macro.regulator_efficiency=0.8"])
    )
    assert switched / linear == pytest.approx(0.1 / 0.8 / 0.9)


def test_a_random_bit_of_the_default_unit():
    """Reset and set along 776 ohm at 1.2 V with 3.5 % driver, a read at 0.1 V, a decision.

    The measured sigmoid has p = 0.2 at 0.863 V; the converter's level lies within half a step, 1 mV. A
    fifth of the reads meets the antiparallel state, about 3 + 9.6 kohm.
    """
    draw = build_chip(load_arch(STT)).components["stochastic_unit"].actions["draw"]
    write = 1.2 * (1.1 * 2e-9 + 0.863 * 0.75e-9) / 776
    read = 0.9 * 0.1 * 2e-9 * (0.8 / 7900 + 0.2 / 12500)
    assert draw.energy_j == pytest.approx(1.035 * write + read + 48e-15, rel=2e-3)
    assert draw.latency_s == pytest.approx((2 + 0.75 + 2 + 20) * 1e-9)


def test_a_chip_has_the_hardware_it_uses():
    names = set(build_chip(load_arch(STT)).components)
    assert {"adc", "shift_add"} <= names
    assert not {"sense_amp", "popcount_counter", "digital_mac"} & names
    assert {"sense_amp", "popcount_counter"} <= set(build_chip(load_arch(SOT)).components)
    assert "digital_mac" in build_chip(load_arch(STT, ["chip.first_layer=digital"])).components


def test_the_default_macro_stands_beside_published_ones():
    """All-in energy per product of 16 rows; 48 to 392 fJ follow from Deaville 2021 and 2022, 22 nm."""
    parts = build_chip(load_arch(STT)).components
    energy = {name: {a: c.energy_j for a, c in part.actions.items()} for name, part in parts.items()}
    cells = 8 * energy["cell_array"]["read_parallel"] + 8 * energy["cell_array"]["read_antiparallel"]
    column = energy["adc"]["convert"] + energy["shift_add"]["add"] + energy["bitline"]["charge"]
    per_product = (cells + column + energy["column_mux"]["select"]) / 16 + energy["wordline_driver"][
        "drive"
    ] / 128
    assert 48e-15 < per_product < 392e-15
