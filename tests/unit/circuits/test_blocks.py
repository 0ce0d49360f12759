"""What blocks cost, against the tables their numbers come from."""

import numpy as np
import pytest

from cimsim.circuits.adc import flash_adc, sar_adc
from cimsim.circuits.bit_source import BitSource
from cimsim.circuits.cell_array import cell_array
from cimsim.circuits.dropout import GAUSSIAN_BITS, gaussian_sampler
from cimsim.circuits.lines import bitline, line_capacitance_f, wordline_driver, wordline_latency_s
from cimsim.circuits.stochastic_unit import lfsr, superparamagnetic_mtj
from cimsim.circuits.transport import link


def sar(bits, **changes):
    values = {
        "bit_energy_j": 0.193e-12,
        "step_energy_j": 0.45e-15,
        "bit_latency_s": 1e-9,
        "bit_area_m2": 82e-12,
        "step_area_m2": 2.125e-12,
        "leakage_w": 0.0,
    }
    return sar_adc(n_per_macro=16, bits=bits, **{**values, **changes})


@pytest.mark.parametrize(
    ("bits", "energy_pj", "area_um2"),
    [(4, 0.79, 361), (5, 0.99, 477), (6, 1.20, 627), (7, 1.42, 845), (8, 1.67, 1200)],
)
def test_the_sar_formula_fits_kull_2013_as_scaled_by_isaac(bits, energy_pj, area_um2):
    """Accelergy library, 32 nm; the fit behind the numbers of the shipped file."""
    adc = sar(bits)
    assert adc.actions["convert"].energy_j == pytest.approx(energy_pj * 1e-12, rel=0.02)
    assert adc.area_m2 == pytest.approx(area_um2 * 1e-12, rel=0.01)
    assert adc.actions["convert"].latency_s == pytest.approx((bits + 1) * 1e-9)


def test_a_flash_adc_doubles_its_comparators_with_each_bit():
    adc = flash_adc(
        n_per_macro=16,
        bits=5,
        comparator_energy_j=8e-15,
        encoder_energy_j=2e-15,
        comparator_latency_s=0.5e-9,
        encoder_latency_s=0.1e-9,
        comparator_area_m2=10e-12,
        leakage_w=1e-7,
    )
    assert adc.actions["convert"].energy_j == pytest.approx(31 * 8e-15 + 5 * 2e-15)
    assert adc.actions["convert"].latency_s == pytest.approx(1e-9)
    assert adc.area_m2 == pytest.approx(310e-12)


def array(is_differential, n_branches=2):
    return cell_array(
        n_rows=128,
        n_columns=64,
        cell_area_m2=0.1e-12,
        parallel_a=10e-6,
        antiparallel_a=4e-6,
        n_branches=n_branches,
        is_differential=is_differential,
        read_supply_v=0.9,
        read_s=5e-9,
        write_a=80e-6,
        write_supply_v=1.2,
        write_s=10e-9,
    )


def test_a_summed_read_pays_for_the_branch_that_conducts():
    actions = array(is_differential=False).actions
    assert actions["read_parallel"].energy_j == pytest.approx(45e-15)
    assert actions["read_antiparallel"].energy_j == pytest.approx(18e-15)


def test_a_differential_read_pays_for_both_branches_whatever_the_data():
    actions = array(is_differential=True).actions
    assert actions["read_parallel"].energy_j == pytest.approx(63e-15)
    assert actions["read_antiparallel"].energy_j == actions["read_parallel"].energy_j


def test_a_write_pulses_both_junctions_at_the_write_supply():
    write = array(is_differential=False).actions["write"]
    assert write.energy_j == pytest.approx(2 * 0.96e-12)
    assert write.latency_s == pytest.approx(20e-9)
    assert array(is_differential=False).area_m2 == pytest.approx(128 * 64 * 0.1e-12)


def test_a_single_branch_is_written_once_and_compared_with_a_reference_of_the_mean_current():
    summed, compared = (array(is_differential, n_branches=1).actions for is_differential in (False, True))
    assert summed["write"].energy_j == pytest.approx(0.96e-12)
    assert summed["write"].latency_s == pytest.approx(10e-9)
    assert summed["read_parallel"].energy_j == pytest.approx(45e-15)
    assert compared["read_parallel"].energy_j == pytest.approx((10 + 7) * 4.5e-15)
    assert compared["read_antiparallel"].energy_j == pytest.approx((4 + 7) * 4.5e-15)


def test_lines_charge_their_capacitance():
    line_f = line_capacitance_f(128, 0.15e-15, 0.35e-6, 0.2e-9)
    assert line_f == pytest.approx(28.16e-15)
    driver = wordline_driver(
        n_lines=256,
        line_f=line_f,
        wordline_v=0.9,
        decoder_fraction=0.08,
        latency_s=wordline_latency_s(5e3, line_f, 0.3e-9),
        driver_area_m2=1e-12,
        driver_leakage_w=1e-9,
    )
    assert driver.actions["drive"].energy_j == pytest.approx(28.16e-15 * 0.81 * 1.08)
    assert driver.actions["drive"].latency_s == pytest.approx(0.3e-9 + 2.2 * 5e3 * 28.16e-15)
    assert driver.area_m2 == pytest.approx(256e-12)
    single = bitline(line_f=line_f, read_voltage_v=0.1, read_supply_v=0.9, is_differential=False)
    double = bitline(line_f=line_f, read_voltage_v=0.1, read_supply_v=0.9, is_differential=True)
    assert single.actions["charge"].energy_j == pytest.approx(28.16e-15 * 0.09)
    assert double.actions["charge"].energy_j == pytest.approx(2 * 28.16e-15 * 0.09)


def test_a_random_bit_of_a_fluctuating_junction_is_a_read_and_a_bias():
    unit = superparamagnetic_mtj(
        n_units=1,
        supply_v=0.9,
        read_a=10e-6,
        read_s=2e-9,
        bias_a=5e-6,
        interval_s=25e-9,
        sense_energy_j=48e-15,
        area_m2=1e-11,
        leakage_w=1e-8,
    )
    draw = unit.actions["draw"]
    assert draw.energy_j == pytest.approx(18e-15 + 112.5e-15 + 48e-15)
    assert draw.latency_s == 25e-9


def test_a_random_bit_of_cmos_is_a_word_and_its_comparison():
    unit = lfsr(
        n_units=1,
        bits=16,
        register_bit_energy_j=5e-15,
        xor_bit_energy_j=1e-15,
        comparator_bit_energy_j=0.5e-15,
        clock_s=2e-9,
        bit_area_m2=5e-12,
        bit_leakage_w=5e-9,
    )
    assert unit.actions["draw"].energy_j == pytest.approx(16 * 6.5e-15)
    assert unit.actions["draw"].latency_s == 2e-9
    assert (unit.area_m2, unit.leakage_w) == pytest.approx((80e-12, 80e-9))


def test_a_normal_number_is_sixteen_bits_counted_and_scaled():
    sampler = gaussian_sampler(
        bit_energy_j=4e-15, multiply_add_energy_j=0.4e-12, area_m2=1e-9, leakage_w=1e-6
    )
    assert GAUSSIAN_BITS == 16
    assert sampler.actions["sample"].energy_j == pytest.approx(0.464e-12)


@pytest.mark.parametrize(
    ("p", "given"), [(0.0, 0.0), (1.0, 1.0), (0.2, 51 / 256), (1e-9, 1 / 256), (1 - 1e-9, 255 / 256)]
)
def test_a_comparator_gives_probabilities_in_steps_and_leaves_what_is_open_open(p, given):
    assert BitSource(n_levels=256).probability(p) == given
    assert BitSource().probability(p) == p


def test_a_millimetre_of_bus_costs_a_tenth_of_a_picojoule():
    bus = link(
        length_m=1e-3,
        wire_f_per_m=2e-10,
        supply_v=0.9,
        activity_factor=0.5,
        router_bit_energy_j=0.0,
        area_m2=1e-9,
        leakage_w=0.0,
    )
    assert bus.actions["transfer_bit"].energy_j == pytest.approx(0.081e-12)


def test_draws_pass_through_the_formulas_one_by_one():
    draws = np.array([0.1e-12, 0.2e-12])
    together = sar(5, bit_energy_j=draws).actions["convert"].energy_j
    assert list(together) == [sar(5, bit_energy_j=x).actions["convert"].energy_j for x in draws]
