"""`check`, `inspect`, `schema` and `list` on architectures: what they print, and every refusal."""

import json
import re
from pathlib import Path

import pytest

from cimsim.arch import list_components

SHIPPED = Path(__file__).resolve().parents[3] / "arch_configs" / "stt_mram.yaml"


def spoil(path, pattern, replacement):
    """The shipped architecture with one line changed; returns the number of that line."""
    lines = SHIPPED.read_text(encoding="utf-8").splitlines()
    (index,) = (i for i, line in enumerate(lines) if re.search(pattern, line))
    lines[index] = re.sub(pattern, replacement, lines[index])
    path.write_text("\n".join(lines), encoding="utf-8")
    return index + 1


def test_check_knows_the_shipped_chips_by_name(cimsim_cli):
    outcome = cimsim_cli("check", "stt_mram", "sot_mram.yaml", "arch_configs/stt_mram.yaml")
    assert (outcome.exit_code, outcome.stderr) == (0, "")
    lines = outcome.stdout.splitlines()
    assert [line.split(", ")[:2] for line in lines] == [
        ["stt_mram: ok", "architecture 'stt_mram'"],
        ["sot_mram.yaml: ok", "architecture 'sot_mram'"],
        ["arch_configs/stt_mram.yaml: ok", "architecture 'stt_mram'"],
    ]


def test_list_archs_shows_the_shipped_and_the_own(cimsim_cli, here):
    (here / "arch_configs").mkdir()
    (here / "arch_configs" / "mine.yaml").write_text("")
    names = [line.split()[0] for line in cimsim_cli("list", "archs").stdout.splitlines()[2:]]
    assert names == ["mine", "sot_mram", "stt_1t1mtj", "stt_mram"]


def test_list_components_shows_the_registry(cimsim_cli):
    names = [line.split()[0] for line in cimsim_cli("list", "components").stdout.splitlines()[2:]]
    assert names == [row["component"] for row in list_components()]


def test_inspect_shows_the_main_numbers_and_every_component(cimsim_cli):
    outcome = cimsim_cli("inspect", "stt_mram")
    assert outcome.exit_code == 0
    assert "16 rows summed at once, one adc for 8 columns" in outcome.stdout
    ends = r"\([\d,.]+ to [\d,.]+\)"
    adc = rf"^adc +16 per macro +\d+ µm² {ends} +\d+ nW {ends} +convert \d+ fJ {ends}$"
    assert re.search(adc, outcome.stdout, re.MULTILINE)
    assert "in brackets: 5-95 % of the sources" in outcome.stdout


def test_the_schema_describes_the_top_of_the_file(cimsim_cli):
    schema = json.loads(cimsim_cli("schema", "arch").stdout)
    assert {"name", "technology", "chip", "tile"} <= set(schema["else"]["required"])


@pytest.mark.parametrize(
    ("pattern", "replacement", "message"),
    [
        (r"^  clock_hz:", "  clok_hz:",
         "chip.clok_hz: is not a known key; did you mean 'clock_hz'? (1 more problem)"),
        (r"^  tiles: auto.*", "  tiles: 0",
         "chip.tiles: must be 'auto' or an integer from 1 to 65536 (got 0)"),
    ],
)  # fmt: skip
def test_a_bad_line_is_named(cimsim_cli, here, pattern, replacement, message):
    line = spoil(here / "bad.yaml", pattern, replacement)
    outcome = cimsim_cli("check", "bad.yaml")
    assert (outcome.exit_code, outcome.stdout) == (2, "")
    assert outcome.stderr == f"error: bad.yaml:{line}: {message}\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"hello", "must be a mapping of keys and values (got hello)"),
        (b"\x00\xff", "must be UTF-8 text"),
    ],
)
def test_a_file_that_is_no_architecture(cimsim_cli, here, text, message):
    (here / "bad.yaml").write_bytes(text)
    outcome = cimsim_cli("check", "bad.yaml")
    assert (outcome.exit_code, outcome.stderr) == (2, f"error: bad.yaml: {message}\n")


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("tile.macro.adc.bits=0", "must be an integer from 1 to 12 (got 0)"),
        ("tile.macro.adc.bit=3", "is not a known key; did you mean 'bits'?"),
        ("tile.macro.adc.bits", "must be path=value; for example --set tile.macro.adc.bits=5"),
    ],
)
def test_a_bad_override_names_itself(cimsim_cli, override, message):
    outcome = cimsim_cli("check", "stt_mram", "--set", override)
    assert (outcome.exit_code, outcome.stderr) == (2, f"error: --set {override}: {message}\n")


def test_a_missing_architecture(cimsim_cli):
    outcome = cimsim_cli("check", "nowhere.yaml")
    assert outcome.exit_code == 2
    known = "sot_mram, stt_1t1mtj, stt_mram"
    assert outcome.stderr == f"error: nowhere.yaml: no such architecture file; known: {known}\n"
