"""Converters against a survey: what the shipped one costs, and one by its figure of merit."""

import pytest
from arch_files import STT

from cimsim.arch import build_chip, load_arch
from cimsim.errors import SpecError

REGRESSION_28NM_PJ = {4: 0.72, 5: 0.73, 6: 0.83, 8: 1.33}
"""Accelergy's fit of the Murmann survey, evaluated at 28 nm: an optimistic bound."""

BEST_J, MEDIAN_J = 3.7e-15, 50e-15
"""A step at 28 nm, signal-to-noise ratios of 30 to 50 dB, since 2012."""

FIGURE = "{value: 50 fJ, low: 3.7 fJ, high: 100 fJ, grade: loose_fit, source: survey}"
REST = (
    "area_m2: {value: 1 um^2, grade: assumed, source: t}, leakage_w: {value: 1 nW, grade: assumed, source: t}"
)


def walden(**changes):
    keys = {"bits": 5, "rate_hz": 1e8, "figure_of_merit_j": FIGURE, **changes}
    return f"tile.macro.adc={{type: walden_adc, {', '.join(f'{k}: {v}' for k, v in keys.items())}, {REST}}}"


def conversion(*overrides):
    return build_chip(load_arch(STT, overrides)).components["adc"].actions["convert"]


@pytest.mark.parametrize(("bits", "picojoules"), REGRESSION_28NM_PJ.items())
def test_the_shipped_converter_costs_what_the_regression_of_the_survey_says(bits, picojoules):
    found = conversion(f"tile.macro.adc.bits={bits}").energy_j
    assert found == pytest.approx(picojoules * 1e-12, rel=0.2)


def test_the_range_of_the_shipped_converter_lies_between_the_best_and_the_median_of_the_survey():
    low, high = load_arch(STT).tile.macro.adc.bit_energy_j.interval
    assert BEST_J * 2**5 < 5 * low < 5 * high < MEDIAN_J * 2**5


@pytest.mark.parametrize("bits", [4, 5, 8])
def test_a_converter_by_its_figure_of_merit_doubles_with_each_bit(bits):
    found = conversion(walden(bits=bits))
    assert found.energy_j == pytest.approx(50e-15 * 2**bits)
    assert found.latency_s == pytest.approx(1e-8)
    assert conversion(walden(bits=bits, lost_bits=1)).energy_j == pytest.approx(25e-15 * 2**bits)


def test_its_figure_does_not_follow_the_node():
    finer = conversion(walden(), "technology.node_m=22e-9", "technology.supply_v=0.8")
    assert finer.energy_j == conversion(walden()).energy_j
    with pytest.raises(SpecError, match=r"figure_of_merit_j\.node_m=22e-9: must be left out"):
        load_arch(STT, [walden(), "tile.macro.adc.figure_of_merit_j.node_m=22e-9"])


def test_a_rate_beyond_the_survey_is_refused():
    with pytest.raises(SpecError, match=r"rate_hz: must be a number above 0 and at most 2e\+?0?9"):
        load_arch(STT, [walden(rate_hz="3e9")])
