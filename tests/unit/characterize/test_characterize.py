"""Pages of a device: what is in the tables, what is written, what is refused."""

import json

import numpy as np
import pandas as pd
import pytest
from arch_files import DEVICES, STT
from click.testing import CliRunner

from cimsim.characterize import characterize
from cimsim.cli import main
from cimsim.devices.switch import Pulse
from cimsim.errors import SpecError

FILES = {"temperature.csv", "operating.csv", "switching.csv", "write_error.csv", "unit.csv",
         "calibration.csv", "drift.csv"}  # fmt: skip
FIGURES = {"switching", "write_error", "unit", "energy", "calibration", "drift"}


@pytest.fixture(scope="module", params=["ref40", "smtj_pbnn_2025"])
def found(request):
    (path,) = (p for p in DEVICES if p.stem == request.param)
    return characterize(path, STT, n_units=40)


def test_every_table_is_there_and_full(found):
    assert set(found.tables) == FILES
    for name, table in found.tables.items():
        assert len(table) > 3, name
        numbers = table.select_dtypes("number")
        assert np.isfinite(numbers.to_numpy()).all(), name


@pytest.mark.parametrize("path", DEVICES, ids=lambda path: path.stem)
def test_operating_points_have_their_probability(path):
    """Or there is none: no level is told that does not give p."""
    found = characterize(path, STT, n_units=2)
    for row in found.tables["operating.csv"].dropna().itertuples():
        p = float(found.unit.switch.switched(Pulse(row.amplitude_v, row.width_s)))
        assert p == pytest.approx(row.p, abs=1e-6)
        assert row.dp_level > 0
        # Of ut_austin_2024 the barrier hardly falls with heat but the polarisation does.
        assert row.dp_temperature > 0 or path.stem == "ut_austin_2024"


def test_more_bits_trim_better_and_cost_more(found):
    for _, rows in found.tables["calibration.csv"].groupby("p"):
        assert rows["error_rms"].iloc[0] > 3 * rows["error_rms"].iloc[-1]
        assert rows["time_s"].is_monotonic_increasing and rows["energy_j"].is_monotonic_increasing


def test_trimming_again_recovers_what_drifted(found):
    table = found.tables["drift.csv"]
    for cause, value in (("level_error", 0.05), ("temperature_k", 350.0)):
        rows = table[(table["cause"] == cause) & np.isclose(table["value"], value) & (table["p"] == 0.2)]
        before, again = (rows[rows["trimmed"] == word]["p_mean"].iloc[0] for word in ("before", "again"))
        assert abs(before - 0.2) > 3 * abs(again - 0.2)


def test_chips_spread_around_the_nominal_one(found):
    table = found.tables["unit.csv"]
    assert ((table["p_low"] <= table["p"] + 0.02) & (table["p"] <= table["p_high"] + 0.02)).all()
    assert (table["p_cold"] <= table["p"]).all() and (table["p"] <= table["p_hot"]).all()
    assert table["p"].is_monotonic_increasing


def test_the_command_writes_a_folder_and_prints_a_page(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    outcome = CliRunner().invoke(main, ["device", "foundry_stt", "--units", "10"])
    assert outcome.exit_code == 0, outcome.output
    assert "foundry class" in outcome.output and "I_c0 to AP" in outcome.output
    folder = tmp_path / "reports" / "device-foundry_stt"
    assert {path.name for path in folder.glob("*.csv")} == FILES
    assert {path.stem for path in (folder / "figures").glob("*.png")} == FIGURES
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["device"]["switching"]["delta"]["source"].startswith("foundry class")
    assert len(pd.read_csv(folder / "unit.csv")) == 256


def test_an_architecture_gives_its_own_unit():
    arch = characterize(STT, STT, overrides=["chip.trim_dac.bits=4"], n_units=5)
    assert len(arch.tables["unit.csv"]) == 16


def test_a_device_that_makes_no_bit_is_refused(tmp_path):
    (path,) = (p for p in DEVICES if p.stem == "ref40")
    text = path.read_text()
    silent = tmp_path / "silent.yaml"
    silent.write_text(text[: text.index("random_bit:")])
    with pytest.raises(SpecError, match=r"silent.yaml: must say how it makes a random bit"):
        characterize(silent, STT)


@pytest.mark.parametrize(
    ("name", "message"),
    [("ref4", "error: ref4: no such device or architecture file; did you mean 'ref40'?"),
     ("broken.yaml", "error: broken.yaml:1: junction: must be a mapping (got 5)")],
)  # fmt: skip
def test_what_cannot_be_read_is_one_message(tmp_path, monkeypatch, name, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "broken.yaml").write_text("junction: 5\n")
    outcome = CliRunner().invoke(main, ["device", name])
    assert outcome.exit_code == 2
    assert outcome.stderr.strip().startswith(message)
