"""No knob is fitted: a rebuilt design is a shared chip at its node, and what was published of it."""

import math
import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from cimsim.arch import load_arch
from cimsim.arch.quantity import Quantity
from cimsim.validate import load_publications

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "arch_configs" / "validation"
FILES = sorted(FOLDER.glob("*.yaml"))
SHIPPED = load_arch(ROOT / "arch_configs" / "stt_mram.yaml")
RRAM, FLASH = (load_arch(FOLDER / f"{name}.yaml") for name in ("rram", "rram_flash"))
CELL, ADC = "tile.macro.subarray.cell.", "tile.macro.adc."
DESIGN = {
    "name", "description", "technology.name", "technology.node_m", "technology.supply_v",
    "tile.macro.rows_active", "tile.macro.columns_per_readout", "tile.macro.adc.bits",
    "tile.macro.subarray.rows", "tile.macro.subarray.columns", "tile.macro.subarray.wordline.voltage_v",
    "tile.macro.reference_columns", "tile.adder_tree.bits",
}  # fmt: skip
"""What a publication states of its design; the word size of an adder is that of a table."""

BY_FILE = {
    "neurosim_w3": {"tile.macro.read_time_s"},  # stated by the run
    "jia_jssc_2020_0v85": {"tile.macro.read_voltage_v"},  # half of the supply, by charge sharing
    "jia_jssc_2020_1v20": {"tile.macro.read_voltage_v"},
    "jung_nature_2022": {"tile.macro.shift_add.bits", "tile.threshold_unit.bits"},  # its network's sums
}
JIA = {  # CiMLoop's file of this macro: 2 fF; the cell area is published; the rest is recalled of 65 nm
    "area_m2": 4.93e-12, "capacitance_f": 2e-15, "gate_capacitance_f": 0.4e-15,
    "drain_capacitance_f": 0.14e-15, "write_energy_j": 1.4e-13, "leakage_w": 1e-10,
}  # fmt: skip
DENSE = {"area_m2": 8.4e-13}  # 2.37 and 2.38 Mb/mm2, in the titles of the macros of 2022 and 2023
PUBLISHED_CELLS = {
    "deaville_esscirc_2021": {"area_m2": 9.12e-14},  # two foundry cells of 0.0456 um2
    "deaville_vlsi_2022": {"area_m2": 9.12e-14},
    "jia_jssc_2020_0v85": JIA,
    "jia_jssc_2020_1v20": JIA,
    "spetalnick_isscc_2022": DENSE,
    "spetalnick_vlsi_2023": DENSE,
    "yoon_jssc_2021": DENSE,  # of 40 nm as well; their own density was not read
    "li_cicc_2021": DENSE,
    "neurosim_w3": {"resistance_low_ohm": 6e3, "resistance_high_ohm": 15e3},  # set in the run
}
"""All numbers in which the cells of a macro are not those of their technology."""

RECALLED_RRAM = {
    "area_m2": 6.27e-14, "resistance_low_ohm": 6e3, "resistance_high_ohm": 1e5, "access_resistance_ohm": 3e3,
    "gate_capacitance_f": 0.15e-15, "drain_capacitance_f": 0.1e-15, "write.current_a": 1e-4,
}  # fmt: skip
"""Of every resistive macro."""

STILLMAKER = {  # a V^2 + b V + c, Stillmaker and Baas 2017 as used in Accelergy
    90: (4.762, -4.781, 2.092), 65: (3.755, -4.398, 1.975), 45: (1.103, -0.362, 0.2767),
    32: (0.9559, -0.7823, 0.471), 20: (0.373, -0.1582, 0.04104),
}  # fmt: skip


def logic_energy(node, supply_v):
    """Linear in the node between two of the table."""
    below, above = (f(n for n in STILLMAKER if s * n <= s * node) for f, s in ((max, 1), (min, -1)))
    (low, high) = (a * supply_v**2 + b * supply_v + c for a, b, c in (STILLMAKER[below], STILLMAKER[above]))
    return low if below == above else low + (high - low) * (node - below) / (above - below)


def shared(spec):
    """The chip that a file may differ from in nothing but its design."""
    if spec.tile.macro.subarray.cell.type != RRAM.tile.macro.subarray.cell.type:
        return SHIPPED
    return FLASH if spec.tile.macro.adc.type == "flash_adc" else RRAM


def numbers(model, prefix=""):
    """Every value that is no quantity, by path."""
    for name in type(model).model_fields:
        value, path = getattr(model, name), f"{prefix}{name}"
        if isinstance(value, BaseModel) and not isinstance(value, Quantity):
            yield from numbers(value, f"{path}.")
        elif not isinstance(value, Quantity):
            yield path, value


def by_rule(key, spec):
    """What node and supply make of a quantity: 80 F2, widths in features, gates charged."""
    node_m, supply_v = spec.technology.node_m, spec.technology.supply_v
    if spec.tile.macro.subarray.cell.type == "rram_2t2r":
        rules = {f"{CELL}area_m2": 80 * node_m**2, f"{ADC}encoder_energy_j": 8e-15 * supply_v**2}
        if node_m > SHIPPED.technology.node_m:
            widths = node_m / SHIPPED.technology.node_m
            rules |= {f"{CELL}gate_capacitance_f": 0.15e-15 * widths}
            rules |= {f"{CELL}drain_capacitance_f": 0.1e-15 * widths}
        return rules.get(key)
    return None


def unaccounted(spec, stem):
    """Paths at which a design has a number of its own that neither its publication nor a rule gives it."""
    under = shared(spec)
    ours, theirs = dict(numbers(under)), dict(numbers(spec))
    found = {key for key in theirs if ours.get(key) != theirs[key]} - DESIGN - BY_FILE.get(stem, set())
    published = {CELL + name: value for name, value in PUBLISHED_CELLS.get(stem, {}).items()}
    for key, quantity in spec.quantities.items():
        wanted = published.get(key, by_rule(key, spec))
        if wanted is not None:
            is_known = math.isclose(quantity.value, wanted, rel_tol=1e-2)
        else:
            is_known = key in under.quantities and quantity.model_dump() == under.quantities[key].model_dump()
        if not is_known:
            found.add(key)
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_only_what_a_publication_states_is_set(path):
    spec = load_arch(path)
    own_cell = {f"{CELL}type"} if path.stem.startswith("jia") else set()
    assert unaccounted(spec, path.stem) == own_cell
    assert spec.tile.macro.reference_columns in (0, SHIPPED.tile.macro.reference_columns)


@pytest.mark.parametrize(
    ("file", "override"),
    [
        ("yin_ted_2020", f"{CELL}resistance_low_ohm.value=20e3"),
        ("hung_isscc_2022", f"{CELL}resistance_high_ohm.value=1e6"),
        ("hung_isscc_2022", f"{CELL}area_m2.value=1e-13"),
        ("yin_ted_2020", f"{CELL}gate_capacitance_f.value=0.15e-15"),
        ("jia_jssc_2020_0v85", f"{CELL}capacitance_f.value=5e-15"),
        ("jia_jssc_2020_1v20", f"{CELL}gate_capacitance_f.value=0.8e-15"),
        ("deaville_vlsi_2022", f"{CELL}device.junction.diameter_m.value=60e-9"),
        ("neurosim_w3", f"{ADC}comparator_latency_s.value=1e-9"),
        ("spetalnick_vlsi_2023", f"{ADC}bit_energy_j.value=0.14e-12"),
        ("li_cicc_2021", "tile.macro.read_time_s=60e-9"),
    ],
)
def test_a_number_fitted_to_one_design_is_noticed(file, override):
    key = override.partition("=")[0].removesuffix(".value")
    assert key in unaccounted(load_arch(FOLDER / f"{file}.yaml", [override]), file)


def test_the_cell_of_all_resistive_macros_is_one_and_all_else_is_shipped():
    for name, value in RECALLED_RRAM.items():
        assert RRAM.quantities[CELL + name].value == value
        assert FLASH.quantities[CELL + name] == RRAM.quantities[CELL + name]
    for spec in (RRAM, FLASH):
        for key, quantity in SHIPPED.quantities.items():
            if not key.startswith((CELL, ADC) if spec is FLASH else CELL):
                assert spec.quantities[key].model_dump() == quantity.model_dump()
        ours, theirs = dict(numbers(SHIPPED)), dict(numbers(spec))
        changed = {key for key in theirs if key in ours and theirs[key] != ours[key]}
        names = {"name", "description", "technology.name", "tile.macro.reference_columns"}
        assert changed - names <= {f"{CELL}type", f"{CELL}write.supply_v", f"{CELL}write.width_s",
                                   f"{CELL}write.max_pulses", f"{ADC}type"}  # fmt: skip


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_logic_is_scaled_to_the_node_and_the_supply_and_nothing_else(path):
    spec = load_arch(path)
    node, supply_v = 1e9 * spec.technology.node_m, spec.technology.supply_v
    assert spec.technology.name.startswith(f"{node:g} nm")
    scaled = 0
    for key, found in spec.quantities.items():
        if key.endswith("_j") and found.node_m is not None:
            source = logic_energy(1e9 * found.node_m, found.voltage_v)
            assert found.nominal == pytest.approx(logic_energy(node, supply_v) / source * found.value)
            scaled += 1
        if key.startswith(CELL) or (spec.tile.macro.adc.type == "sar_adc" and key == f"{ADC}bit_energy_j"):
            assert found.factor == 1.0
    assert scaled > 20


def test_flash_comparators_are_one_published_block():
    comparator = FLASH.tile.macro.adc.comparator_energy_j
    assert (comparator.value, comparator.node_m, comparator.voltage_v) == (41.7e-15, 65e-9, 1.2)


def test_every_file_serves_a_publication_or_lies_under_one_that_does():
    used = {publication.architecture for publication in load_publications()}
    under = {re.search(r"^extends: \./(\w+)\.yaml$", path.read_text(), re.MULTILINE) for path in FILES}
    assert used | {found[1] for found in under if found} == {path.stem for path in FILES}
    for path in FILES:
        assert load_arch(path).name == path.stem
