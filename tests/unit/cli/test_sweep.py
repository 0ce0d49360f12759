"""``cimsim sweep`` on the command line."""

import shlex

import pytest

from cimsim.errors import InputError
from cimsim.sweep import pictures
from cimsim.sweep.evaluate import Evaluator

FILE = """\
about: Rows or bits?
architecture: stt_mram
workloads: [./tiny.npz]
data: data.npz
axes:
  tile.macro.adc.bits: [3, 4, 5]
  tile.macro.rows_active: [8, 16]
objectives: {energy_j: min, accuracy: max}
"""


@pytest.fixture
def formula(here, monkeypatch):
    """The sweep above as mine.yaml; a point is a formula, and nothing is drawn."""

    def summary(self, settings):
        bits, rows = settings["tile.macro.adc.bits"], settings["tile.macro.rows_active"]
        if bits == 5 and rows == 8:
            raise ValueError("no such chip")
        return {"energy_j": bits / rows * 1e-6, "accuracy": 1 - 1 / bits / rows}

    monkeypatch.setattr(Evaluator, "summary", summary)
    monkeypatch.setattr(pictures, "write_pictures", lambda finished: None)
    (here / "mine.yaml").write_text(FILE)
    return here


def test_a_sweep_prints_its_front_and_the_best_and_writes_a_folder(cimsim_cli, formula):
    outcome = cimsim_cli("sweep", "mine.yaml", "--jobs", 1, "--best", "energy_j subject to accuracy > 0.97")
    assert (outcome.exit_code, outcome.stderr) == (0, "")
    lines = outcome.stdout.splitlines()
    assert lines[:3] == [
        "mine: 6 points of stt_mram, ./tiny.npz, fidelity statistical",
        "failed   1 point, the first: ValueError: no such chip",
        "front    3 points: least energy_j, most accuracy",
    ]
    assert "again    --resume computes 1 failed point again: the reason may have passed" in lines
    assert ["1", "3", "16", "188", "nJ", "97.92", "%"] in map(str.split, lines)
    assert "best   point 1: energy_j 188 nJ, accuracy 97.92 %" in lines
    assert lines[-1] == "report: reports/mine/"
    names = {path.name for path in (formula / "reports" / "mine").iterdir()}
    assert {"sweep.csv", "journal.sqlite", "manifest.json"} <= names
    again = cimsim_cli("sweep", "mine.yaml", "--jobs", 1).stdout.splitlines()
    assert again[1] == "computed 0 now, 6 were in the journal"


def test_when_stopped_it_says_how_to_go_on_with_the_same_sweep(cimsim_cli, formula, monkeypatch):
    def stop(self, settings):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Evaluator, "summary", stop)
        words = ("--out", "my reports", "--set", "chip.clock_hz=2e8", "--best", "energy_j", "--jobs", 1)
        outcome = cimsim_cli("sweep", "mine.yaml", *words)
    told = "stopped; go on with: "
    (line,) = [line for line in outcome.stderr.splitlines() if line.startswith(told)]
    command = shlex.split(line.removeprefix(told))
    assert outcome.exit_code == 1 and command[:4] == ["cimsim", "sweep", "mine.yaml", "--resume"]
    outcome = cimsim_cli(*command[1:])
    assert outcome.exit_code == 0 and outcome.stdout.splitlines()[-1] == "report: my reports/"
    assert not (formula / "reports").exists()


def test_pictures_that_cannot_be_drawn_come_after_the_answers(cimsim_cli, formula, monkeypatch):
    def fail(finished):
        raise InputError("reports/mine", "could not be written")

    monkeypatch.setattr(pictures, "write_pictures", fail)
    asked = ("--best", "energy_j", "--best", "energy_j subject to accuracy > 1")
    outcome = cimsim_cli("sweep", "mine.yaml", "--jobs", 1, "--resume", *asked)
    lines, errors = outcome.stdout.splitlines(), outcome.stderr.splitlines()
    assert any(line.startswith("best   point 1") for line in lines) and lines[-1] == "report: reports/mine/"
    assert outcome.exit_code == 2 and ["--best" in errors[0], "written" in errors[1]] == [True, True]
    assert "resume   there was nothing to go on with: the sweep began anew" in lines


def test_a_question_without_an_answer_does_not_take_the_others_with_it(cimsim_cli, formula):
    asked = (
        "--best",
        "energy_j subject to accuracy > 100 %",
        "--best",
        "energy_j subject to accuracy > 97 %",
    )
    outcome = cimsim_cli("sweep", "mine.yaml", "--jobs", 1, *asked, "--best", "nll")
    lines = outcome.stdout.splitlines()
    assert (
        "best   point 1: energy_j 188 nJ, accuracy 97.92 %" in lines and lines[-1] == "report: reports/mine/"
    )
    errors = outcome.stderr.splitlines()
    assert outcome.exit_code == 2 and len(errors) == 2 and "accuracy > 1 holds for 0 rows" in errors[0]
    assert errors[1].startswith("error: --best: must name a column (got 'nll')")


def test_a_sweep_without_a_point_that_could_be_computed_ends_with_the_first_reason(cimsim_cli, formula):
    (formula / "mine.yaml").write_text(FILE.replace("[3, 4, 5]", "[5]").replace("[8, 16]", "[8]"))
    outcome = cimsim_cli("sweep", "mine.yaml", "--jobs", 1, "--best", "energy_j")
    assert outcome.exit_code == 2 and outcome.stdout.splitlines()[-1] == "report: reports/mine/"
    assert outcome.stderr == "error: mine.yaml: no point could be computed: ValueError: no such chip\n"
    assert (formula / "reports" / "mine" / "sweep.csv").exists()
    assert "Exit code 2 where no point" in cimsim_cli("sweep", "--help").stdout


def test_sweeps_are_checked_listed_and_described(cimsim_cli, formula):
    assert cimsim_cli("check", "mine.yaml").stdout == "mine.yaml: ok, sweep 'mine', 2 axes, 6 points\n"
    ready = cimsim_cli("check", "stt_readout")
    assert ready.stdout == "stt_readout: ok, sweep 'stt_readout', 3 axes, 27 points\n"
    assert "stt_readout" in cimsim_cli("list", "sweeps").stdout
    assert '"title": "cimsim sweep"' in cimsim_cli("schema", "sweep").stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("stt_readouts",), "error: stt_readouts: no such sweep file; did you mean 'stt_readout'?"),
        (("mine.yaml", "--best", "energy_j < 3"), "error: --best: must be a column, perhaps with min or max"),
        (
            ("mine.yaml", "--best", "acuracy"),
            "error: --best: must name a column (got 'acuracy'); did you mean",
        ),
        (("mine.yaml", "--set", "chip.clock_hz=0"), "error: --set chip.clock_hz=0: must be a number from"),
        (("mine.yaml", "--jobs", "0"), "error: --jobs: must be an integer from 1"),
    ],
)
def test_bad_words_are_one_message(cimsim_cli, formula, words, message):
    outcome = cimsim_cli("sweep", *words)
    assert outcome.exit_code == 2 and outcome.stderr.startswith(message)
    assert not (formula / "reports").exists()
