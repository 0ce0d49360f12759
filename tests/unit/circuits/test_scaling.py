"""Node and supply scaling against the factors of the dossier, worked out by hand there."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cimsim.circuits.scaling import area_factor, energy_factor

NODES = [7, 10, 14, 16, 20, 32, 45, 65, 90]


@pytest.mark.parametrize(
    ("start", "end", "factor"),
    [
        ((45, 0.9), (28, 0.9), 0.51),
        ((65, 1.2), (28, 0.9), 0.20),
        ((45, 0.9), (22, 0.8), 0.24),
        ((40, 0.9), (28, 0.9), 0.588),
        ((32, 0.9), (28, 0.9), 0.790),
    ],
)
def test_energy_factors_of_the_dossier(start, end, factor):
    found = energy_factor(start[0] * 1e-9, start[1], end[0] * 1e-9, end[1])
    assert found == pytest.approx(factor, abs=0.5 * 10 ** -len(str(factor).partition(".")[2]))


def test_energy_by_hand():
    """45 nm at 0.9 V: 1.103 * 0.81 - 0.362 * 0.9 + 0.2767; 28 nm is a third of the way down from 32 to 20."""
    at_45 = 1.103 * 0.81 - 0.362 * 0.9 + 0.2767
    at_32, at_20 = 0.9559 * 0.81 - 0.7823 * 0.9 + 0.471, 0.373 * 0.81 - 0.1582 * 0.9 + 0.04104
    expected = (2 / 3 * at_32 + 1 / 3 * at_20) / at_45
    assert energy_factor(45e-9, 0.9, 28e-9, 0.9) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("start", "factor"), [(45, 0.377), (40, 0.475), (32, 0.82), (65, 0.249)])
def test_area_factors_to_28_nm(start, factor):
    assert area_factor(start * 1e-9, 28e-9) == pytest.approx(factor, rel=2e-3)


@given(st.sampled_from(NODES), st.floats(0.8, 1.2), st.sampled_from(NODES), st.floats(0.8, 1.2))
def test_there_and_back_is_the_same(start, start_v, end, end_v):
    there = energy_factor(start * 1e-9, start_v, end * 1e-9, end_v)
    assert there * energy_factor(end * 1e-9, end_v, start * 1e-9, start_v) == pytest.approx(1.0)
    assert area_factor(start * 1e-9, end * 1e-9) * area_factor(end * 1e-9, start * 1e-9) == pytest.approx(1.0)


@given(st.floats(7, 90), st.floats(0.7, 1.2))
def test_energy_rises_with_the_supply(node, supply_v):
    assert energy_factor(node * 1e-9, supply_v, node * 1e-9, supply_v + 0.05) > 1.0


def test_a_finer_node_takes_less_energy_and_area_and_no_node_jumps():
    nodes = np.linspace(7.0, 90.0, 500) * 1e-9
    energies = np.array([energy_factor(45e-9, 0.9, node, 0.9) for node in nodes])
    areas = np.array([area_factor(45e-9, node) for node in nodes])
    assert (np.diff(areas) > 0).all() and np.diff(areas).max() < 0.05
    assert np.abs(np.diff(energies)).max() < 0.1
    assert (np.diff(energies[nodes < 65e-9]) > 0).all()


@pytest.mark.parametrize("node", [5.0, 6.9, 91.0, 180.0])
def test_nodes_outside_the_table_are_refused(node):
    with pytest.raises(ValueError, match="must be a node from 7 to 90 nm"):
        energy_factor(45e-9, 0.9, node * 1e-9, 0.9)
    with pytest.raises(ValueError, match="must be a node from 7 to 90 nm"):
        area_factor(node * 1e-9, 28e-9)


def test_a_supply_below_the_law_is_refused():
    with pytest.raises(ValueError, match=r"must be above 0\.59 V at 65 nm"):
        energy_factor(65e-9, 0.5, 28e-9, 0.9)
