"""Sums and shares against loops."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cimsim.reporting.breakdown import (
    busy_fractions,
    energy_by_component,
    energy_by_layer,
    group_of,
    occupancy,
)


def test_components_add_up_to_the_total_and_leakage_stands_apart(result):
    energies = energy_by_component(result.components)
    assert sum(energies.values()) == pytest.approx(result.summary["energy_j"], rel=1e-12)
    assert list(energies.values()) == sorted(energies.values(), reverse=True)
    assert energies["adc"] == pytest.approx(840e-12)
    assert energies["leakage"] == pytest.approx(50e-12)


def test_layers_add_up_to_the_total_and_come_in_order(result):
    table = energy_by_layer(result.components.iloc[::-1], ["idle", "conv1", "conv2", "fc1"])
    assert list(table) == ["conv1", "conv2", "fc1", "chip"]
    assert sum(sum(groups.values()) for groups in table.values()) == pytest.approx(result.summary["energy_j"])
    assert table["chip"] == {"leakage": pytest.approx(50e-12)}
    assert table["conv1"]["read-out"] == pytest.approx(85e-12)


def test_a_component_nobody_grouped_is_other():
    assert (group_of("adc"), group_of("flux_capacitor")) == ("read-out", "other")


def test_busy_shares_of_the_toy(result):
    shares = busy_fractions(result.timeline, result.program.resources)
    assert next(iter(shares)) == "tile1.readout"
    assert shares["tile1.readout"] == pytest.approx(0.5)
    assert shares["conv1.array"] == pytest.approx(1 / 12)
    assert busy_fractions(result.timeline, {"tile1.readout": 2})["tile1.readout"] == pytest.approx(0.25)


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 2), st.floats(0, 9), st.floats(0.01, 5)), max_size=20),
    st.integers(1, 8),
)
def test_occupancy_equals_the_overlap_of_each_interval_with_each_window(intervals, n_windows):
    group = np.array([g for g, _, _ in intervals], dtype=np.int64)
    start = np.array([s for _, s, _ in intervals])
    end = np.array([s + length for _, s, length in intervals])
    expected = np.zeros((3, n_windows))
    for g, s, e in zip(group, start, end, strict=True):
        for window in range(n_windows):
            expected[g, window] += max(0.0, min(e, window + 1) - max(s, window))
    found = occupancy(group, start, end, n_groups=3, n_windows=n_windows)
    np.testing.assert_allclose(found, expected, atol=1e-9)
