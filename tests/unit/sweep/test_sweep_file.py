"""Sweep files: what is understood, and one message with a line for what is not."""

import json
import re

import pytest
from unit.sweep.test_ready_made import READY_MADE

from cimsim.cli.locate import find_file
from cimsim.errors import InputError, SpecError
from cimsim.sweep.fairness import check_fair
from cimsim.sweep.load import is_sweep, load_sweep
from cimsim.sweep.plan import plan_sweep
from cimsim.sweep.schema import sweep_schema
from cimsim.sweep.wishes import SUMMARY, check_wishes

FILE = """\
architecture: stt_mram
workloads: [./tiny.npz]
data: data.npz
axes:
  tile.macro.adc.bits: [3, 4]
  tile.macro.read_voltage_v: {from: 50 mV, to: 0.2, n: 4}
objectives: {energy_j: min}
"""


def written(folder, *changes):
    """A path of the file with each (old, new) replaced."""
    text = FILE
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = folder / "mine.yaml"
    path.write_text(text)
    return path


def test_a_file_and_the_same_mapping_are_one_sweep(folder):
    path = written(folder)
    spec = load_sweep(path)
    same = load_sweep(
        {
            "architecture": "stt_mram",
            "workloads": ["./tiny.npz"],
            "data": "data.npz",
            "axes": {
                "tile.macro.adc.bits": (3, 4),
                "tile.macro.read_voltage_v": {"from": "50 mV", "to": 0.2, "n": 4},
            },
            "objectives": {"energy_j": "min"},
        }
    )
    assert same.model_dump() == spec.model_dump() and (spec.name, same.name) == ("mine", "sweep")
    assert is_sweep(path) and load_sweep(spec) is spec


def test_names_are_relative_to_the_file_and_units_are_understood(folder, monkeypatch):
    path = written(folder)
    monkeypatch.chdir("/")
    plan = plan_sweep(path)
    assert plan.context.workloads == {"./tiny.npz": folder / "tiny.npz"}
    assert plan.context.data == str(folder / "data.npz")
    assert plan.axes[1].choices == ((0.05,), (0.1,), (0.15,), (0.2,))
    assert plan.n_points == len({point.key for point in plan.points()}) == 8


CELL = "tile.macro.subarray.cell"
BITS, READ = "axes.tile.macro.adc.bits", "axes.tile.macro.read_voltage_v"
OBJECTIVES = "objectives: {energy_j: min}"
NO_SETTING = "is no setting of the architecture; did you mean"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("architecture: stt_mram\n", "", "1: architecture: is missing; it must be text"),
        ("objectives", "objektives", "7: objektives: is not a known key; did you mean 'objectives'?"),
        ("stt_mram", "stt_mramm", "1: architecture: no such architecture (got stt_mramm); did you"),
        ("./tiny.npz", "./tinny.npz", "2: workloads: no such workload file (got "),
        ("[3, 4]", "[3, 0]", f"5: {BITS}: must be an integer from 1 to 12 (got 0)"),
        ("[3, 4]", "[3, x]", f"5: {BITS}: must be an integer from 1 to 12 (got x)"),
        ("[3, 4]", "[]", f"5: {BITS}.values: must hold at least one value (got none)"),
        ("[3, 4]", "5", f"5: {BITS}: must be a mapping (got 5)"),
        ("adc.bits", "adc.bitz", f"tile.macro.adc.bitz {NO_SETTING} 'bits'?"),
        ("tile.macro.adc.bits", "n_mc_samplez", f"n_mc_samplez {NO_SETTING} 'n_mc_samples'?"),
        ("adc.bits", "adc.bits.low", f"5: {BITS}.low: tile.macro.adc.bits.low is no setting"),
        ("50 mV", "50 kg", f"6: {READ}: must be"),
        ("50 mV", "0.3", f"6: {READ}.to: must be above from, 0.3 (got 0.2)"),
        ("n: 4", "n: 4, step: 0.1", f"6: {READ}.step: must be left out beside n"),
        (", n: 4", "", f"6: {READ}: must have values for a grid (got a continuous range); say n, step"),
        ("to: 0.2, ", "", f"6: {READ}: must have values, or a range with from and to"),
        ("energy_j: min", "energy_j: least", "7: objectives.energy_j: must be one of min, max (got least"),
        (OBJECTIVES, "sampler: {kind: lhs}", "7: sampler: must have n where kind is lhs"),
        (OBJECTIVES, "sampler: {kind: sobol, n: 100}",
         "7: sampler.n: must be a power of two for sobol (got 100); 64 or 128"),
        (OBJECTIVES, "sampler: {kind: optuna, algorithm: tpe, budget: 9}",
         "objectives: must say what to search for"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_one_message_with_its_line(folder, old, new, message):
    path = written(folder, (old, new))
    with pytest.raises(SpecError) as caught:
        plan_sweep(path)
    assert str(caught.value).startswith(f"{path}:") and message in str(caught.value)


def test_an_axis_sets_what_no_other_sets_and_waits_for_earlier_ones(folder):
    twice = "  size: {paths: [tile.macro.subarray.rows, tile.macro.adc.bits], values: [[64, 3]]}\nobjectives"
    with pytest.raises(SpecError, match=r"mine.yaml:7: axes.size: must not set what another axis sets"):
        plan_sweep(written(folder, ("objectives", twice)))
    late = "[3, 4]\n  seed: {values: [1], when: {n_mc_samples: [2]}}"
    with pytest.raises(SpecError, match=r"when.n_mc_samples: must name what an axis above this one sets"):
        plan_sweep(written(folder, ("[3, 4]", late)))


@pytest.mark.parametrize(
    ("fidelity", "axis", "cure"),
    [
        ("ideal", f"{CELL}.errors.access_cv", "statistical or cell or circuit"),
        ("ideal", f"{CELL}.device.spread.tmr_cv", "statistical or cell or circuit"),
        ("ideal", "tile.macro.adc.errors.noise_steps", "statistical or cell or circuit"),
        ("cell", "tile.macro.subarray.wires.segment_ohm", "circuit"),
    ],
)
def test_axes_that_a_fidelity_cannot_feel_are_refused(folder, fidelity, axis, cure):
    path = written(folder, ("objectives", f"  {axis}: [0.1, 0.2]\nfidelity: {fidelity}\nobjectives"))
    with pytest.raises(SpecError) as caught:
        check_fair(plan_sweep(path))
    rule = f"{axis} is not felt at fidelity {fidelity}; leave it out, or choose fidelity {cure}"
    assert str(caught.value) == f"{path}:7: axes.{axis}: {rule}"


def test_a_lossy_converter_with_exact_sums_is_no_result(folder):
    change = ("objectives: {energy_j: min}", "fidelity: ideal\nobjectives: {energy_j: min, accuracy: max}")
    with pytest.raises(SpecError) as caught:
        check_fair(plan_sweep(written(folder, change)))
    rule = "must be at least 5 for 16 rows where accuracy is an objective: fidelity ideal models no loss"
    assert str(caught.value) == f"{folder}/mine.yaml:5: {BITS}: {rule} (got 3); choose fidelity statistical"
    check_fair(plan_sweep(written(folder, change, ("[3, 4]", "[5, 6]"))))
    check_fair(plan_sweep(written(folder, ("objectives", "fidelity: ideal\nobjectives"))))


@pytest.mark.parametrize(
    ("objectives", "message"),
    [
        ("{energy: min}", "7: objectives.energy: energy is no column of the results; did you mean 'energy_"),
        ('{energy_j: min}\nconstraints: ["area_m2 <> 4"]', "8: constraints.0: must compare area_m2 with"),
        ('{energy_j: min}\nconstraints: ["area_m2 ~ 4"]', "8: constraints.0: must be a column, one of"),
        ('{energy_j: min}\nconstraints: [ece < 1, area_m2 < 4 ns]', "8: constraints.1: must be"),
        ('{energy_j: min}\nconstraints: [tile.macro.adc.bit < 4]',
         "8: constraints.0: tile.macro.adc.bit is no column of the results; did you mean"),
    ],
)  # fmt: skip
def test_wishes_are_compared_with_the_columns_beforehand(folder, objectives, message):
    path = written(folder, ("{energy_j: min}", objectives))
    with pytest.raises(InputError) as caught:
        check_wishes(plan_sweep(path))
    assert str(caught.value).startswith(f"{path}:{message}")
    limits = '["tile.macro.adc.bits < 4", energy_by_component.adc.energy_j < 1 pJ]'
    good = f"{{accuracy_chips_min: max}}\nconstraints: {limits}"
    check_wishes(plan_sweep(written(folder, ("{energy_j: min}", good))))


def test_the_columns_are_those_of_the_report():
    page = (READY_MADE[0].parents[2] / "docs" / "report.md").read_text()
    start, end = page.index("\n## `summary.json`"), page.index("\n## `layers.csv`")
    cells = [line.split("|")[1] for line in page[start:end].splitlines() if line.startswith("| `")]
    documented = {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)}
    assert documented == {name for name in SUMMARY if "_chips_" not in name}


AXIS, SEARCH = "tile.macro.adc.bits", "sampler: {kind: optuna, algorithm: tpe, budget: 9}"
NUMBER = "{value: 1.0e-12, grade: assumed, source: none}"
WALDEN = (
    f"{{type: walden_adc, bits: 1, rate_hz: 1.0e9, figure_of_merit_j: {NUMBER}, area_m2: {NUMBER}, "
    f"leakage_w: {NUMBER}}}"
)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ([("{energy_j: min}", f"{{accuracy: max}}\n{SEARCH}")],
         f"{BITS}: must be at least 5 for 16 rows where accuracy is an objective"),
        ([("[3, 4]", "{from: 3, to: 9}"), (", n: 4", ""),
          ("{energy_j: min}", f"{{nll: min}}\n{SEARCH}")],
         f"{BITS}: must be at least 5 for 16 rows where nll is an objective"),
        ([("{energy_j: min}", "{energy_j: min}\nconstraints: [accuracy > 0.9]")],
         f"{BITS}: must be at least 5 for 16 rows where accuracy has a limit"),
        ([(f"{AXIS}: [3, 4]", f"tile.macro.adc: [{WALDEN}]"), ("energy_j: min", "nll: min")],
         "axes.tile.macro.adc: tile.macro.adc.bits must be at least 5 for 16 rows where nll is an objective"),
        ([(f"{AXIS}: [3, 4]", "architecture: [stt_mram, ./coarse.yaml]"), ("energy_j: min", "nll: min")],
         "axes.architecture: tile.macro.adc.bits must be at least 5 for 16 rows where nll is an objective"),
    ],
)  # fmt: skip
def test_a_lossy_converter_is_found_in_searches_limits_parts_and_files(folder, changes, message):
    coarse = find_file("stt_mram", "architecture").read_text()
    (folder / "coarse.yaml").write_text(coarse.replace("      bits: 5 ", "      bits: 2 "))
    path = written(folder, ("objectives", "fidelity: ideal\nobjectives"), *changes)
    with pytest.raises(SpecError) as caught:
        check_fair(plan_sweep(path))
    assert message in str(caught.value) and str(caught.value).startswith(f"{path}:5: ")


def test_the_schema_takes_what_is_shipped_and_refuses_the_rest():
    jsonschema = pytest.importorskip("jsonschema", reason="needs jsonschema: pip install 'cimsim[dev]'")
    yaml = pytest.importorskip("yaml")
    validator = jsonschema.Draft202012Validator(sweep_schema())
    for path in READY_MADE:
        validator.validate(yaml.safe_load(path.read_text()))
    assert list(validator.iter_errors({"architecture": "a", "workloads": ["w"], "axes": {"x": 5}}))
    json.dumps(sweep_schema())
