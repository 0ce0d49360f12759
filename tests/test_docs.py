"""What the documentation says is what happens: blocks run, outputs are real, tables are complete."""

import contextlib
import doctest
import io
import json
import re
import runpy
import shlex
import shutil
from pathlib import Path
from typing import get_args

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import cimsim
from cimsim.characterize import files as device_files
from cimsim.cli import main
from cimsim.compare.text import markdown
from cimsim.reporting import figures
from cimsim.sweep import pictures
from cimsim.sweep.search import ALGORITHMS
from cimsim.sweep.spec import SamplerSpec
from cimsim.validate.text import markdown as validation_markdown
from cimsim.workload import build_graph
from cimsim.workload.dropout import DROPOUTS
from cimsim.workload.ops import OPS

ROOT = Path(__file__).resolve().parent.parent
PAGES = (
    "README.md",
    "docs/workload.md",
    "docs/architecture.md",
    "docs/model.md",
    "docs/report.md",
    "docs/uncertainty.md",
    "docs/comparison.md",
    "docs/arrays.md",
    "docs/device.md",
    "docs/validation.md",
    "docs/sweep.md",
)
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SKIPPED = {"pip", "pytest", "python"}
SIGNS = np.array([-1, 1], np.int8)
UNITS = {"per_s": "1/s", "per_j": "1/J", "_j": "J", "_s": "s", "_w": "W", "_m2": "m²", "_nats": "nats"}
MATCH = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def blocks(page):
    """(language, text, what it must print or None) of each block that counts; the text behind it is that."""
    text = (ROOT / page).read_text(encoding="utf-8")
    found = list(FENCE.finditer(text))
    for block, behind in zip(found, [*found[1:], None], strict=True):
        is_output = behind and behind[1] == "text" and not text[block.end() : behind.start()].strip()
        if block[1] in ("python", "bash", "yaml"):
            yield block[1], block[2], behind[2] if is_output else None


def commands(text):
    """Words of each command of a bash block; quotes may span lines."""
    pending = ""
    for line in text.splitlines():
        pending += line
        try:
            words = shlex.split(pending, comments=True)
        except ValueError:
            pending += "\n"
            continue
        pending = ""
        if words:
            yield words


def run_command(words, is_input_bad):
    """Run one line as the shell would; returns what it prints."""
    if words[0] in SKIPPED:
        return ""
    if words[0] == "cp":
        shutil.copy(*words[1:])
        return ""
    assert words[0] == "cimsim", f"what is {words[0]!r}?"
    words, target = (words[:-2], words[-1]) if ">" in words else (words, None)
    if words[1] == "run":
        words += [] if "--images" in words else ["--images", "50"]
        words += [] if "--out" in words else ["--out", "reports/made"]
    if words[1] == "compare":
        words = [name for word in words for name in sorted(map(str, Path().glob(word))) or [word]]
        words += ["--images", "4", "--mc", "2", "--jobs", "1", "--out", "reports/compared"]
    if words[1:] == ["validate"]:
        words += ["horowitz"]
    if words[1] == "sweep":
        words += ["--jobs", "1"]
    outcome = CliRunner().invoke(main, words[1:], prog_name="cimsim")
    assert outcome.exit_code == (2 if is_input_bad else 0), outcome.output
    if target:
        Path(target).write_text(outcome.stdout)
    return outcome.output if is_input_bad else outcome.stdout


def write_named(text):
    """A YAML block whose first line names a file becomes that file."""
    if named := re.match(r"# (\w+\.yaml)\n", text):
        Path(named[1]).write_text(text, encoding="utf-8")
    return ""


def run_python(text, namespace):
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(text, "<page>", "exec"), namespace)
    return printed.getvalue()


@pytest.fixture
def no_figures(monkeypatch):
    monkeypatch.setattr(figures, "save_figures", lambda result, directory: directory.mkdir())
    monkeypatch.setattr(device_files, "save_drawings", lambda drawings, directory: directory.mkdir())
    monkeypatch.setattr(pictures, "save_drawings", lambda drawings, directory: directory.mkdir())


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A working directory with the shipped files, and the files that a page takes for granted."""
    monkeypatch.chdir(tmp_path)
    for folder in ("arch_configs", "workloads"):
        shutil.copytree(ROOT / folder, folder)
    shutil.copy("arch_configs/stt_mram.yaml", "my_chip.yaml")
    shutil.copy("workloads/lenet.npz", "my_net.npz")


@pytest.mark.parametrize("page", PAGES)
def test_every_block_of_a_page_runs_and_prints_what_it_says(page, project, no_figures):
    if page == "docs/sweep.md":
        for name in ("pyarrow", "SALib"):
            pytest.importorskip(name, reason="the page is written with pip install 'cimsim[sweep]'")
    namespace = {}
    ran = 0
    for language, text, wanted in blocks(page):
        if language == "python":
            printed = run_python(text, namespace)
        elif language == "yaml":
            printed = write_named(text)
        else:
            is_input_bad = (wanted or "").startswith("error:")
            printed = "".join(run_command(words, is_input_bad) for words in commands(text))
        if wanted is not None:
            assert doctest.OutputChecker().check_output(wanted, printed, MATCH), printed
        ran += 1
    assert ran


def headed(page, title):
    """The text under a heading, up to the next one."""
    text = (ROOT / page).read_text(encoding="utf-8")
    section = re.search(rf"^##+ {re.escape(title)}\n(.*?)(?=^#|\Z)", text, re.MULTILINE | re.DOTALL)
    assert section, f"{page} has no section {title!r}"
    return section[1]


def rows(page, title):
    """Cells of the table under a heading, by each name in its first column."""
    found = {}
    for line in headed(page, title).splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        for name in re.findall(r"`([^`]+)`", cells[0]) if line.startswith("| `") else ():
            assert name not in found, f"{name} stands twice in {page}, {title}"
            found[name] = cells[1:]
    return found


def tiny_run(task, **asked):
    """Four images of noise on a network with one convolution."""
    rng = np.random.default_rng(0)
    nodes = [
        {"name": "conv1", "op": "conv2d", "inputs": ["input"]},
        {"name": "gain", "op": "scale", "inputs": ["conv1"], "dropout": {"kind": "scale", "p": 0.5}},
    ]
    if task != "segmentation":
        nodes.append({"name": "flat", "op": "flatten", "inputs": ["gain"]})
    spec = {
        "format": "cimsim-workload/1",
        "name": "tiny",
        "task": task,
        "input": {"shape": [1, 4, 4], "bits": 1},
        "nodes": nodes,
        "output": nodes[-1]["name"],
    }
    arrays = {"conv1.weight": rng.choice(SIGNS, (3, 1, 3, 3)), "gain.alpha": np.full(3, 0.1)}
    graph = build_graph(spec, arrays)
    labels = {"classification": (4,), "segmentation": (4, 2, 2), "regression": (4, 12)}[task]
    x, y = rng.choice(SIGNS, (4, 1, 4, 4)), rng.integers(3, size=labels)
    return cimsim.simulate(
        cimsim.load_arch(ROOT / "arch_configs/stt_mram.yaml"), graph, x=x, y=y, n_mc_samples=2, **asked
    )


def unit_of(name):
    """The unit that a name ends with, None where it promises none."""
    return next((unit for ending, unit in UNITS.items() if name.endswith(ending)), None)


@pytest.mark.parametrize("task", ["classification", "segmentation", "regression"])
def test_every_summary_key_is_documented_and_no_other(task):
    page = "docs/report.md"
    documented = {**rows(page, "`summary.json`"), **rows(page, task.capitalize())}
    summary = tiny_run(task).summary
    assert set(documented) == set(summary)
    for name, (unit, _) in documented.items():
        assert unit_of(name) in (None, unit), name


def test_every_file_column_and_array_of_a_report_is_documented_and_no_other(tmp_path):
    asked = {"ood": ("uniform-noise",), "shifts": ("noise",), "n_instances": 2}
    page, report = "docs/report.md", tiny_run("classification", **asked).save(tmp_path / "run", trace=True)
    files = {path.relative_to(report) for path in report.rglob("*") if path.is_file()}
    assert {path.as_posix() for path in files if path.suffix != ".svg"} == set(rows(page, "Files"))
    assert {path.with_suffix(".png") for path in files if path.suffix == ".svg"} <= files
    for table in ("layers.csv", "components.csv"):
        columns = rows(page, f"`{table}`")
        assert list(columns) == list(pd.read_csv(report / table).columns)
        assert all(unit_of(name) in (None, unit) for name, (unit, _) in columns.items())
    assert set(rows(page, "`convergence.csv`")) == set(pd.read_csv(report / "convergence.csv").columns)
    for table in ("ood.csv", "shifts.csv"):
        columns = [name.removeprefix("baseline_") for name in pd.read_csv(report / table).columns]
        assert set(rows(page, f"`{table}`")) == set(columns)
    with np.load(report / "predictions.npz") as arrays:
        assert set(rows(page, "`predictions.npz`")) == set(arrays)
    assert set(rows(page, "`manifest.json`")) == set(json.loads((report / "manifest.json").read_text()))


def test_every_operation_is_documented_with_its_settings_and_arrays():
    table = rows("docs/workload.md", "Operations")
    assert set(table) == set(OPS)
    for name, (settings, arrays, _) in table.items():
        assert set(re.findall(r"`(\w+)`", settings)) == set(OPS[name].attrs) - {"weight_bits"}
        params = {key: "?" if not param.is_required else "" for key, param in OPS[name].params.items()}
        assert dict(re.findall(r"`(\w+)`(\??)", arrays)) == params


def test_every_dropout_is_documented_with_its_places_and_whether_it_can_be_enumerated():
    table = rows("docs/workload.md", "Dropout")
    assert set(table) == set(DROPOUTS)
    for name, (places, _, _, exact) in table.items():
        kind = DROPOUTS[name]
        assert exact == ("yes" if kind.n_bits or kind.stacks else "")
        named = set(re.findall(r"`(\w+)`", places))
        assert named == (set() if len(kind.ops) > 3 else set(kind.ops))


def test_pages_name_only_pages_and_headings_that_exist():
    for page in PAGES:
        text = (ROOT / page).read_text(encoding="utf-8")
        for link in re.findall(r"\]\((?!http)([^)]+)\)", text):
            name, _, anchor = link.partition("#")
            target = (ROOT / page).parent / name if name else ROOT / page
            assert target.is_file(), f"{page}: {link}"
            if target.suffix != ".md":
                continue
            titles = re.findall(r"^#+ (.*)$", target.read_text(encoding="utf-8"), re.MULTILINE)
            anchors = {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}
            assert not anchor or anchor in anchors, f"{page}: {link}"


def test_tables_of_the_comparison_are_those_of_its_reports():
    """The page holds the files, and the files what their tables say."""
    page = (ROOT / "docs/comparison.md").read_text(encoding="utf-8")
    blocks = dict(re.findall(r"<!-- (reports/\S+) -->\n\n(.*?)\n<!-- end -->", page, re.DOTALL))
    assert len(blocks) >= 2
    for name, text in blocks.items():
        assert text == (ROOT / name).read_text(encoding="utf-8"), f"{name}: run python docs/renew.py"
        folder = (ROOT / name).parent
        seeds = folder / "seeds.csv"
        averages = pd.read_csv(seeds) if seeds.is_file() else pd.DataFrame()
        assert text == markdown(pd.read_csv(folder / "compare.csv"), averages)


def test_the_table_of_the_device_page_is_that_of_its_report():
    """The page holds the file, the file what its tables say."""
    page = (ROOT / "docs/device.md").read_text(encoding="utf-8")
    ((name, text),) = re.findall(r"<!-- (reports/\S+) -->\n\n(.*?)\n<!-- end -->", page, re.DOTALL)
    assert text == (ROOT / name).read_text(encoding="utf-8"), f"{name}: run python docs/renew.py"
    study = runpy.run_path(str(ROOT / "docs/device_study.py"))
    drift, chips = (pd.read_csv((ROOT / name).parent / f"{part}.csv") for part in ("drift", "chips"))
    assert text == study["markdown"](drift, chips)


def test_the_page_of_the_validation_holds_its_report_and_names_its_columns():
    """The page holds the file, the file what its table says."""
    page = (ROOT / "docs/validation.md").read_text(encoding="utf-8")
    ((name, text),) = re.findall(r"<!-- (reports/\S+) -->\n\n(.*?)\n<!-- end -->", page, re.DOTALL)
    assert text == (ROOT / name).read_text(encoding="utf-8"), f"{name}: run python docs/renew.py"
    table = pd.read_csv((ROOT / name).parent / "validation.csv")
    assert text == validation_markdown(table)
    named = re.findall(
        r"`(\w+)`", " ".join(re.findall(r"^\| (`[^|]*) \|", page.split("## The files")[1], re.M))
    )
    assert named == list(table.columns)


def test_the_table_of_the_sweep_page_is_that_of_its_report():
    """The page holds the file, the file what its table says."""
    page = (ROOT / "docs/sweep.md").read_text(encoding="utf-8")
    ((name, text),) = re.findall(r"<!-- (reports/\S+) -->\n\n(.*?)\n<!-- end -->", page, re.DOTALL)
    assert text == (ROOT / name).read_text(encoding="utf-8"), f"{name}: run python docs/renew.py"
    study = runpy.run_path(str(ROOT / "docs/sweep_study.py"))
    assert text == study["markdown"](pd.read_csv((ROOT / name).parent / "shares.csv"))


def test_every_way_to_change_and_to_sample_is_documented():
    named = set(re.findall(r"`?\{?kind: (\w+)|`(lhs|sobol|tpe)`", headed("docs/sweep.md", "What may change")))
    words = {word for pair in named for word in pair if word}
    kinds = get_args(SamplerSpec.model_fields["kind"].annotation)
    algorithms = {"tpe", *re.findall(r"algorithm: (\w+)", headed("docs/sweep.md", "What may change"))}
    assert words - {"tpe"} == set(kinds) and algorithms == set(ALGORITHMS)
