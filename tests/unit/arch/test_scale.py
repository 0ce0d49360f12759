"""Numbers of another node: what the loader makes of them, and what it refuses."""

import numpy as np
import pytest
from arch_files import SOT, STT

from cimsim.arch import ArchSpec, Draws, build_chip, load_arch, nominal
from cimsim.arch.ends import Ends
from cimsim.circuits.scaling import area_factor, energy_factor
from cimsim.errors import SpecError

NODE = "{value: 1e-12, node_m: 45 nm, voltage_v: 0.9, grade: fitted, source: test}"
ISSUE = "chip.controller.issue_energy_j"


def test_a_value_is_brought_to_the_node_of_the_chip():
    quantity = load_arch(STT, [f"{ISSUE}={NODE}"]).quantities[ISSUE]
    factor = energy_factor(45e-9, 0.9, 28e-9, 0.9)
    assert (quantity.value, quantity.factor) == (1e-12, factor)
    assert nominal(quantity) == quantity.nominal == 1e-12 * factor
    assert quantity.interval == pytest.approx((1e-12 * factor / 1.2, 1e-12 * factor * 1.2))
    draws = Draws(0, 20_000)(quantity)
    assert np.quantile(draws, [0.05, 0.5, 0.95]) == pytest.approx(
        [quantity.interval[0], quantity.nominal, quantity.interval[1]], rel=0.01
    )
    low, high = Ends.of([ISSUE])(quantity)
    assert (low, high) == quantity.interval


@pytest.mark.parametrize("path", [STT, SOT], ids=lambda p: p.stem)
@pytest.mark.parametrize(("node_m", "supply_v"), [(22e-9, 0.8), (45e-9, 0.9), (65e-9, 1.2)])
def test_another_node_scales_the_logic_and_nothing_else(path, node_m, supply_v):
    here = build_chip(load_arch(path))
    there = build_chip(load_arch(path, [f"technology.node_m={node_m}", f"technology.supply_v={supply_v}"]))
    energy, area = energy_factor(28e-9, 0.9, node_m, supply_v), area_factor(28e-9, node_m)
    for name in ("tile_buffer", "threshold_unit", "adder_tree", "vector_unit", "tile_controller"):
        one, other = here.components[name], there.components[name]
        for action, cost in one.actions.items():
            assert other.actions[action].energy_j == pytest.approx(energy * cost.energy_j)
        assert other.area_m2 == pytest.approx(area * one.area_m2)
        assert other.leakage_w == one.leakage_w
    cells, others = here.components["cell_array"], there.components["cell_array"]
    assert others.area_m2 == cells.area_m2
    assert others.actions["write"].energy_j == cells.actions["write"].energy_j
    readout = "adc" if "adc" in here.components else "sense_amp"
    one, other = (chip.components[readout].actions["convert"].energy_j for chip in (here, there))
    assert other == one
    assert there.timing == here.timing


def test_a_file_of_numbers_survives_its_dump():
    """What is dumped are the numbers of the sources, so that they can be brought to another node again."""
    spec = load_arch(STT)
    again = ArchSpec.model_validate(spec.model_dump())
    assert {path: q.nominal for path, q in again.quantities.items()} == {
        path: q.nominal for path, q in spec.quantities.items()
    }
    assert sum(quantity.factor != 1.0 for quantity in spec.quantities.values()) > 25


@pytest.mark.parametrize(
    ("override", "place", "rule"),
    [
        ("technology.node_m=5e-9", "technology.node_m", "must be a node from 7 to 90 nm (got 5 nm)"),
        ("technology.node_m=130 nm", "technology.node_m", "must be a node from 7 to 90 nm (got 130 nm)"),
        ("technology.supply_v=0.35", "technology.supply_v", "must be above 0.38 V at 28 nm"),
        (f"{ISSUE}={NODE.replace('45 nm', '180 nm')}", f"{ISSUE}.node_m", "must be a node from 7 to 90 nm"),
        (f"{ISSUE}={NODE.replace('0.9', '0.1')}", f"{ISSUE}.voltage_v", "must be above 0.16 V at 45 nm"),
        (f"{ISSUE}={NODE.replace('voltage_v: 0.9, ', '')}", f"{ISSUE}.voltage_v", "be given with node_m"),
        (f"{ISSUE}={NODE.replace('node_m: 45 nm, ', '')}", f"{ISSUE}.node_m", "be given with voltage_v"),
        (f"tile.macro.adc.bit_energy_j={NODE}", "tile.macro.adc.bit_energy_j.node_m", "must be left out"),
        (f"tile.macro.adc.step_energy_j={NODE}", "tile.macro.adc.step_energy_j.node_m", "must be left out"),
        (f"tile.macro.adc.leakage_w={NODE}", "tile.macro.adc.leakage_w.node_m", "must be left out"),
        ("tile.macro.subarray.cell.area_m2.node_m=22e-9", "cell.area_m2.node_m", "must be left out"),
        ("technology.node_m=null", "technology.node_m", "be given: chip.global_buffer.read_bit_energy_j"),
    ],
)
def test_what_the_law_does_not_cover_is_refused(override, place, rule):
    overrides = [override]
    if "supply_v" in override:
        overrides += ["tile.macro.read_voltage_v=0.05"]
    with pytest.raises(SpecError) as caught:
        load_arch(STT, overrides)
    assert place in str(caught.value) and rule in str(caught.value)
