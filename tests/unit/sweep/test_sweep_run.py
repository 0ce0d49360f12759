"""Sweeps: rows are runs, failures are rows, nothing is lost and nothing is done twice."""

import csv
import json
import sqlite3
from dataclasses import replace

import pandas as pd
import pytest

import cimsim
from cimsim.errors import DataError, InputError, SpecError
from cimsim.sweep import plan
from cimsim.sweep.columns import flat
from cimsim.sweep.evaluate import Evaluator
from cimsim.sweep.journal import Journal, Outcome
from cimsim.sweep.run import run_sweep


@pytest.fixture
def computed(monkeypatch):
    """Settings of every point that is computed; the chip is left out."""
    found = []

    def summary(self, settings):
        found.append(settings)
        bits, rows = settings["tile.macro.adc.bits"], settings["tile.macro.rows_active"]
        if bits == 4 and rows == 16:
            raise InputError("chip", "must not be this one")
        return {"energy_j": bits / rows, "accuracy": 1 - 1 / bits, "warnings": ["a", "b"], "seed": 0}

    monkeypatch.setattr(Evaluator, "summary", summary)
    return found


def lines_of(folder):
    table = pd.read_csv(folder / "sweep.csv", dtype=str, keep_default_na=False)
    return table.drop(columns="duration_s").to_csv(index=False)


def test_every_row_is_a_run(wishes, folder):
    rows = cimsim.sweep(wishes, out=folder / "out")
    assert list(rows["status"]) == ["done"] * 6 and list(rows["point"]) == list(range(6))
    workload = cimsim.load_workload(folder / "tiny.npz")
    arch = "arch_configs/stt_mram.yaml"
    for row in rows.to_dict("records")[::2]:
        axes = {path: row[path] for path in wishes["axes"]}
        chip = cimsim.load_arch(arch, [f"{path}={value}" for path, value in axes.items()])
        result = cimsim.simulate(chip, workload, data=folder / "data.npz", n_mc_samples=3)
        expected = flat(result.summary)
        assert {name: row[name] for name in expected} == expected
        own = {"point", "status", "error", "duration_s", "pareto", "pareto_tie"}
        assert set(row) == {*expected, *axes, *own}


def test_settings_of_the_run_are_axes_as_well(wishes, folder):
    axes = {"architecture": ["stt_mram", "sot_mram"], "n_mc_samples": [1, "exact"], "seed": [0, 3]}
    rows = cimsim.sweep({**wishes, "axes": axes}, out=folder / "out")
    assert list(rows["status"]) == ["done"] * 8, rows["error"].unique()
    workload = cimsim.load_workload(folder / "tiny.npz")
    sot = cimsim.load_arch("arch_configs/sot_mram.yaml")
    run = cimsim.simulate(sot, workload, data=folder / "data.npz", n_mc_samples=1, seed=3).summary
    row = rows[(rows["architecture"] == "sot_mram") & (rows["n_mc_samples"] == "1") & (rows["seed"] == 3)]
    assert (row[["energy_j", "nll", "area_m2"]] == [run["energy_j"], run["nll"], run["area_m2"]]).all(
        axis=None
    )


def test_a_failed_point_is_a_row_and_the_sweep_goes_on(computed, wishes, folder):
    rows = cimsim.sweep(wishes, out=folder / "out")
    failed = rows[rows["status"] == "failed"]
    assert list(failed["error"]) == ["chip: must not be this one"] and list(failed["point"]) == [3]
    assert failed["energy_j"].isna().all() and not failed["pareto"].any()
    assert list(rows["warnings"].dropna().unique()) == ["a; b"]
    assert (rows["pareto"] == rows["point"].isin([1, 5])).all()


@pytest.mark.parametrize(
    ("fault", "again"), [(MemoryError(), 1), (DataError("d", "no such file"), 1), (SpecError("c", "no"), 0)]
)
def test_what_failed_for_a_passing_reason_is_computed_again(
    computed, wishes, folder, monkeypatch, fault, again
):
    whole = Evaluator.summary

    def short(self, settings):
        if (settings["tile.macro.adc.bits"], settings["tile.macro.rows_active"]) == (3, 16):
            raise fault
        return whole(self, settings)

    monkeypatch.setattr(Evaluator, "summary", short)
    first = run_sweep(wishes, out=folder / "out")
    told = [note for note in first.notes if note.startswith("again")]
    assert first.n_failed == 2 and len(told) == again
    assert all("--resume computes 1 failed point again" in note for note in told)
    monkeypatch.setattr(Evaluator, "summary", whole)
    assert run_sweep(wishes, out=folder / "out").n_new == 0
    resumed = run_sweep(wishes, out=folder / "out", resume=True)
    assert (resumed.n_new, resumed.n_failed) == (again, 2 - again)
    assert not any(note.startswith("again") for note in resumed.notes)
    assert list(resumed.frame()["point"]) == list(range(6))


def test_a_search_goes_its_way_anew_from_a_point_whose_failure_passed(computed, wishes, folder, monkeypatch):
    pytest.importorskip("optuna", reason="needs Optuna: pip install 'cimsim[sweep]'")
    wishes["axes"] = {"tile.macro.adc.bits": [3, 4, 5, 6, 7, 8], "tile.macro.rows_active": [4, 8, 16, 32]}
    wishes["sampler"] = {"kind": "optuna", "algorithm": "tpe", "budget": 20}
    undisturbed = cimsim.sweep(wishes, out=folder / "undisturbed")
    whole, n_before = Evaluator.summary, len(computed)

    def short(self, settings):
        if len(computed) == n_before + 4:
            computed.append(settings)
            raise MemoryError
        return whole(self, settings)

    monkeypatch.setattr(Evaluator, "summary", short)
    assert "MemoryError: " in set(cimsim.sweep(wishes, out=folder / "out")["error"])
    monkeypatch.setattr(Evaluator, "summary", whole)
    rows = cimsim.sweep(wishes, out=folder / "out", resume=True)
    pd.testing.assert_frame_equal(rows.drop(columns="duration_s"), undisturbed.drop(columns="duration_s"))


def test_the_files_say_the_same(computed, wishes, folder):
    pytest.importorskip("pyarrow", reason="needs pyarrow: pip install 'cimsim[sweep]'")
    rows = cimsim.sweep(wishes, out=folder / "out")
    parquet = pd.read_parquet(folder / "out" / "sweep.parquet")
    assert list(parquet) == list(rows)
    same = [table.astype(object).where(table.notna(), None) for table in (parquet, rows)]
    pd.testing.assert_frame_equal(*same)
    with (folder / "out" / "sweep.csv").open(newline="") as file:
        cells = [row["energy_j"] for row in csv.DictReader(file)]
    assert [float(cell) if cell else None for cell in cells] == list(same[1]["energy_j"])
    manifest = json.loads((folder / "out" / "manifest.json").read_text())
    assert manifest["sweep"]["axes"]["tile.macro.adc.bits"]["values"] == [3, 4, 5]


def test_a_finished_sweep_is_not_computed_again(computed, wishes, folder):
    rows = cimsim.sweep(wishes, out=folder / "out")
    again = run_sweep({**wishes, "about": "other words"}, out=folder / "out")
    assert len(computed) == 6 and again.n_new == 0
    pd.testing.assert_frame_equal(again.frame(), rows)
    other = run_sweep({**wishes, "objectives": {"energy_j": "min"}}, out=folder / "out")
    assert list(other.frame()["pareto"]) == [False, True, False, False, False, False]


def test_a_stopped_sweep_goes_on_only_when_asked_to(computed, wishes, folder, monkeypatch):
    undisturbed = cimsim.sweep(wishes, out=folder / "undisturbed")
    computed.clear()
    record = Journal.record

    def stop_at_third(self, outcomes):
        record(self, outcomes)
        if sum(self.counts().values()) >= 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(Journal, "record", stop_at_third)
    with pytest.raises(KeyboardInterrupt):
        cimsim.sweep(wishes, out=folder / "out")
    monkeypatch.setattr(Journal, "record", record)
    assert not (folder / "out" / "sweep.csv").exists()
    n_before = len(computed)
    with pytest.raises(
        InputError, match=r"holds this sweep, unfinished, \d points of 6; finish it with --resume"
    ):
        cimsim.sweep(wishes, out=folder / "out")
    rows = cimsim.sweep(wishes, out=folder / "out", resume=True)
    assert len(computed) == 6 >= n_before >= 3
    pd.testing.assert_frame_equal(rows.drop(columns="duration_s"), undisturbed.drop(columns="duration_s"))


@pytest.mark.parametrize(
    ("change", "label"),
    [
        ({"seed": 1}, "the sweep file"),
        ({"axes": {"tile.macro.adc.bits": [3]}}, "the sweep file"),
        (None, "workload "),
    ],
)
def test_what_has_changed_since_is_named(computed, wishes, folder, change, label):
    cimsim.sweep(wishes, out=folder / "out")
    if change is None:
        (folder / "tiny.npz").write_bytes((folder / "tiny.npz").read_bytes() + b"\0")
    with pytest.raises(
        InputError, match=f"holds points of another sweep: {label}.*has changed since it began"
    ):
        cimsim.sweep({**wishes, **(change or {})}, out=folder / "out", resume=True)
    with pytest.raises(InputError, match=r"another sweep: --set has changed|another sweep: architecture"):
        cimsim.sweep(wishes, out=folder / "out", resume=True, overrides=["chip.clock_hz=2e8"])


@pytest.mark.parametrize(("part", "label"), [("code", "the code of cimsim"), ("images", "the images of")])
def test_other_code_and_another_data_folder_are_noticed(computed, wishes, folder, monkeypatch, part, label):
    cimsim.sweep(wishes, out=folder / "out")
    if part == "code":
        monkeypatch.setattr("cimsim.sweep.identities.code_digest", lambda: "other")
    else:
        load = plan.load_images
        monkeypatch.setattr(
            plan, "load_images", lambda *a, **k: replace(loaded := load(*a, **k), x=-loaded.x)
        )
    with pytest.raises(InputError, match=f"holds points of another sweep: {label}.*changed since it began"):
        cimsim.sweep(wishes, out=folder / "out", resume=True)


def test_data_that_cannot_be_had_is_one_message_before_the_first_point(computed, wishes, folder):
    with pytest.raises(SpecError, match=r"data: no such data file \(got .*missing.npz\)"):
        cimsim.sweep({**wishes, "data": "missing.npz"}, out=folder / "out")
    with pytest.raises(DataError, match="no such file"):
        cimsim.sweep({**wishes, "data": "mnist"}, out=folder / "out", data_dir=folder)
    assert not computed and not (folder / "out").exists()


def test_points_that_coincide_are_computed_once(computed, wishes, folder):
    wishes["sampler"] = {"kind": "random", "n": 20}
    rows = cimsim.sweep(wishes, out=folder / "out")
    assert len(rows) == 20 and list(rows["point"]) == list(range(20))
    assert len(computed) == len(rows[list(wishes["axes"])].drop_duplicates()) <= 6


def test_a_search_is_a_sweep_and_is_resumed_like_one(computed, wishes, folder, monkeypatch):
    pytest.importorskip("optuna", reason="needs Optuna: pip install 'cimsim[sweep]'")
    wishes["axes"] = {
        "tile.macro.adc.bits": {"from": 1, "to": 8, "step": 1},
        "tile.macro.rows_active": [4, 8, 16, 32],
    }
    wishes["sampler"] = {"kind": "optuna", "algorithm": "tpe", "budget": 24}
    undisturbed = cimsim.sweep(wishes, out=folder / "undisturbed")
    assert len(undisturbed) == len(computed) == 24
    record = Journal.record

    def stop(self, outcomes):
        record(self, outcomes)
        if sum(self.counts().values()) >= 13:
            raise KeyboardInterrupt

    monkeypatch.setattr(Journal, "record", stop)
    with pytest.raises(KeyboardInterrupt):
        cimsim.sweep(wishes, out=folder / "out")
    monkeypatch.setattr(Journal, "record", record)
    rows = cimsim.sweep(wishes, out=folder / "out", resume=True)
    assert len(computed) == 48
    pd.testing.assert_frame_equal(rows.drop(columns="duration_s"), undisturbed.drop(columns="duration_s"))


def test_wishes_for_what_is_not_there_are_refused_at_the_first_point(computed, wishes, folder):
    wishes["objectives"] = {"energi_j": "min"}
    with pytest.raises(InputError, match=r"energi_j is no column of the results; did you mean 'energy_j'\?"):
        cimsim.sweep(wishes, out=folder / "out")
    wishes["objectives"] = {"energy_j": "min"}
    cimsim.sweep(wishes, out=folder / "out")
    wishes["constraints"] = ["area_m2 ~ 3"]
    with pytest.raises(InputError, match="must be a column"):
        cimsim.sweep(wishes, out=folder / "other")
    assert not (folder / "other").exists()


def test_nothing_is_written_for_a_sweep_that_cannot_be(wishes, folder):
    wishes["axes"]["tile.macro.adc.bits"] = [0]
    with pytest.raises(SpecError):
        cimsim.sweep(wishes, out=folder / "out")
    assert not (folder / "out").exists()
    (folder / "full").mkdir()
    (folder / "full" / "mine.txt").write_text("mine")
    wishes["axes"]["tile.macro.adc.bits"] = [3]
    with pytest.raises(InputError, match="holds files but no cimsim report"):
        cimsim.sweep(wishes, out=folder / "full")


def test_a_journal_has_one_writer_and_no_point_twice(tmp_path):
    outcome = Outcome(0, "k", "done", "", 1.0, {"a": 1}, {"b": float("nan")})
    with Journal(tmp_path / "j.sqlite") as journal:
        journal.record([outcome])
        with pytest.raises(InputError, match="is used by another sweep"):
            Journal(tmp_path / "j.sqlite")
        with pytest.raises(sqlite3.IntegrityError):
            journal.record([Outcome(1, "l", "done", "", 1.0, {}, {}), outcome])
        assert list(journal.keys()) == ["k"]
    (tmp_path / "no.sqlite").write_text("not a journal at all" * 100)
    with pytest.raises(InputError, match="cannot be used as a journal"):
        Journal(tmp_path / "no.sqlite")


def test_the_room_may_be_called_and_its_modules_are_still_there(computed, wishes, folder):
    import cimsim.sweep.front as front

    assert len(cimsim.sweep(wishes, out=folder / "out")) == 6
    assert cimsim.sweep.front is front
