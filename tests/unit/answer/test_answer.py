"""What a run says about its certainty: error bars, the single pass, images from outside."""

from pathlib import Path

import numpy as np
import pytest

import cimsim
from cimsim.data import load_dataset
from cimsim.errors import DataError, InputError
from cimsim.mapping.folding import fold
from cimsim.sim import judge, runner, values
from cimsim.sim.values import run_values
from cimsim.workload import without_dropout

ROOT = Path(__file__).resolve().parents[3]
ARCH = cimsim.load_arch(ROOT / "arch_configs/stt_mram.yaml")
ERRORS = ("accuracy_mc_se", "nll_mc_se", "ece_mc_se")
pytest.importorskip("mlxtend", reason="needs mlxtend: pip install 'cimsim[data]'")
metrics = pytest.importorskip("sklearn.metrics", reason="needs scikit-learn: pip install 'cimsim[data]'")


def run(name, **options):
    workload = cimsim.load_workload(ROOT / f"workloads/{name}.npz")
    return cimsim.simulate(ARCH, workload, **{"n_images": 60, "fidelity": "ideal", **options})


def test_sampled_passes_have_errors_and_a_curve():
    result = run("lenet", n_mc_samples=8)
    assert all(result.summary[key] >= 0 for key in ERRORS) and result.summary["nll_mc_se"] > 0
    assert list(result.uncertainty.convergence["n_mc_samples"]) == [1, 2, 5, 8]


def test_exact_answers_have_a_curve_but_no_error_even_where_masks_are_equally_likely():
    workload = cimsim.load_workload(ROOT / "workloads/lenet_instances.npz")
    result = cimsim.simulate(ARCH, workload, n_images=3, fidelity="ideal", n_mc_samples="exact")
    assert [result.summary[key] for key in ERRORS] == [0.0] * 3
    assert list(result.uncertainty.convergence["n_mc_samples"]) == [1, 2, 5, 10, 20, 50, 100]


@pytest.mark.parametrize(("name", "options"), [("lenet_ensemble", {}), ("lenet_deterministic", {})])
def test_what_is_not_random_has_neither(name, options):
    result = run(name, **options)
    assert [result.summary[key] for key in ERRORS] == [0.0] * 3
    assert len(result.uncertainty.convergence) == 0


def test_too_many_passes_to_draw_again_have_an_empty_error(monkeypatch):
    monkeypatch.setattr(judge, "MOST_RESAMPLED", 100)
    result = run("lenet", n_mc_samples=8)
    assert [result.summary[key] for key in ERRORS] == [None] * 3
    assert len(result.uncertainty.convergence) == 0


def test_the_baseline_is_the_single_pass_of_the_same_network():
    single = run("lenet_deterministic")
    assert single.summary["baseline_nll"] == single.summary["nll"]
    passes = run("lenet_element", n_mc_samples=2)
    assert passes.summary["baseline_nll"] != passes.summary["nll"]
    np.testing.assert_allclose(passes.uncertainty.baseline.sum(axis=1), 1.0)


@pytest.mark.parametrize("n_mc_samples", [1, 4, "exact"])
@pytest.mark.parametrize("name", ["lenet", "lenet_affine", "lenet_instances", "lenet_ensemble"])
def test_a_pass_that_dropped_nothing_is_the_network_without_dropout(name, n_mc_samples):
    """With one pass most images have none such, and theirs is computed; an ensemble's is its first member."""
    graph = cimsim.load_workload(ROOT / f"workloads/{name}.npz")
    twin, n_images = without_dropout(graph), 4 if n_mc_samples == "exact" else 40
    x = load_dataset("mnist5k", graph.input, n_images=n_images).x
    found = run(name, n_images=n_images, n_mc_samples=n_mc_samples).uncertainty.baseline
    np.testing.assert_array_equal(found, run_values(twin, fold(twin), x, n_mc_samples=1).probabilities)


def test_one_drawn_pass_cannot_tell_its_error():
    result = run("lenet", n_mc_samples=1, ood=["uniform-noise"])
    assert [result.summary[key] for key in (*ERRORS, "mc_se_auroc_uniform-noise")] == [None] * 4
    assert run("lenet", n_mc_samples=8, ood=["uniform-noise"]).summary["mc_se_auroc_uniform-noise"] > 0
    exact = run("lenet", n_images=10, n_mc_samples="exact", ood=["uniform-noise"])
    assert exact.summary["mc_se_auroc_uniform-noise"] == 0


def test_errors_are_the_last_deviations_of_the_curve():
    result = run("lenet", n_mc_samples=8)
    last = result.uncertainty.convergence.iloc[-1]
    for name in ("accuracy", "nll", "ece"):
        assert result.summary[f"{name}_mc_se"] == last[f"{name}_deviation"]


def test_passes_too_many_to_keep_cost_the_error_bars_and_nothing_else(monkeypatch):
    kept = run("lenet", n_mc_samples=4, ood=["uniform-noise"])
    monkeypatch.setattr(values, "PASSES_BYTES", 1000)
    dropped = run("lenet", n_mc_samples=4, ood=["uniform-noise"])
    np.testing.assert_array_equal(kept.uncertainty.baseline, dropped.uncertainty.baseline)
    same = ["auroc", "aupr", "fpr95", "detection_rate", "false_alarm_rate", "threshold", "baseline_auroc"]
    assert kept.uncertainty.ood[same].equals(dropped.uncertainty.ood[same])
    assert dropped.summary["mc_se_auroc_uniform-noise"] is None


def test_sets_are_looked_for_before_work_begins(monkeypatch):
    monkeypatch.setattr(runner, "run_values", lambda *args, **options: pytest.fail("work has begun"))
    with pytest.raises(DataError, match="unknown data set"):
        run("lenet", ood=["mnits"])


def test_the_area_under_risk_is_that_of_the_entropies():
    """By hand: the mean of the running error over images in the order of their entropy, which has no ties."""
    result = run("lenet", n_mc_samples=4, n_images=600)
    p, labels = result.predictions.probabilities, result.predictions.labels
    wrong = (p.argmax(axis=1) != labels)[np.argsort(result.predictions.predictive_entropy_nats)]
    assert result.summary["aurc"] > 0
    assert result.summary["aurc"] == pytest.approx(np.mean(np.cumsum(wrong) / np.arange(1, 601)))


def test_auroc_is_that_of_the_entropies():
    result = run("lenet", n_mc_samples=4, ood=["uniform-noise", "rotate:45"])
    inside = result.predictions.predictive_entropy_nats
    for name, (outside, _) in result.uncertainty.entropies.items():
        truth = np.r_[np.zeros(60), np.ones(60)]
        assert result.summary[f"auroc_{name}"] == metrics.roc_auc_score(truth, np.r_[inside, outside])
    assert len(result.uncertainty.ood) == 2 * 4
    assert result.manifest["ood"] == ["uniform-noise", "rotate:45"]


def test_a_shift_of_nothing_is_the_run():
    result = run("lenet", n_mc_samples=4, shifts=["rotation"])
    first = result.uncertainty.shifts.iloc[0]
    for key in ("accuracy", "nll", "ece", "predictive_entropy_nats", "mutual_information_nats"):
        assert first[key] == pytest.approx(result.summary[key], rel=1e-12)
    assert first["baseline_nll"] == result.summary["baseline_nll"]
    assert list(result.uncertainty.shifts["level"]) == list(range(0, 181, 15))


def test_a_bare_name_is_refused():
    with pytest.raises(
        InputError, match=r"^ood: must be a list of names \(got 'kmnist'\); give \['kmnist'\]$"
    ):
        run("lenet", ood="kmnist")


def test_watching_changes_no_number():
    plain, watched = (
        run("lenet_element", n_mc_samples=3),
        run("lenet_element", n_mc_samples=3, ood=["add-gaussian:0.2"]),
    )
    np.testing.assert_array_equal(plain.predictions.probabilities, watched.predictions.probabilities)
    assert plain.summary["energy_j"] == watched.summary["energy_j"]
