"""Shipped files, conversion by declared type, overrides, the schema, the table of components."""

import json
import pickle

import pytest
import yaml
from arch_files import FLASH, SHIPPED, SOT, STT, changed
from pydantic import BaseModel, ValidationError

from cimsim.arch import ArchSpec, build_chip, json_schema, list_components, load_arch
from cimsim.arch.loader import read_arch
from cimsim.arch.quantity import Quantity
from cimsim.units import DIMENSIONLESS, unit_of


@pytest.fixture
def load(tmp_path):
    def load_text(text, *overrides):
        path = tmp_path / "demo.yaml"
        path.write_text(text)
        return load_arch(path, overrides)

    return load_text


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_shipped_files_load_and_state_their_sources(path):
    spec = load_arch(path)
    assert spec.name == path.stem
    assert spec.source == str(path)
    assert len(spec.quantities) > 70
    for where, quantity in spec.quantities.items():
        assert quantity.path == where
        assert len(quantity.source) >= len("1 nW per um2")


def test_the_default_chips_are_what_the_design_asks_for():
    stt, sot, one = (load_arch(path).tile.macro for path in SHIPPED)
    assert (stt.subarray.rows, stt.subarray.columns, stt.rows_active) == (128, 128, 16)
    assert (stt.subarray.cell.type, stt.adc.type, stt.columns_per_readout) == ("cell_2t2m", "sar_adc", 8)
    assert stt.adc.bits == stt.lossless_bits == 5
    assert (sot.subarray.cell.type, sot.rows_active, sot.columns_per_readout) == ("sot_2t2m", 1, 1)
    assert sot.adc is None
    assert (one.subarray.cell.type, one.adc, one.rows_active) == ("cell_1t1m", stt.adc, stt.rows_active)
    cells = [macro.subarray.cell for macro in (stt, one)]
    assert cells[1].area_m2.value == cells[0].area_m2.value / 2
    for name in type(cells[1]).model_fields.keys() - {"type", "area_m2"}:
        assert getattr(cells[1], name) == getattr(cells[0], name)


def test_numbers_are_read_as_the_field_declares(load):
    spec = load(changed(("clock_hz: 500.0e6", "clock_hz: 5e8"), ("bits: 5 ", "bits: +6 ")))
    assert spec.chip.clock_hz == 5e8
    assert spec.tile.macro.adc.bits == 6


def test_a_name_that_looks_like_a_number_stays_text(load):
    assert load(changed(("name: stt_mram", "name: 1e6"))).name == "1e6"
    assert load(changed(("name: stt_mram", "name: no"))).name == "no"


def test_unit_strings_are_read_by_the_suffix(load):
    spec = load(
        changed(
            ("clock_hz: 500.0e6", "clock_hz: 500 MHz"),
            ("read_time_s: 5.0e-9", 'read_time_s: "5 ns"'),
            ("{value: 15.0e-12, grade", "{value: 15 ohm*um^2, grade"),
        )
    )
    assert spec.model_dump() == load_arch(STT).model_dump()


def test_overrides_apply_in_order_and_create_what_is_missing():
    overrides = ["tile.macro.adc.bits=4", "tile.macro.adc.bits=6", "chip.replicas.conv1=4", "chip.tiles=7"]
    spec = load_arch(STT, overrides)
    assert spec.tile.macro.adc.bits == 6
    assert spec.chip.replicas == {"conv1": 4}
    assert spec.chip.tiles == 7


def test_a_quantity_set_by_hand_says_so():
    spec = load_arch(STT, ["tile.macro.adc.bit_energy_j=0.1 pJ"])
    quantity = spec.tile.macro.adc.bit_energy_j
    assert (quantity.value, quantity.grade) == (0.1e-12, "assumed")
    assert quantity.source == "--set tile.macro.adc.bit_energy_j=0.1 pJ"


def test_a_value_set_by_hand_is_not_credited_to_the_source_of_the_file():
    name = "tile.macro.shift_add.bit_energy_j"
    (value, *named) = overrides = [f"{name}.value=0.2 pJ", f"{name}.grade=measured", f"{name}.source=my chip"]
    spec = load_arch(STT, overrides[:1])
    quantity = spec.quantities[name]
    assert (quantity.value, quantity.low, quantity.node_m, quantity.factor) == (0.2e-12, None, None, 1.0)
    assert (quantity.grade, quantity.source) == ("assumed", f"--set {value}")
    assert spec.overrides == (value,) and load_arch(STT).overrides == ()
    for order in ([value, *named], [*named, value]):
        quantity = load_arch(STT, order).quantities[name]
        assert (quantity.grade, quantity.source) == ("measured", "my chip")


def test_another_read_out_can_be_set():
    assert load_arch(STT, [FLASH]).tile.macro.adc.type == "flash_adc"


def test_specs_are_frozen_and_survive_pickling():
    spec = load_arch(SOT)
    with pytest.raises(ValidationError):
        spec.chip.clock_hz = 1e9
    copy = pickle.loads(pickle.dumps(spec))
    assert copy == spec
    assert (
        copy.quantities["chip.stochastic_unit.device.random_bit.relax_s"].path
        == "chip.stochastic_unit.device.random_bit.relax_s"
    )


def test_a_dumped_architecture_is_the_architecture():
    spec = load_arch(STT)
    dumped = json.loads(json.dumps(spec.model_dump(mode="json")))
    again = ArchSpec.model_validate(dumped)
    assert again.model_dump(mode="json") == dumped
    assert again.quantities == spec.quantities


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_the_json_schema_accepts_the_shipped_files(path):
    jsonschema = pytest.importorskip("jsonschema", reason="extra dev")
    data, _ = read_arch(path)
    jsonschema.Draft202012Validator(json_schema()).validate(data)
    as_written = yaml.safe_load(path.read_text())  # with names of devices; PyYAML takes 1.0e-9 for a number
    jsonschema.Draft202012Validator(json_schema()).validate(as_written)
    data["tile"]["macro"]["rows_active"] = 0
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(json_schema()).validate(data)


def test_the_json_schema_offers_texts_with_units_where_there_is_a_unit():
    definitions = json_schema()["$defs"]
    assert definitions["MacroSpec"]["properties"]["read_time_s"]["anyOf"] == [
        {"type": "number", "exclusiveMinimum": 0, "maximum": 1e-6},
        {"type": "string", "pattern": "^[-+.0-9]"},
    ]
    assert definitions["SarAdc"]["properties"]["bits"] == {"type": "integer", "minimum": 1, "maximum": 12}
    assert {"type": "string"} not in definitions["MacroSpec"]["properties"]["regulator_efficiency"]["anyOf"]


def _fields(model, seen):
    for name, field in model.model_fields.items():
        yield model.__name__, name, field.annotation
        for member in _models(field.annotation):
            if member not in seen:
                seen.add(member)
                yield from _fields(member, seen)


def _models(annotation):
    if isinstance(annotation, type):
        return [annotation] if issubclass(annotation, BaseModel) and annotation is not Quantity else []
    arguments = [
        *getattr(annotation, "__args__", ()),
        *([annotation.__origin__] if hasattr(annotation, "__metadata__") else []),
    ]
    return [model for argument in arguments for model in _models(argument)]


def _holds(annotation, wanted):
    return annotation is wanted or any(_holds(a, wanted) for a in getattr(annotation, "__args__", ()))


def test_every_real_number_has_a_unit_or_is_listed_as_dimensionless():
    found = {
        (model, name)
        for model, name, kind in _fields(ArchSpec, set())
        if _holds(kind, float) or _holds(kind, Quantity)
    }
    assert len(found) > 80
    without = {(model, name) for model, name in found if unit_of(name) is None}
    assert {name for _, name in without} == DIMENSIONLESS


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_the_table_of_components_is_what_a_chip_is_built_of(path):
    rows = {row["component"]: row for row in list_components()}
    spec = load_arch(path, ["chip.first_layer=digital"])
    absent = set() if spec.tile.macro.reference_columns else {"read_reference"}
    for name, component in build_chip(spec).components.items():
        assert name == component.name
        assert rows[name]["unit"] == component.unit
        listed = [part.split(" (per ")[0] for part in rows[name]["actions"].split(", ")]
        assert [action for action in listed if action not in absent] == list(component.actions)


def test_a_value_knows_the_place_it_comes_from():
    """Its line, its override, or the mapping that leaves it out; a spec that was not read has no place."""
    spec = load_arch(STT, ["chip.replicas={conv1: 4}", "chip.tiles=7"])
    lines = STT.read_text().splitlines()
    clock = next(i for i, line in enumerate(lines, 1) if "clock_hz" in line)
    macro = lines.index("  macro:") + 1
    assert spec.place("chip.clock_hz") == f"{STT}:{clock}: chip.clock_hz"
    assert spec.place("tile.macro.regulator_efficiency") == f"{STT}:{macro}: tile.macro.regulator_efficiency"
    assert spec.place("chip.tiles") == "--set chip.tiles=7"
    assert spec.place("chip.replicas.conv1") == "--set chip.replicas={conv1: 4}: chip.replicas.conv1"
    assert ArchSpec.model_validate(spec.model_dump()).place("chip.tiles") == "<memory>: chip.tiles"
