"""Memories whose costs follow from their size."""

import pytest
from arch_files import SOT, STT

from cimsim.arch import build_chip, load_arch
from cimsim.circuits.sram_table import sram_cost
from cimsim.errors import SpecError

BUFFER = "tile.buffer"


@pytest.mark.parametrize("path", [STT, SOT], ids=lambda p: p.stem)
def test_shipped_memories_cost_what_the_table_says(path):
    tile = load_arch(path).tile
    assert tile.buffer.read_bit_energy_j.value == 0.112e-12
    assert tile.buffer.read_bit_energy_j.node_m == 45e-9
    assert "MNSIM 2.0 SRAM table 45 nm, at 8 KB, 64 b" in tile.threshold_sram.bit_area_m2.source


@pytest.mark.parametrize("kilobytes", [2, 5, 16, 32])
def test_costs_follow_the_size(kilobytes):
    size = kilobytes * 8192
    spec = load_arch(STT, [f"{BUFFER}.size_bits={size}"])
    quantity = spec.quantities[f"{BUFFER}.read_bit_energy_j"]
    assert quantity.value == sram_cost(size).read_j and quantity.factor == pytest.approx(0.507, abs=1e-3)
    buffer = build_chip(spec).components["tile_buffer"]
    assert buffer.area_m2 == pytest.approx(sram_cost(size).area_m2 * 0.3767, rel=1e-3)


def test_what_a_file_states_stays():
    spec = load_arch(STT, [f"{BUFFER}.read_bit_energy_j=0.1 pJ"])
    assert spec.tile.buffer.read_bit_energy_j.source.startswith("--set")
    assert spec.tile.buffer.write_bit_energy_j.source.startswith("MNSIM")


def test_leakage_is_that_of_low_power_cells_where_the_file_says_none():
    memory = "{memory_model: mnsim_sram, size_bits: 65536, bits_per_clock: 64}"
    leakage = load_arch(STT, [f"{BUFFER}={memory}"]).tile.buffer.bit_leakage_w
    assert leakage.value == pytest.approx(0.01 * 10.7e-3 / 65536, rel=1e-5)
    assert leakage.grade == "recalled" and leakage.interval[1] == pytest.approx(3 * leakage.value)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["size_bits=8192"], "size_bits=8192: must be from 16384 to 262144 at a port of 64 bits (got 8192)"),
        (["port_bits=128"], "port_bits=128: must be one of 64, 256 (got 128)"),
        (["memory_model=cacti"], "memory_model=cacti: must be mnsim_sram (got cacti)"),
        (["memory_model=null"], "tile.buffer.read_bit_energy_j: is missing"),
    ],
)
def test_what_the_table_does_not_cover_is_refused(overrides, message):
    with pytest.raises(SpecError) as caught:
        load_arch(STT, [f"{BUFFER}.{override}" for override in overrides])
    assert message in str(caught.value)
