"""What is remembered of an architecture against what is made anew."""

import numpy as np
import pytest
from arch_files import FLASH, SHIPPED, WALDEN
from unit.sweep.every_field import legal_changes

from cimsim.arch import Draws
from cimsim.arch.build import Builder, build_chip, build_components
from cimsim.arch.traced import Traced
from cimsim.arch.vary import Variations

BASES = [
    (SHIPPED[0], ()),
    (SHIPPED[1], ("chip.random_source=smtj", "chip.first_layer=digital")),
    (SHIPPED[0], (FLASH, "chip.random_source=lfsr", "tile.scale_select=multiplier")),
    (SHIPPED[0], (WALDEN,)),
]


def assert_same(found, wanted):
    assert list(found) == list(wanted)
    for name, component in wanted.items():
        ours = found[name]
        assert (ours.unit, ours.n_per_unit, list(ours.actions)) == (
            component.unit, component.n_per_unit, list(component.actions),
        )  # fmt: skip
        for key in ("area_m2", "leakage_w"):
            np.testing.assert_array_equal(getattr(ours, key), getattr(component, key))
        for action, cost in component.actions.items():
            np.testing.assert_array_equal(ours.actions[action].energy_j, cost.energy_j)
            assert ours.actions[action].latency_s == cost.latency_s


@pytest.mark.parametrize(("path", "overrides"), BASES)
def test_components_after_every_change_are_those_made_anew(path, overrides):
    base, builder, draws = Variations(path, overrides), Builder(), Draws(1, 3)
    builder.components(base.base, draws)
    changes = dict(legal_changes(base))
    for spec in changes.values():
        assert_same(builder.components(spec, draws), build_components(spec, draws))
    assert len(changes) > 150


def test_chips_are_those_built_anew():
    base, builder = Variations(SHIPPED[0]), Builder()
    for bits in (4, 5, 4):
        spec = base.at({"tile.macro.adc.bits": bits})
        ours, wanted = builder.chip(spec), build_chip(spec)
        assert (ours.geometry, ours.timing, ours.arrays) == (wanted.geometry, wanted.timing, wanted.arrays)


def test_only_what_was_read_decides():
    calls = []

    def read(spec):
        calls.append(spec)
        return spec.tile.macro.rows_active + (spec.tile.macro.adc is not None)

    base, traced = Variations(SHIPPED[0]), Traced(read)
    found = [
        traced(base.at(settings))
        for settings in (
            {},
            {"chip.clock_hz": 1e8},
            {"tile.macro.adc.bits": 3},
            {"tile.macro.rows_active": 4},
        )
    ]
    assert found == [17, 17, 17, 5] and len(calls) == 2
