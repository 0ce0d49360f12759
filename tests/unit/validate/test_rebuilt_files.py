"""No knob is fitted: a rebuilt design is the shipped chip at its node, and what was published of it."""

import math
import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from cimsim.arch import load_arch
from cimsim.arch.quantity import Quantity
from cimsim.validate import load_publications

ROOT = Path(__file__).resolve().parents[3]
FILES = sorted((ROOT / "arch_configs" / "validation").glob("*.yaml"))
SHIPPED = load_arch(ROOT / "arch_configs" / "stt_mram.yaml")
DESIGN = {
    "name", "description", "technology.name", "technology.node_m", "technology.supply_v",
    "tile.macro.rows_active", "tile.macro.columns_per_readout", "tile.macro.adc.bits", "tile.macro.adc.type",
    "tile.macro.subarray.rows", "tile.macro.subarray.columns", "tile.macro.subarray.wordline.voltage_v",
    "tile.macro.subarray.cell.type", "tile.adder_tree.bits",
}  # fmt: skip
"""What a publication states of its design; the word size of an adder is that of a table."""

BY_FILE = {
    "neurosim_w3": {"tile.macro.read_time_s"},  # stated by the run
    "jia_jssc_2020_0v85": {"tile.macro.read_voltage_v"},  # half of the supply, by charge sharing
    "jia_jssc_2020_1v20": {"tile.macro.read_voltage_v"},
    "jung_nature_2022": {"tile.macro.shift_add.bits", "tile.threshold_unit.bits"},  # its network's sums
}
STILLMAKER = {  # a V^2 + b V + c, Stillmaker and Baas 2017 as used in Accelergy
    90: (4.762, -4.781, 2.092), 65: (3.755, -4.398, 1.975), 45: (1.103, -0.362, 0.2767),
    32: (0.9559, -0.7823, 0.471), 20: (0.373, -0.1582, 0.04104),
}  # fmt: skip


def logic_energy(node, supply_v):
    """Linear in the node between two of the table."""
    below, above = (f(n for n in STILLMAKER if s * n <= s * node) for f, s in ((max, 1), (min, -1)))
    (low, high) = (a * supply_v**2 + b * supply_v + c for a, b, c in (STILLMAKER[below], STILLMAKER[above]))
    return low if below == above else low + (high - low) * (node - below) / (above - below)


def numbers(model, prefix=""):
    """Every value that is no quantity, by path; cells and their devices are looked at apart."""
    for name in type(model).model_fields:
        value, path = getattr(model, name), f"{prefix}{name}"
        if isinstance(value, BaseModel) and not isinstance(value, Quantity):
            yield from numbers(value, f"{path}.")
        elif not isinstance(value, Quantity):
            yield path, value


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_only_what_a_publication_states_is_set(path):
    ours, theirs = dict(numbers(SHIPPED)), dict(numbers(load_arch(path)))
    changed = {key for key in ours.keys() | theirs.keys() if ours.get(key) != theirs.get(key)}
    cell = {key for key in changed if key.startswith("tile.macro.subarray.cell.")}
    if theirs["tile.macro.subarray.cell.type"] == SHIPPED.tile.macro.subarray.cell.type:
        assert not cell
    if theirs["tile.macro.adc.type"] != SHIPPED.tile.macro.adc.type:
        changed = {key for key in changed if not key.startswith("tile.macro.adc.errors.")}
    assert changed - cell <= DESIGN | BY_FILE.get(path.stem, set())


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_costs_are_those_of_the_shipped_chip_scaled_to_the_node_and_the_supply(path):
    """Quantities are the shipped ones, or belong to a cell or converter of their own."""
    spec = load_arch(path)
    node, supply_v = 1e9 * spec.technology.node_m, spec.technology.supply_v
    assert spec.technology.name.startswith(f"{node:g} nm")
    scaled = 0
    for key, found in spec.quantities.items():
        if key.startswith("tile.macro.subarray.cell."):
            continue
        if spec.tile.macro.adc.type == "flash_adc" and key.startswith("tile.macro.adc."):
            continue
        ours = SHIPPED.quantities[key]
        assert found.model_dump() == ours.model_dump()
        if key.endswith("_j") and found.node_m is not None:
            factor = logic_energy(node, supply_v) / logic_energy(28, 0.9)
            assert math.isclose(found.nominal, factor * ours.nominal, rel_tol=1e-9)
            scaled += 1
    assert scaled > 20


@pytest.mark.parametrize(("file", "node", "supply_v"), [("neurosim_w3", 22, 0.8), ("yin_ted_2020", 90, 1.2)])
def test_flash_comparators_are_one_published_block_scaled(file, node, supply_v):
    spec = load_arch(ROOT / "arch_configs" / "validation" / f"{file}.yaml")
    wanted_j = 41.7e-15 * logic_energy(node, supply_v) / logic_energy(65, 1.2)
    assert math.isclose(spec.tile.macro.adc.comparator_energy_j.nominal, wanted_j, rel_tol=1e-9)
    assert math.isclose(spec.tile.macro.adc.encoder_energy_j.value, 8e-15 * supply_v**2, rel_tol=1e-2)


def test_every_file_serves_a_publication_or_lies_under_one_that_does():
    used = {publication.architecture for publication in load_publications()}
    under = {re.search(r"^extends: \./(\w+)\.yaml$", path.read_text(), re.MULTILINE) for path in FILES}
    assert used | {found[1] for found in under if found} == {path.stem for path in FILES}
    for path in FILES:
        assert load_arch(path).name == path.stem
