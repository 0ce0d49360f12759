"""A file that extends another says only how it differs."""

import re

import pytest
import yaml
from arch_files import STT

from cimsim.arch import json_schema, load_arch
from cimsim.errors import SpecError

QUANTITY = "{value: 0.2e-12, grade: measured, source: my test chip}"


@pytest.fixture
def load(tmp_path):
    def load_text(text, *overrides, name="upper.yaml"):
        path = tmp_path / name
        path.write_text(text)
        return load_arch(path, overrides)

    return load_text


def test_what_is_not_named_stays_as_it_is(load):
    spec, base = load("extends: stt_mram\nname: upper\ntile: {macro: {rows_active: 8}}"), load_arch(STT)
    expected = base.model_dump()
    expected["name"], expected["tile"]["macro"]["rows_active"] = "upper", 8
    assert spec.model_dump() == expected
    assert spec.place("tile.macro.rows_active").endswith("upper.yaml:3: tile.macro.rows_active")
    line = next(i for i, text in enumerate(STT.read_text().splitlines(), 1) if "clock_hz" in text)
    assert re.search(rf"stt_mram.yaml:{line}: chip.clock_hz$", spec.place("chip.clock_hz"))


def test_a_quantity_is_replaced_with_its_spread_and_its_source(load):
    spec = load(f"extends: stt_mram\ntile: {{macro: {{adc: {{bit_energy_j: {QUANTITY}}}}}}}")
    found = spec.tile.macro.adc.bit_energy_j
    assert (found.value, found.low, found.high) == (0.2e-12, None, None)
    assert (found.grade, found.source) == ("measured", "my test chip")


def test_another_kind_of_block_keeps_nothing_of_the_one_before(load):
    with pytest.raises(SpecError, match=r"upper.yaml:2: tile.macro.adc.* is missing"):
        load("extends: stt_mram\ntile: {macro: {adc: {type: flash_adc, bits: 5}}}")


def test_files_extend_each_other_in_a_chain_and_overrides_come_last(load):
    load("extends: stt_mram\ntile: {macro: {rows_active: 8, read_time_s: 3e-9}}", name="middle.yaml")
    spec = load("extends: middle.yaml\ntile: {macro: {rows_active: 4}}", "tile.macros=2")
    assert (spec.tile.macro.rows_active, spec.tile.macro.read_time_s, spec.tile.macros) == (4, 3e-9, 2)


def test_devices_may_be_exchanged_and_changed(load):
    below = "extends: stt_mram\ntile: {macro: {subarray: {cell: "
    assert load(f"{below}{{device: ref40}}}}}}}}").tile.macro.subarray.cell.device.name == "ref40"
    twice = QUANTITY.replace("0.2e-12", "2.0")
    junction = f"{{device: {{junction: {{tmr_zero_bias: {twice}}}}}}}"
    device = load(f"{below}{junction}}}}}}}").tile.macro.subarray.cell.device
    assert (device.name, device.junction.tmr_zero_bias.value) == ("foundry_stt", 2.0)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("stt_mran", ":1: extends: no such architecture (got stt_mran); did you mean 'stt_mram'?"),
        ("{a: 1}", ":1: extends: must name an architecture file (got a mapping)"),
        ("upper.yaml", ":1: extends: must not lead back to a file that extends it (got upper.yaml)"),
        ("./gone.yaml", "gone.yaml: cannot be read, no such file or directory"),
    ],
)
def test_bad_bases_are_one_message(load, name, message):
    with pytest.raises(SpecError) as caught:
        load(f"extends: {name}")
    assert str(caught.value).endswith(message)


def test_the_json_schema_leaves_a_file_that_extends_another_alone():
    jsonschema = pytest.importorskip("jsonschema", reason="extra dev")
    validator = jsonschema.Draft202012Validator(json_schema())
    validator.validate(yaml.safe_load("extends: stt_mram\ntile: {macro: {rows_active: 8}}"))
    with pytest.raises(jsonschema.ValidationError):
        validator.validate(yaml.safe_load("tile: {macro: {rows_active: 8}}"))
