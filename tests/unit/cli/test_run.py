"""`run`: the report of a tiny network, every refusal word for word, and nothing left behind by one."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from unit.cli.tiny_network import SPEC, tiny_arrays, write_workload

import cimsim
from cimsim.sim import run as sim_run

SHIPPED = Path(__file__).resolve().parents[3] / "arch_configs" / "stt_mram.yaml"


def files_in(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_a_run_writes_the_report_and_prints_the_page(cimsim_cli, here):
    outcome = cimsim_cli("run", "stt_mram", "tiny.npz", "--data", "data.npz", "--mc", 4, "--trace")
    assert (outcome.exit_code, outcome.stderr) == (0, "")
    lines = outcome.stdout.splitlines()
    assert lines[0] == "tiny on stt_mram, 12 images of data"
    assert lines[-1] == "report       reports/stt_mram-tiny/"
    assert len(lines) <= 24 and max(map(len, lines)) <= 80
    report = here / "reports" / "stt_mram-tiny"
    tables = {
        "summary.json",
        "manifest.json",
        "layers.csv",
        "components.csv",
        "sources.csv",
        "predictions.npz",
        "convergence.csv",
        "trace.json",
    }
    names = (
        "energy_by_component",
        "energy_by_layer",
        "energy_sources",
        "latency_timeline",
        "reliability",
        "risk_coverage",
        "convergence",
    )
    assert files_in(report) == tables | {
        f"figures/{name}.{kind}" for name in names for kind in ("png", "svg")
    }
    summary = json.loads((report / "summary.json").read_text())
    assert (summary["n_images"], summary["n_mc_samples"], summary["n_random_bits"]) == (12, 4, 4)
    components = pd.read_csv(report / "components.csv")
    assert components["energy_j"].sum() == pytest.approx(summary["energy_j"], rel=1e-12)
    with np.load(report / "predictions.npz") as arrays:
        assert arrays["masks"].shape == (12, 4, 1)


def test_a_run_that_asks_for_certainty_says_it(cimsim_cli, here):
    pytest.importorskip("sklearn", reason="needs scikit-learn: pip install 'cimsim[data]'")
    np.savez(here / "other.npz", x=np.ones((9, 1, 4, 4), np.int8), y=np.zeros(9, np.int64))
    asked = ("--ood", "other.npz", "--ood", "add-uniform:0.9", "--shift", "rotation")
    outcome = cimsim_cli("run", "stt_mram", "tiny.npz", "--data", "data.npz", *asked)
    assert (outcome.exit_code, outcome.stderr) == (0, "")
    outside = [line for line in outcome.stdout.splitlines() if line.startswith("outside")]
    assert [line.split()[-1] for line in outside] == ["other", "add-uniform:0.9"]
    report = here / "reports" / "stt_mram-tiny"
    assert {"ood.csv", "shifts.csv", "figures/ood.png", "figures/shifts.svg"} <= files_in(report)
    ood = pd.read_csv(report / "ood.csv").set_index(["ood", "score"])
    summary = json.loads((report / "summary.json").read_text())
    assert ood.loc[("other", "predictive_entropy_nats"), "auroc"] == summary["auroc_other"]
    assert list(ood["n_images"].unique()) == [9, 12]
    assert json.loads((report / "manifest.json").read_text())["ood"] == ["other.npz", "add-uniform:0.9"]


def test_json_is_the_summary_and_nothing_else(cimsim_cli, here, no_figures):
    outcome = cimsim_cli(
        "run", "stt_mram", "tiny.npz", "--data", "data.npz", "--images", 5, "--json", "--out", "here"
    )
    assert (outcome.exit_code, outcome.stderr) == (0, "")
    assert outcome.stdout == (here / "here" / "summary.json").read_text()
    assert json.loads(outcome.stdout)["n_images"] == 5


def test_the_command_line_and_the_library_agree(cimsim_cli, here, no_figures):
    options = ("--data", "data.npz", "--mc", "exact", "--seed", 3, "--set", "tile.macro.adc.bits=6", "--json")
    printed = json.loads(cimsim_cli("run", "stt_mram", "tiny.npz", *options).stdout)
    chip = cimsim.load_arch(SHIPPED, ["tile.macro.adc.bits=6"])
    result = cimsim.simulate(
        chip, cimsim.load_workload("tiny.npz"), data="data.npz", n_mc_samples="exact", seed=3
    )
    assert printed == json.loads(json.dumps(result.summary))


def test_progress_tells_the_stages_from_their_start(here):
    told = []
    cimsim.simulate(
        cimsim.load_arch(SHIPPED), cimsim.load_workload("tiny.npz"), data="data.npz",
        progress=lambda *step: told.append(step),
    )  # fmt: skip
    assert told == [("images", 0, 12), ("images", 12, 12), ("time", 0, 1), ("time", 1, 1)]


def test_a_trace_changes_nothing(cimsim_cli, here, no_figures):
    for name, extra in (("plain", ()), ("traced", ("--trace",))):
        assert (
            cimsim_cli("run", "stt_mram", "tiny.npz", "--data", "data.npz", "--out", name, *extra).exit_code
            == 0
        )
    for path in (here / "plain").rglob("*"):
        if path.is_file():
            assert path.read_bytes() == (here / "traced" / path.relative_to(here / "plain")).read_bytes(), (
                path.name
            )


@pytest.mark.parametrize(
    ("task", "shape", "line"),
    [("regression", (12, 3), "error        RMSE "), ("segmentation", (12, 4, 4), "accuracy     ")],
)
def test_other_tasks_have_their_own_score(cimsim_cli, here, no_figures, task, shape, line):
    spec = {**SPEC, "task": task, "classes": []}
    if task == "segmentation":
        spec.update(nodes=SPEC["nodes"][:2], output="bn1")
    arrays = {
        name: a for name, a in tiny_arrays().items() if task == "regression" or not name.startswith("fc1")
    }
    np.savez(here / "net.npz", spec=json.dumps(spec), **arrays)
    with np.load(here / "data.npz") as data:
        np.savez(here / "targets.npz", x=data["x"], y=np.zeros(shape, np.int64))
    outcome = cimsim_cli("run", "stt_mram", "net.npz", "--data", "targets.npz")
    assert (outcome.exit_code, outcome.stderr) == (0, "")
    assert outcome.stdout.splitlines()[1].startswith(line)


SIGNS = np.ones((3, 1, 4, 4), np.int8)
LABELS = np.zeros(3, np.int64)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x": np.ones((3, 1, 5, 5), np.int8), "y": LABELS},
         "x: the network's input needs the shape (n, 1, 4, 4) (got (3, 1, 5, 5))"),
        ({"x": 0 * SIGNS, "y": LABELS}, "x[0, 0, 0, 0]: must hold only -1 and +1 (got 0)"),
        ({"x": SIGNS}, "must hold the arrays x and y (got 'x')"),
        ({"x": SIGNS, "y": LABELS + 3}, "y: labels must be integers from 0 to 2 (got 3 to 3)"),
    ],
)  # fmt: skip
def test_data_that_do_not_fit(cimsim_cli, here, arrays, message):
    np.savez(here / "bad.npz", **arrays)
    outcome = cimsim_cli("run", "stt_mram", "tiny.npz", "--data", "bad.npz")
    assert (outcome.exit_code, outcome.stdout, outcome.stderr) == (2, "", f"error: bad.npz: {message}\n")
    assert not (here / "reports").exists()


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["stt_mram", "tiny.npz"], "tiny.npz: names no data set; say which one with data (--data)"),
        (["stt_mram", "tiny.npz", "--data", "mnits"],
         "data: unknown data set (got 'mnits'); did you mean 'mnist'?"),
        (["stt_mram", "tiny.npz", "--data", "nowhere.npz"], "nowhere.npz: no such file"),
        (["stt_mram", "tiny.npz", "--data", "a" * 300 + ".npz"],
         "a" * 300 + ".npz: must be readable (got File name too long)"),
        (["stt_mram", "tiny.npz", "--data", "data.npz", "--ood", "mnits"],
         "data: unknown data set (got 'mnits'); did you mean 'mnist'?"),
        (["stt_mram", "tiny.npz", "--data", "data.npz", "--ood", "digits"],
         "digits: images of 1 x 8 x 8 do not fit the network's input of 1 x 4 x 4"),
        (["stt_mram", "tiny.npz", "--data", "data.npz", "--ood", "rotate:left"],
         "ood rotate: must have a number from -360 to 360 behind the colon (got 'left')"),
        (["stt_mram", "tiny.npz", "--data", "data.npz", "--shift", "blur"],
         "shift: must be one of rotation, noise (got 'blur')"),
        (["stt_mran", "tiny.npz"], "stt_mran: no such architecture file; did you mean 'stt_mram'?"),
        (["stt_mram", "tiny.npz", "--data", "data.npz", "--out", "mine"],
         "mine: holds files but no cimsim report, so it is not replaced; choose another folder, "
         "or empty this one"),
        (["chip.yaml", "wide.npz", "--data", "data.npz", "--set", "chip.tiles=1"],
         "--set chip.tiles=1: 1 tile holds 8 macros, the network needs 9 (conv1 1, fc1 8); "
         "set chip.tiles to auto or to at least 2"),
    ],
)  # fmt: skip
def test_a_run_that_cannot_be_is_one_message_and_leaves_nothing(cimsim_cli, here, args, message):
    (here / "mine").mkdir()
    (here / "mine" / "thesis.tex").write_text("years of work")
    write_workload(here / "wide.npz", {**SPEC, "classes": []}, fc1__weight=np.ones((1000, 32), np.int8))
    shutil.copy(SHIPPED, here / "chip.yaml")
    before = files_in(here)
    outcome = cimsim_cli("run", *args)
    assert (outcome.exit_code, outcome.stdout, outcome.stderr) == (2, "", f"error: {message}\n")
    assert files_in(here) == before


def test_a_fault_on_the_way_leaves_nothing(cimsim_cli, here, monkeypatch):
    def fault(*args, **kwargs):
        raise RuntimeError("a bug")

    monkeypatch.setattr(sim_run, "price", fault)
    outcome = cimsim_cli("run", "stt_mram", "tiny.npz", "--data", "data.npz")
    assert outcome.exit_code == 1
    assert "RuntimeError: a bug" in outcome.stderr
    assert not (here / "reports").exists()
