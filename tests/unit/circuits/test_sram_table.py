"""The SRAM model against the table it is read from, between its sizes and beyond them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cimsim.circuits.scaling import energy_factor
from cimsim.circuits.sram_table import sram_cost

TABLE_45NM = [  # KB, port, pJ/bit read, pJ/bit write, mW, mm2
    (2, 64, 0.057, 0.067, 3.1, 0.026),
    (8, 64, 0.112, 0.122, 10.7, 0.069),
    (32, 64, 0.251, 0.227, 37.9, 0.209),
    (32, 256, 0.163, 0.206, 40.1, 0.350),
    (128, 256, 0.339, 0.382, 142, 0.945),
]


@pytest.mark.parametrize(("size", "port", "read", "write", "leakage", "area"), TABLE_45NM)
def test_the_model_is_the_table_where_it_has_a_row(size, port, read, write, leakage, area):
    found = sram_cost(size * 8192, port)
    assert (found.read_j, found.write_j) == pytest.approx((read * 1e-12, write * 1e-12), rel=1e-5)
    assert (found.leakage_w, found.area_m2) == pytest.approx((leakage * 1e-3, area * 1e-6), rel=1e-5)


def test_between_two_rows_costs_are_a_power_of_the_size():
    """4 KB is the geometric middle of 2 and 8 KB."""
    assert sram_cost(4 * 8192).read_j == pytest.approx((0.057 * 0.112) ** 0.5 * 1e-12, rel=1e-5)
    assert sram_cost(16 * 8192).area_m2 == pytest.approx((0.069 * 0.209) ** 0.5 * 1e-6, rel=1e-5)


@given(st.integers(2 * 8192, 32 * 8192 - 64))
def test_more_bits_cost_more_each_and_take_less_area_each(size):
    here, there = sram_cost(size), sram_cost(size + 64)
    assert here.read_j <= there.read_j and here.leakage_w <= there.leakage_w
    assert here.area_m2 / size >= there.area_m2 / (size + 64) * (1 - 1e-5)


@pytest.mark.parametrize(("size", "port"), [(1, 64), (33, 64), (8, 256), (129, 256)])
def test_sizes_outside_the_table_are_refused(size, port):
    with pytest.raises(ValueError, match="must be from"):
        sram_cost(size * 8192, port)
    with pytest.raises(ValueError, match="must be one of 64, 256"):
        sram_cost(size * 8192, 32)


def test_an_8_kb_memory_agrees_with_horowitz_within_a_third():
    """10 pJ for 64 bits of an 8 KB cache, 45 nm: per bit 0.16 pJ."""
    assert sram_cost(8 * 8192).read_j == pytest.approx(10e-12 / 64, rel=0.33)


def test_the_other_node_of_the_table_comes_out_within_a_fifth():
    """0.248 pJ/bit at 65 nm; the scaling law takes 45 nm, 0.9 V there."""
    found = sram_cost(8 * 8192).read_j * energy_factor(45e-9, 0.9, 65e-9, 1.2)
    assert found == pytest.approx(0.248e-12, rel=0.2)
