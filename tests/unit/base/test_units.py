"""Unit suffixes, unit strings and the rounding to engine time."""

import math
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cimsim.units import (
    DIMENSIONLESS,
    SUFFIXES,
    parse_number,
    parse_quantity,
    short,
    to_femtoseconds,
    unit_of,
)

UNITS = {
    "5 ns": ("read_time_s", 5e-9),
    "40nm": ("diameter_m", 4e-8),
    "8 ohm*um^2": ("ra_product_ohm_m2", 8e-12),
    "8 Ω*µm^2": ("ra_product_ohm_m2", 8e-12),
    "0.2 fF/um": ("wire_capacitance_f_per_m", 2e-10),
    "60 fJ/V/m": ("vcma_coefficient_j_per_v_m", 6e-14),
    "25 degC": ("temperature_k", 298.15),
    "500 MHz": ("clock_hz", 5e8),
    "1e2 um^2": ("area_m2", 1e-10),
}


@pytest.mark.parametrize("text", UNITS)
def test_unit_strings_become_si_numbers(text):
    name, number = UNITS[text]
    assert parse_quantity(text, unit_of(name)) == number


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("5 ns", "must be in units of joule"),
        ("5 nS", "must be in units of joule"),
        ("5 bananas", "has a unit that is not known"),
        ("5", "is not a number with a unit"),
        ("1_0 fJ", "is not a number with a unit"),
        ("5 m^2^9^9^9^9", "is not a number with a unit"),
        ("5 __import__('os')", "is not a number with a unit"),
        ("1e308 YJ", "is too large"),
    ],
)
def test_bad_unit_strings_say_why(text, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        parse_quantity(text, "joule")


@given(st.text(max_size=12))
def test_any_text_is_a_number_or_a_clean_error(text):
    try:
        assert math.isfinite(parse_quantity(f"3 {text}", "second"))
    except ValueError as error:
        assert str(error)


@pytest.mark.parametrize(
    "text", ["1_0", ".nan", "nan", "inf", ".inf", "0x10", "1e999", "", "on", "5 ns", "１"]
)
def test_what_yaml_would_mistake_is_no_number(text):
    assert parse_number(text) is None


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_finite_float_reads_back(number):
    assert parse_number(repr(number)) == number


def test_the_longest_suffix_wins():
    assert unit_of("saturation_magnetization_a_per_m") == "ampere/meter"
    assert unit_of("energy_barrier_j") == "joule"
    assert unit_of("s") is None
    assert all(unit_of(f"x_{suffix}") == unit for suffix, unit in SUFFIXES.items())
    assert not any(unit_of(name) for name in DIMENSIONLESS)


@given(st.integers(min_value=0, max_value=10**9))
def test_femtoseconds_survive_the_way_through_seconds(femtoseconds):
    assert to_femtoseconds(femtoseconds * 1e-15) == femtoseconds


def test_rules_show_numbers_without_padding():
    assert [short(x) for x in (1e6, 5e-9, 0.9, 12.0)] == ["1e6", "5e-9", "0.9", "12"]


def test_pint_is_imported_only_for_a_unit_string():
    code = "import sys, cimsim.units; assert 'pint' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
