"""Resistances, bias and current of the static junction."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cimsim.devices.mtj import read_current_a, resistance_parallel_ohm, tmr
from cimsim.devices.pulse import pulse_energy_j

VOLTAGES = st.floats(0.01, 1.0)
RATIOS = st.floats(0.1, 4.0)


def antiparallel_a(voltage, *, tmr_zero_bias, half=0.5, resistance=5e3, access=3e3):
    return read_current_a(
        voltage,
        resistance_parallel=resistance,
        access_resistance=access,
        tmr_zero_bias=tmr_zero_bias,
        tmr_half_voltage_v=half,
    )


def test_resistance_from_ra_and_diameter():
    assert resistance_parallel_ohm(5e-12, 40e-9) == pytest.approx(3979, abs=1)
    assert resistance_parallel_ohm(10e-12, 40e-9) == pytest.approx(7958, abs=1)


def test_tmr_halves_at_its_half_voltage():
    assert tmr(0.0, 1.5, 0.5) == 1.5
    assert tmr(0.5, 1.5, 0.5) == 0.75
    assert tmr(-0.5, 1.5, 0.5) == 0.75


@given(VOLTAGES, RATIOS)
def test_the_parallel_state_always_carries_more(voltage, ratio):
    parallel = read_current_a(voltage, resistance_parallel=5e3, access_resistance=3e3)
    assert parallel == pytest.approx(voltage / 8e3, rel=1e-12)
    assert 0 < antiparallel_a(voltage, tmr_zero_bias=ratio) < parallel


@given(VOLTAGES, RATIOS)
def test_the_fixed_point_shares_the_voltage_with_the_transistor(voltage, ratio):
    current = antiparallel_a(voltage, tmr_zero_bias=ratio)
    junction_v = voltage - current * 3e3
    resistance = 5e3 * (1 + tmr(junction_v, ratio, 0.5))
    assert current * resistance == pytest.approx(junction_v, rel=2e-3)


def test_a_transistor_in_series_lowers_the_effective_tmr():
    alone = read_current_a(0.01, resistance_parallel=5e3, access_resistance=1e-3)
    ratio = alone / antiparallel_a(0.01, tmr_zero_bias=1.5, access=1e-3, half=1e3)
    assert ratio == pytest.approx(2.5, rel=1e-6)
    effective = (0.01 / 8e3) / antiparallel_a(0.01, tmr_zero_bias=1.5, half=1e3) - 1
    assert effective == pytest.approx(1.5 * 5 / 8, rel=1e-6)


def test_draws_give_what_each_draw_gives():
    resistances = np.array([4e3, 5e3, 6e3])
    together = antiparallel_a(0.1, tmr_zero_bias=1.5, resistance=resistances)
    assert list(together) == [antiparallel_a(0.1, tmr_zero_bias=1.5, resistance=r) for r in resistances]


def test_pulse_energy_is_v_i_t():
    assert pulse_energy_j(0.9, 10e-6, 5e-9) == pytest.approx(45e-15)
