"""``cimsim validate`` on the command line."""

import json

import pandas as pd


def test_it_prints_the_table_the_reasons_and_a_count_and_writes_a_folder(cimsim_cli, here):
    outcome = cimsim_cli("validate", "deaville_2022", "horowitz", "--out", "compared")
    assert (outcome.exit_code, outcome.stderr) == (0, "")
    lines = outcome.stdout.splitlines()
    assert lines[0].split()[:4] == ["publication", "figure", "published", "model"]
    assert sum(line.startswith(("deaville_2022  ", "horowitz  ")) for line in lines) == 8
    assert any(line.startswith("deaville_2022, time of an invocation: ") for line in lines)
    assert "measured on silicon: 1 of 2 independent figures within a factor of two" in lines
    assert lines[-1] == "report: compared/"
    folder = here / "compared"
    assert len(pd.read_csv(folder / "validation.csv")) == 8
    assert json.loads((folder / "manifest.json").read_text())["publications"] == ["deaville_2022", "horowitz"]
    assert {path.name for path in folder.iterdir()} == {
        "validation.csv", "tables.md", "manifest.json", "figures",
    }  # fmt: skip
    assert (folder / "figures" / "validation.png").stat().st_size > 10_000


def test_bad_words_are_one_message(cimsim_cli, here):
    outcome = cimsim_cli("validate", "horowitzz")
    assert outcome.exit_code == 2
    assert outcome.stderr == "error: horowitzz: no such publication; did you mean 'horowitz'?\n"
    (here / "mine").mkdir()
    (here / "mine" / "notes").write_text("precious")
    outcome = cimsim_cli("validate", "horowitz", "--out", "mine")
    assert outcome.exit_code == 2 and "is not replaced" in outcome.stderr
