"""Sweep files: what is understood, and one message with a line for what is not."""

import json

import pytest
from unit.sweep.test_ready_made import READY_MADE

from cimsim.errors import SpecError
from cimsim.sweep.fairness import check_fair
from cimsim.sweep.load import is_sweep, load_sweep
from cimsim.sweep.plan import plan_sweep
from cimsim.sweep.schema import sweep_schema

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


BITS = "axes.tile.macro.adc.bits"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("architecture: stt_mram\n", "", "mine.yaml:1: architecture: is missing; it must be text"),
        ("objectives", "objektives", "mine.yaml:7: objektives: is not a known key; did you mean 'objectives'?"),
        ("stt_mram", "stt_mramm", "mine.yaml:1: architecture: no such architecture (got stt_mramm); did you"),
        ("./tiny.npz", "./tinny.npz", "mine.yaml:2: workloads: no such workload file (got "),
        ("[3, 4]", "[3, 0]", f"mine.yaml:5: {BITS}: must be an integer from 1 to 12 (got 0)"),
        ("[3, 4]", "[3, x]", f"mine.yaml:5: {BITS}: must be an integer from 1 to 12 (got x)"),
        ("[3, 4]", "[]", f"mine.yaml:5: {BITS}.values: must hold at least one value (got none)"),
        ("[3, 4]", "5", f"mine.yaml:5: {BITS}: must be a mapping (got 5)"),
        ("adc.bits", "adc.bitz", "mine.yaml:5: axes.tile.macro.adc.bitz: tile.macro.adc.bitz is no setting of the "
         "architecture; did you mean 'bits'?"),
        ("tile.macro.adc.bits", "n_mc_samplez", "mine.yaml:5: axes.n_mc_samplez: n_mc_samplez is no setting of the "
         "architecture; did you mean 'n_mc_samples'?"),
        ("adc.bits", "adc.bits.low", f"mine.yaml:5: {BITS}.low: tile.macro.adc.bits.low is no setting"),
        ("50 mV", "50 kg", "mine.yaml:6: axes.tile.macro.read_voltage_v: must be"),
        ("50 mV", "0.3", "mine.yaml:6: axes.tile.macro.read_voltage_v.to: must be above from, 0.3 (got 0.2)"),
        ("n: 4", "n: 4, step: 0.1", "mine.yaml:6: axes.tile.macro.read_voltage_v.step: must be left out beside n"),
        (", n: 4", "", "mine.yaml:6: axes.tile.macro.read_voltage_v: must have values for a grid (got a contin"),
        ("to: 0.2, ", "", "mine.yaml:6: axes.tile.macro.read_voltage_v: must have values, or a range with from"),
        ("energy_j: min", "energy_j: least", "mine.yaml:7: objectives.energy_j: must be one of min, max (got least"),
        ("objectives: {energy_j: min}", "sampler: {kind: lhs}", "mine.yaml:7: sampler: must have n where kind is lhs"),
        ("objectives: {energy_j: min}", "sampler: {kind: sobol, n: 100}",
         "mine.yaml:7: sampler.n: must be a power of two for sobol (got 100); 64 or 128"),
        ("objectives: {energy_j: min}", "sampler: {kind: optuna, algorithm: tpe, budget: 9}",
         "objectives: must say what to search for"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_one_message_with_its_line(folder, old, new, message):
    path = written(folder, (old, new))
    with pytest.raises(SpecError) as caught:
        plan_sweep(path)
    assert message in str(caught.value)


def test_an_axis_sets_what_no_other_sets_and_waits_for_earlier_ones(folder):
    twice = "  size: {paths: [tile.macro.subarray.rows, tile.macro.adc.bits], values: [[64, 3]]}\nobjectives"
    with pytest.raises(SpecError, match=r"mine.yaml:7: axes.size: must not set what another axis sets"):
        plan_sweep(written(folder, ("objectives", twice)))
    late = "[3, 4]\n  seed: {values: [1], when: {n_mc_samples: [2]}}"
    with pytest.raises(SpecError, match=r"when.n_mc_samples: must name what an axis above this one sets"):
        plan_sweep(written(folder, ("[3, 4]", late)))


@pytest.mark.parametrize(
    ("fidelity", "axis", "message"),
    [
        ("ideal", "tile.macro.subarray.cell.errors.access_cv: [0.01, 0.1]",
         "tile.macro.subarray.cell.errors.access_cv is not felt at fidelity ideal; leave it out, or choose fidelity "
         "statistical or cell or circuit"),
        ("ideal", "tile.macro.adc.errors.noise_steps: [0.1, 0.2]", "is not felt at fidelity ideal"),
        ("ideal", "tile.macro.subarray.cell.device.spread.tmr_cv: [0.01, 0.1]", "is not felt at fidelity ideal"),
        ("cell", "tile.macro.subarray.wires.segment_ohm: [1, 2]",
         "is not felt at fidelity cell; leave it out, or choose fidelity circuit"),
    ],
)  # fmt: skip
def test_axes_that_a_fidelity_cannot_feel_are_refused(folder, fidelity, axis, message):
    path = written(folder, ("objectives", f"  {axis}\nfidelity: {fidelity}\nobjectives"))
    with pytest.raises(SpecError) as caught:
        check_fair(plan_sweep(path))
    assert message in str(caught.value) and str(caught.value).startswith(f"{path}:7: ")


def test_a_lossy_converter_with_exact_sums_is_no_result(folder):
    change = ("objectives: {energy_j: min}", "fidelity: ideal\nobjectives: {energy_j: min, accuracy: max}")
    with pytest.raises(SpecError) as caught:
        check_fair(plan_sweep(written(folder, change)))
    assert str(caught.value) == (
        f"{folder}/mine.yaml:5: axes.tile.macro.adc.bits: must be at least 5 for 16 rows where accuracy is an "
        "objective: fidelity ideal models no loss (got 3); choose fidelity statistical"
    )
    check_fair(plan_sweep(written(folder, change, ("[3, 4]", "[5, 6]"))))
    check_fair(plan_sweep(written(folder, ("objectives", "fidelity: ideal\nobjectives"))))


def test_the_schema_takes_what_is_shipped_and_refuses_the_rest():
    jsonschema = pytest.importorskip("jsonschema", reason="needs jsonschema: pip install 'cimsim[dev]'")
    yaml = pytest.importorskip("yaml")
    validator = jsonschema.Draft202012Validator(sweep_schema())
    for path in READY_MADE:
        validator.validate(yaml.safe_load(path.read_text()))
    assert list(validator.iter_errors({"architecture": "a", "workloads": ["w"], "axes": {"x": 5}}))
    json.dumps(sweep_schema())
