"""The switch of a column, stated or from its lines."""

import pytest
from arch_files import STT

from cimsim.arch import Draws, build_chip, load_arch
from cimsim.errors import SpecError

MUX = "tile.macro.subarray.column_mux"
GATES = (f"{MUX}.energy_j=null", f"{MUX}.gate_capacitance_f=0.5 fF")


def select_j(*overrides):
    return build_chip(load_arch(STT, overrides)).components["column_mux"].actions["select"].energy_j


def test_a_switch_by_hand():
    """Eight columns of 0.343 um at 0.2 fF/um and gates of 0.5 fF, twice, at 0.9 V."""
    expected = 2 * (0.5e-15 + 8 * 0.118e-12**0.5 * 2e-10) * 0.9**2
    assert select_j(*GATES) == pytest.approx(expected)


def test_it_is_about_what_is_recalled_of_one():
    assert select_j() == pytest.approx(2e-15) == pytest.approx(select_j(*GATES), rel=0.5)


def test_it_costs_more_the_more_columns_share_a_read_out():
    costs = [select_j(*GATES, f"tile.macro.columns_per_readout={n}") for n in (1, 4, 8, 32, 128)]
    assert costs == sorted(set(costs))


def test_its_sources_spread():
    chip = build_chip(load_arch(STT, GATES), Draws(0, 64))
    assert chip.components["column_mux"].actions["select"].energy_j.std() > 0


@pytest.mark.parametrize("overrides", [GATES[:1], GATES[1:]])
def test_it_is_stated_once(overrides):
    with pytest.raises(SpecError, match="must have either energy_j or gate_capacitance_f"):
        load_arch(STT, overrides)
