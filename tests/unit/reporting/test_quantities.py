"""Numbers as people read them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cimsim.reporting.quantities import area, count, number, percent, printable, quantity, ranged, things

EXPONENT = {"a": -18, "f": -15, "p": -12, "n": -9, "µ": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.234e-6, "1.23 µJ"),
        (9.996e-4, "1.00 mJ"),
        (0.09996, "100 mJ"),
        (12.34, "12.3 J"),
        (0.0, "0 J"),
        (-2e-9, "-2.00 nJ"),
        (None, "—"),
        (float("nan"), "—"),
    ],
)
def test_quantity(value, text):
    assert quantity(value, "J") == text


@given(st.floats(1e-17, 1e13))
def test_a_quantity_reads_back_to_three_digits(value):
    number, unit = quantity(value, "J").split(" ")
    assert float(number) * 10.0 ** EXPONENT[unit[:-1]] == pytest.approx(value, rel=6e-3)
    assert 1 <= float(number) <= 1000


@pytest.mark.parametrize(
    ("numbers", "unit", "text"),
    [
        ((7.61e-7, 6.2e-7, 9.4e-7), "J", "761 nJ (620 to 940)"),
        ((9.9e-7, 3.3e-7, 2.97e-6), "J", "990 nJ (330 to 2,970)"),
        ((1.2e-6, 9e-9, 2e-6), "m²", "1.20 mm² (0.009 to 2.00)"),
        ((0.0, 0.0, 0.0), "W", "0 W"),
        ((1e-6, None, None), "J", "1.00 µJ"),
        ((1e-6, float("nan"), float("nan")), "J", "1.00 µJ"),
        ((None, None, None), "J", "—"),
    ],
)
def test_a_quantity_with_its_range(numbers, unit, text):
    assert ranged(*numbers, unit) == text


def test_counts_areas_and_shares():
    assert (count(5000), count(56.66), count(1234.5), count(None)) == ("5,000", "56.7", "1,234", "—")
    assert (area(1.234e-6), area(2e-9), area(None)) == ("1.23 mm²", "2,000 µm²", "—")
    assert (percent(0.98421), percent(0.5, 0), percent(None)) == ("98.42 %", "50 %", "—")
    assert (percent(0.0), percent(4.9e-5), percent(4e-4, 1)) == ("0.00 %", "<0.01 %", "<0.1 %")


def test_names_cannot_move_the_cursor():
    assert printable("a\x1b[31m\nb µ [bold]") == "a\\x1b[31m\\nb µ [bold]"


def test_one_thing_and_more():
    assert [things(n, "row") for n in (0, 1, 2, 4096)] == ["0 rows", "1 row", "2 rows", "4,096 rows"]


def test_a_bare_number():
    assert (number(0.12346, ".4f"), number(None, ".4f"), number(float("inf"), ".4g")) == ("0.1235", "—", "—")
