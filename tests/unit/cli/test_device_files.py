"""Device files at the command line: listed, checked, inspected, found by name beside any architecture."""

import json
import shutil
from pathlib import Path

import pytest
from arch_files import DEVICES, STT
from click.testing import CliRunner

from cimsim.cli import main

REF40 = next(path for path in DEVICES if path.stem == "ref40")


def invoke(*words):
    outcome = CliRunner().invoke(main, [str(word) for word in words])
    return outcome.exit_code, outcome.stdout, outcome.stderr


def test_all_shipped_devices_are_listed():
    code, page, _ = invoke("list", "devices")
    assert code == 0
    assert [line.split()[0] for line in page.splitlines()[2:]] == sorted(path.stem for path in DEVICES)


def test_a_device_is_checked_and_inspected():
    assert invoke("check", REF40) == (0, f"{REF40}: ok, device 'ref40'\n", "")
    code, page, _ = invoke("inspect", REF40)
    assert code == 0 and "switching.anisotropy_j_per_m2" in page and "assumed" in page


def test_a_value_that_cannot_be_is_one_message(tmp_path):
    broken = tmp_path / "mine.yaml"
    broken.write_text(REF40.read_text().replace("damping:", "dumping:"))
    code, _, error = invoke("check", broken)
    assert code == 2 and "switching.dumping: is not a known key; did you mean 'damping'?" in error


def test_an_architecture_finds_devices_beside_it_first(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copy(STT, "mine.yaml")
    assert invoke("check", "mine.yaml")[0] == 0  # the shipped devices
    Path("devices").mkdir()
    text = next(path for path in DEVICES if path.stem == "foundry_stt").read_text()
    Path("devices/foundry_stt.yaml").write_text(text.replace("value: 70, low: 60, high: 90", "value: 700"))
    code, _, error = invoke("check", "mine.yaml")
    assert code == 2 and error.startswith("error: devices/foundry_stt.yaml:")
    assert "delta.value: must be a number from 1 to 120 (got 700)" in error


def test_the_schema_of_devices_names_all_three_kinds():
    code, page, _ = invoke("schema", "device")
    assert code == 0
    assert {"MacrospinSpec", "EffectiveSpec", "ThresholdSpec"} <= set(json.loads(page)["$defs"])


@pytest.mark.parametrize("asked", [("--units", "1"), ("--seed", "-1"), ("--set", "nonsense")])
def test_bad_options_of_device_are_refused(tmp_path, monkeypatch, asked):
    monkeypatch.chdir(tmp_path)
    code, _, error = invoke("device", "ref40", *asked)
    assert code == 2 and error.count("\n") == 1
    assert not list(tmp_path.iterdir())
