"""The report folder: its contents, and that it is there completely or not at all."""

import json
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cimsim.errors import InputError
from cimsim.reporting import figures
from cimsim.reporting.files import check_output, write_report
from cimsim.sim.result import Predictions

FIGURES = ("energy_by_component", "energy_by_layer", "energy_sources", "latency_timeline", "reliability")
FILES = {"summary.json", "manifest.json", "layers.csv", "components.csv", "sources.csv", "predictions.npz"}


@pytest.fixture
def no_figures(monkeypatch):
    monkeypatch.setattr(figures, "save_figures", lambda result, directory: directory.mkdir())


def refuse_constants(name):
    raise AssertionError(f"{name} is not JSON")


def test_a_report_holds_every_file(result, tmp_path):
    directory = write_report(result, tmp_path / "reports" / "run", trace=True)
    found = {str(p.relative_to(directory)) for p in directory.rglob("*") if p.is_file()}
    drawn = {f"figures/{name}.{kind}" for name in FIGURES for kind in ("png", "svg")}
    assert found == FILES | drawn | {"trace.json"}
    assert [p.name for p in directory.parent.iterdir()] == ["run"]


def test_the_files_hold_the_result(result, tmp_path, no_figures):
    directory = write_report(result, tmp_path / "run")
    assert json.loads((directory / "summary.json").read_text()) == result.summary
    assert json.loads((directory / "manifest.json").read_text()) == {
        **result.manifest,
        "format": "cimsim-report/1",
    }
    pd.testing.assert_frame_equal(
        pd.read_csv(directory / "components.csv", keep_default_na=True).fillna({"layer": ""}),
        result.components,
    )
    with np.load(directory / "predictions.npz", allow_pickle=False) as arrays:
        np.testing.assert_array_equal(arrays["probabilities"], result.predictions.probabilities)
        np.testing.assert_array_equal(arrays["masks"], result.predictions.masks)
        np.testing.assert_array_equal(arrays["weights"], result.predictions.weights)
        assert set(arrays) == {field.name for field in fields(Predictions)}
    assert not (directory / "trace.json").exists()


def test_json_has_no_nan(result, tmp_path, no_figures):
    summary = {**result.summary, "ece": float("nan"), "nll": np.float64("inf"), "n_images": np.int64(3)}
    directory = write_report(replace(result, summary=summary), tmp_path / "run")
    text = (directory / "summary.json").read_text()
    loaded = json.loads(text, parse_constant=refuse_constants)
    assert (loaded["ece"], loaded["nll"], loaded["n_images"]) == (None, None, 3)


def test_a_report_is_replaced_whole(result, tmp_path, no_figures):
    directory = write_report(result, tmp_path / "run", trace=True)
    write_report(replace(result, summary={**result.summary, "seed": 7}), directory)
    assert json.loads((directory / "summary.json").read_text())["seed"] == 7
    assert not (directory / "trace.json").exists()
    assert [p.name for p in tmp_path.iterdir()] == ["run"]


def test_an_empty_folder_is_used(result, tmp_path, no_figures):
    assert (write_report(result, tmp_path) / "summary.json").exists()


@pytest.mark.parametrize("manifest", [None, "{}", "[]", "not json", '{"format": "other/1"}'])
def test_a_folder_of_somebody_else_is_left_alone(result, tmp_path, manifest):
    directory = tmp_path / "mine"
    directory.mkdir()
    (directory / "thesis.tex").write_text("years of work")
    if manifest is not None:
        (directory / "manifest.json").write_text(manifest)
    with pytest.raises(InputError) as caught:
        write_report(result, directory)
    assert str(caught.value) == (
        f"{directory}: holds files but no cimsim report, so it is not replaced; "
        "choose another folder, or empty this one"
    )
    assert (directory / "thesis.tex").read_text() == "years of work"


def test_a_file_is_not_a_folder(tmp_path):
    path = tmp_path / "out"
    path.write_text("")
    with pytest.raises(InputError) as caught:
        check_output(path)
    assert str(caught.value) == f"{path}: must be a folder (got a file); choose another name"


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ("file/out", "{}/file is a file"),
        ("a" * 300, "File name too long"),
        ("new/" + "a" * 300, "File name too long"),
        ("loop/out", "Too many levels of symbolic links"),
    ],
)
def test_places_that_cannot_be(tmp_path, place, reason):
    (tmp_path / "file").write_text("")
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(InputError) as caught:
        check_output(tmp_path / place)
    assert str(caught.value) == (
        f"{tmp_path / place}: must be a folder that can be written (got {reason.format(tmp_path)}); "
        "choose another folder"
    )


def test_a_place_that_may_not_be_read(tmp_path, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(tmp_path), "stat", refuse)
    with pytest.raises(InputError) as caught:
        check_output(tmp_path / "out")
    assert str(caught.value) == (
        f"{tmp_path}/out: must be a folder that can be written (got Permission denied); choose another folder"
    )


def test_a_name_as_long_as_the_system_allows(result, tmp_path, no_figures):
    assert (write_report(result, tmp_path / ("a" * 255)) / "summary.json").exists()


@pytest.mark.parametrize("existing", [False, True])
def test_nothing_changes_when_writing_fails(result, tmp_path, monkeypatch, no_figures, existing):
    directory = tmp_path / "run"
    if existing:
        write_report(result, directory)

    def disk_full(result, directory):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(figures, "save_figures", disk_full)
    with pytest.raises(InputError) as caught:
        write_report(replace(result, summary={}), directory)
    assert str(caught.value) == (
        f"{directory}: must be a folder that can be written (got No space left on device); "
        "choose another folder"
    )
    assert [p.name for p in tmp_path.iterdir()] == (["run"] if existing else [])
    if existing:
        assert json.loads((directory / "summary.json").read_text()) == result.summary


def test_the_old_report_comes_back_when_the_new_one_cannot_take_its_place(
    result, tmp_path, monkeypatch, no_figures
):
    directory, rename = write_report(result, tmp_path / "run"), Path.rename

    def refuse(self, target):
        if self.name == "report":
            raise OSError(5, "Input/output error")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(InputError, match=r"Input/output error"):
        write_report(replace(result, summary={}), directory)
    assert [p.name for p in tmp_path.iterdir()] == ["run"]
    assert json.loads((directory / "summary.json").read_text()) == result.summary


def test_the_same_result_gives_the_same_bytes(result, tmp_path):
    first, second = (write_report(result, tmp_path / name, trace=True) for name in "ab")
    for path in first.rglob("*"):
        if path.is_file():
            assert path.read_bytes() == (second / path.relative_to(first)).read_bytes(), path.name
