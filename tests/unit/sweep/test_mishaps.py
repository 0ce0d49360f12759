"""What happens to a sweep when files change under it, room runs out or its wishes have no answer."""

import sqlite3
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

import cimsim
from cimsim.arch.vary import Variations
from cimsim.errors import CimsimError, InputError, SpecError
from cimsim.sweep import table_files
from cimsim.sweep.evaluate import Evaluator
from cimsim.sweep.journal import Journal, Outcome
from cimsim.sweep.plan import plan_sweep, with_images
from cimsim.sweep.run import run_sweep

BITS = "tile.macro.adc.bits"
STT = Path("arch_configs/stt_mram.yaml").resolve()


@pytest.fixture
def formula(monkeypatch):
    """A point is a formula; four chips have scores of their own."""

    def summary(self, settings):
        bits = settings.get(BITS, 4)
        own = {"accuracy_chips_min": 1 - 1 / bits} if settings.get("n_instances", 1) > 1 else {}
        return {"energy_j": bits * 1e-9, "accuracy": 0.9, "limited_by": "conv1", "warnings": [], **own}

    monkeypatch.setattr(Evaluator, "summary", summary)


@pytest.fixture
def disturbed(wishes, folder):
    """The table of a sweep during which something happens: when its first points are about to count."""

    def sweep(happen):
        record = Journal.record

        def first(self, outcomes):
            happen()
            record(self, outcomes)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Journal, "record", first)
            return cimsim.sweep(wishes, out=folder / "out")

    return sweep


@pytest.fixture
def own_chip(wishes, folder):
    """A sweep over two chips that are files of ours, alike at first; the second file."""
    for name in ("a", "b"):
        (folder / f"{name}.yaml").write_text(f"extends: {STT}\nname: {name}\n")
    wishes["architecture"] = str(folder / "a.yaml")
    wishes["axes"] = {"architecture": [str(folder / "a.yaml"), str(folder / "b.yaml")], BITS: [3, 5]}
    return folder / "b.yaml"


def assert_resumed(wishes, folder, undisturbed):
    rows = cimsim.sweep(wishes, out=folder / "out", resume=True)
    pd.testing.assert_frame_equal(rows.drop(columns="duration_s"), undisturbed.drop(columns="duration_s"))


def test_points_of_a_file_that_changed_meanwhile_fail_until_it_is_put_back(
    wishes, folder, own_chip, disturbed
):
    undisturbed, text = cimsim.sweep(wishes, out=folder / "undisturbed"), own_chip.read_text()
    rows = disturbed(lambda: own_chip.write_text(text + "tile: {macro: {rows_active: 8}}\n"))
    assert list(rows["status"]) == ["done", "done", "failed", "failed"]
    assert "b.yaml: is not what it was when the sweep began; put it back, then --resume" in rows["error"][2]
    with pytest.raises(InputError, match="has changed since it began"):
        cimsim.sweep(wishes, out=folder / "out", resume=True)
    own_chip.write_text(text)
    assert_resumed(wishes, folder, undisturbed)


@pytest.mark.parametrize("content", ["", "tile: [", None])
@pytest.mark.parametrize("name", ["b.yaml", "other.npz"])
def test_files_that_are_half_there_or_gone_are_changed_ones(
    wishes, folder, own_chip, disturbed, name, content
):
    """As where an editor or a copy is at work on them while the sweep comes to them."""
    (folder / "other.npz").write_bytes((folder / "tiny.npz").read_bytes())
    if name == "other.npz":
        wishes["workloads"] = [wishes["workloads"][0], str(folder / "other.npz")]
        wishes["axes"] = {BITS: [3, 5]}
    undisturbed, file = cimsim.sweep(wishes, out=folder / "undisturbed"), folder / name
    whole = file.read_bytes()
    rows = disturbed(lambda: file.unlink(missing_ok=True) if content is None else file.write_text(content))
    assert list(rows["status"]) == ["done", "done", "failed", "failed"]
    assert f"{name}: is not what it was when the sweep began" in rows["error"][3]
    file.write_bytes(whole)
    assert_resumed(wishes, folder, undisturbed)


def test_devices_that_axes_name_belong_to_the_sweep(wishes, folder, disturbed):
    own, whole = folder / "second.yaml", (STT.parent / "devices" / "foundry_stt.yaml").read_text()
    own.write_text(whole)
    wishes["axes"] = {"tile.macro.subarray.cell.device": ["foundry_stt", str(own)], BITS: [3, 5]}
    undisturbed = cimsim.sweep(wishes, out=folder / "undisturbed")
    rows = disturbed(lambda: own.write_text(f"{whole}\n# another one"))
    assert list(rows["status"]) == ["done", "done", "failed", "failed"]
    assert f"device {own} of stt_mram: is not what it was" in rows["error"][2]
    with pytest.raises(InputError, match=r"device .*second.yaml of stt_mram has changed since it began"):
        run_sweep(wishes, out=folder / "undisturbed")
    own.write_text(whole)
    assert_resumed(wishes, folder, undisturbed)


@pytest.mark.parametrize("label", ["the images of", "workload"])
def test_a_network_or_images_that_changed_are_noticed_when_they_are_opened(wishes, label):
    context = with_images(plan_sweep(wishes)).context
    changed = {name: "other" if name.startswith(label) else kept for name, kept in context.identities.items()}
    point = next(plan_sweep(wishes).points())
    (good,) = Evaluator(context).outcomes([point])
    (bad,) = Evaluator(replace(context, identities=changed)).outcomes([point])
    assert good.status == "done" and bad.status == "failed" and not bad.is_final
    assert bad.error.startswith(label) and "is not what it was when the sweep began" in bad.error


def test_an_architecture_is_read_once_also_for_what_it_refuses(own_chip):
    around = Variations(own_chip)
    with pytest.raises(SpecError) as before:
        around.at({BITS: 0})
    own_chip.write_text("nothing: of the kind")
    with pytest.raises(SpecError) as after:
        around.at({BITS: 0})
    assert str(before.value) == str(after.value) and around.at({BITS: 3}).tile.macro.adc.bits == 3


@pytest.mark.parametrize("n_chips", [[4, 1], [1, 4]])
def test_scores_that_only_some_points_have_are_no_mistake(formula, wishes, folder, n_chips):
    wishes["axes"] = {"n_instances": n_chips, BITS: [3, 5]}
    wishes["constraints"] = ["accuracy_chips_min > 0.7"]
    rows = cimsim.sweep(wishes, out=folder / "out")
    assert rows[rows["pareto"]][["n_instances", BITS]].to_numpy().tolist() == [[4, 5]]
    del wishes["axes"]["n_instances"]
    with pytest.raises(InputError, match=r"constraints.0: accuracy_chips_min is no column of the results"):
        cimsim.sweep(wishes, out=folder / "other")


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        ({"objectives": {"limited_by": "min"}}, "limited_by: must name a number, which limited_by is not"),
        ({"constraints": ["mc_schedule < 3"]}, "constraints.0: must name a number, which mc_schedule is not"),
        ({"objectives": {"dropout_p": "min"}}, "not a number but has parts; such as dropout_p.bn1"),
        ({"constraints": ["energy_by_component.adcc.energy_j < 1 nJ"]}, "did you mean 'energy_by_"),
        ({"axes": {"chip.mc_schedule": ["sequential"]}, "objectives": {"chip.mc_schedule": "max"}},
         "chip.mc_schedule: must name a number, which chip.mc_schedule is not"),
        ({"workloads": ["tiny.npz", "tiny.npz"]}, r"workloads.1: must not repeat a workload .got tiny.npz"),
    ],
)  # fmt: skip
def test_wishes_that_no_table_can_answer_are_refused_beforehand(wishes, folder, wish, message):
    with pytest.raises(CimsimError, match=message):
        run_sweep({**wishes, **wish}, out=folder / "out")
    assert not (folder / "out").exists()


def test_a_part_that_no_point_has_costs_the_front_but_not_the_table(formula, wishes, folder):
    wishes["objectives"] = {"dropout_p.bn9": "min"}
    wishes["axes"] = {BITS: [3, 5]}
    with pytest.raises(InputError, match=r"objectives.dropout_p.bn9: dropout_p.bn9 is no column of the"):
        cimsim.sweep(wishes, out=folder / "out")
    table = pd.read_csv(folder / "out" / "sweep.csv")
    assert len(table) == 2 and not table["pareto"].any()


def test_without_room_it_says_so_and_what_counts_stays(formula, wishes, folder, monkeypatch):
    wishes["axes"] = {BITS: [3, 4, 5, 6]}
    undisturbed = cimsim.sweep(wishes, out=folder / "undisturbed")
    record, n = Journal.record, []

    def full(self, outcomes):
        n.append(outcomes)
        if len(n) == 2:
            self._file.execute(
                f"PRAGMA max_page_count = {self._file.execute('PRAGMA page_count').fetchone()[0]}"
            )
            outcomes = [*outcomes, Outcome(99, "x" * 10_000, "done", "", 0.0, {}, {"a": "x" * 100_000})]
        record(self, outcomes)

    monkeypatch.setattr(Journal, "record", full)
    with pytest.raises(
        InputError, match=r"journal.sqlite: could not be written \(got database or disk is full\)"
    ):
        cimsim.sweep(wishes, out=folder / "out")
    monkeypatch.setattr(Journal, "record", record)
    found = run_sweep(wishes, out=folder / "out", resume=True)
    assert found.n_new == 4 - len(n[0])
    pd.testing.assert_frame_equal(
        found.frame().drop(columns="duration_s"), undisturbed.drop(columns="duration_s")
    )


def test_a_table_that_does_not_fit_is_one_message_and_leaves_no_half_file(
    formula, wishes, folder, monkeypatch
):
    def full(path, types):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(table_files, "_csv", full)
    with pytest.raises(
        InputError, match=r"could not be written .got No space left on device.; put that right, then"
    ):
        cimsim.sweep(wishes, out=folder / "out")
    assert {path.name for path in (folder / "out").iterdir()} == {"journal.sqlite", "manifest.json"}


def test_a_journal_that_cannot_be_opened_for_writing_is_no_fault_of_the_program(tmp_path):
    with Journal(tmp_path / "j") as journal:
        journal._file.execute("PRAGMA query_only = 1")
        with pytest.raises(InputError, match="could not be written"):
            journal.record([Outcome(0, "k", "done", "", 0.0, {}, {})])
        journal._file.execute("PRAGMA query_only = 0")
        journal.record([Outcome(0, "k", "done", "", 0.0, {}, {})])
        with pytest.raises(sqlite3.IntegrityError):
            journal.record([Outcome(1, "k", "done", "", 0.0, {}, {})])
        assert journal.counts() == {"done": 1}


def test_ends_of_lines_in_a_text_do_not_end_a_row(formula, wishes, folder):
    source = "tile.macro.adc.bit_energy_j.source"
    wishes["axes"] = {source: ["a\rb", 'c "d", e', "f\r\ng"]}
    rows = cimsim.sweep(wishes, out=folder / "out")
    assert list(rows[source]) == ["a\nb", 'c "d", e', "f\ng"]
    assert list(pd.read_csv(folder / "out" / "sweep.csv")[source]) == list(rows[source])


def test_columns_without_a_value_are_numbers_but_for_texts(formula, wishes, folder, monkeypatch):
    whole = Evaluator.summary
    monkeypatch.setattr(Evaluator, "summary", lambda self, s: {**whole(self, s), "nll_mc_se": None})
    rows = cimsim.sweep({**wishes, "axes": {BITS: [3, 5]}}, out=folder / "out")
    assert rows["nll_mc_se"].dtype == float and rows["nll_mc_se"].isna().all()
    assert rows["warnings"].dtype == object and rows["error"].dtype == object


def test_points_that_a_sampler_repeats_are_told_once(formula, wishes, folder):
    wishes |= {"axes": {BITS: {"from": 3, "to": 4}}, "sampler": {"kind": "random", "n": 6}}
    finished = run_sweep(wishes, out=folder / "out")
    assert len(finished.frame()) == 6 and len(finished.points({"pareto"})) == 2
    assert finished.frame()["pareto"].sum() == (finished.frame()[BITS] == 3).sum() > 1


def test_a_search_for_what_no_point_has_ends_before_its_budget(formula, wishes, folder):
    pytest.importorskip("optuna", reason="needs Optuna: pip install 'cimsim[sweep]'")
    wishes |= {"objectives": {"dropout_p.bn9": "min"}, "axes": {BITS: {"from": 1, "to": 12, "step": 1},
               "chip.clock_hz": {"from": 1e8, "to": 2e8}}}  # fmt: skip
    wishes["sampler"] = {"kind": "optuna", "algorithm": "tpe", "budget": 100}
    with pytest.raises(InputError, match=r"dropout_p.bn9 is no column of the results"):
        cimsim.sweep(wishes, out=folder / "out")
    with Journal(folder / "out" / "journal.sqlite") as journal:
        assert journal.counts() == {"done": 30}


def test_a_search_goes_past_points_without_a_number(formula, wishes, folder, monkeypatch):
    pytest.importorskip("optuna", reason="needs Optuna: pip install 'cimsim[sweep]'")
    whole = Evaluator.summary

    def summary(self, settings):
        bits = settings[BITS]
        return {**whole(self, settings), "nll_mc_se": None if bits % 2 else 0.1 / bits}

    monkeypatch.setattr(Evaluator, "summary", summary)
    wishes |= {"objectives": {"energy_j": "min", "nll_mc_se": "min"}, "axes": {BITS: [3, 4, 5, 6, 7, 8]}}
    wishes["sampler"] = {"kind": "optuna", "algorithm": "nsga2", "budget": 20}
    rows = cimsim.sweep(wishes, out=folder / "out")
    assert len(rows) == 6 and sorted(rows[rows["pareto"]][BITS]) == [4, 6, 8]


def test_what_went_wrong_is_a_text_that_every_table_holds(wishes, folder, monkeypatch):
    def fault(self, settings):
        raise RuntimeError("\ud800" + "x" * 200_000)

    monkeypatch.setattr(Evaluator, "summary", fault)
    rows = cimsim.sweep({**wishes, "axes": {BITS: [3, 5]}}, out=folder / "out")
    assert rows["error"][0].startswith("RuntimeError: ?xxx") and len(rows["error"][0]) == 2000


def test_a_long_text_comes_back_from_the_table(formula, wishes, folder, monkeypatch):
    whole = Evaluator.summary
    monkeypatch.setattr(Evaluator, "summary", lambda self, s: {**whole(self, s), "warnings": ["x" * 200_000]})
    assert len(cimsim.sweep({**wishes, "axes": {BITS: [3, 5]}}, out=folder / "out")["warnings"][1]) == 200_000
