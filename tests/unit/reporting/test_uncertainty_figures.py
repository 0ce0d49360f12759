"""Figures and lines about certainty, and those of a comparison: what they draw, and how it reads."""

from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from drawn_texts import overlapping

import cimsim
from cimsim.bayes.ood import SHIFTS
from cimsim.reporting import figures
from cimsim.reporting.console import summary_text
from cimsim.reporting.figures.canvas import STYLE

ROOT = Path(__file__).resolve().parents[3]
pytest.importorskip("sklearn", reason="needs scikit-learn: pip install 'cimsim[data]'")


@pytest.fixture(scope="module")
def run():
    """Forty images of noise on a real network, with everything that can be asked."""
    rng = np.random.default_rng(0)
    return cimsim.simulate(
        cimsim.load_arch(ROOT / "arch_configs/stt_mram.yaml"),
        cimsim.load_workload(ROOT / "workloads/lenet.npz"),
        x=rng.integers(0, 256, (40, 1, 28, 28)).astype(np.uint8),
        y=rng.integers(10, size=40),
        n_mc_samples=6,
        ood=["uniform-noise", "rotate:45"],
        shifts=["rotation", "noise"],
    )


@pytest.mark.parametrize("name", ["ood", "shifts", "risk_coverage", "convergence", "reliability"])
def test_no_text_covers_another(run, name):
    with mpl.rc_context(STYLE):
        assert overlapping(getattr(figures, f"draw_{name}")(run)) == []


def test_shift_curves_are_the_table_beside_the_single_pass(run):
    figure = figures.draw_shifts(run)
    table = run.uncertainty.shifts
    assert len(figure.axes) == len(SHIFTS) * 5
    single, passes = figure.axes[0].lines
    rows = table[table["shift"] == "rotation"]
    np.testing.assert_array_equal(passes.get_ydata(), rows["accuracy"])
    np.testing.assert_array_equal(single.get_ydata(), rows["baseline_accuracy"])


def test_risk_curves_end_at_the_errors(run):
    single, passes = figures.draw_risk_coverage(run).axes[0].lines
    assert passes.get_ydata()[-1] == pytest.approx(1 - run.summary["accuracy"])
    assert single.get_ydata()[-1] == pytest.approx(1 - run.summary["baseline_accuracy"])


def test_a_panel_for_each_set_says_both_aurocs(run):
    with mpl.rc_context(STYLE):
        titles = [axes.get_title(loc="left") for axes in figures.draw_ood(run).axes]
    assert [title.split(":")[0] for title in titles] == ["uniform-noise", "rotate"]
    for title, name in zip(titles, ("uniform-noise", "rotate:45"), strict=True):
        assert f"AUROC {run.summary[f'auroc_{name}']:.4f}" in title
        assert f"single pass {run.summary[f'baseline_auroc_{name}']:.4f}" in title


def test_the_page_has_the_single_pass_and_a_line_for_each_set(run):
    lines = summary_text(run).splitlines()
    assert sum(line.startswith("single pass") for line in lines) == 1
    outside = [line for line in lines if line.startswith("outside")]
    assert len(outside) == 2 and outside[1].endswith("rotate:45")
    assert max(map(len, lines)) <= 80


@pytest.fixture
def table():
    rows = [
        {"group": "simulated", "label": label, "play": play, "accuracy": a, "accuracy_low": a - 0.01,
         "accuracy_high": a + 0.01, "nll": 1 - a, "energy_j": e}
        for label, a, e in (("none", 0.97, 1e-6), ("Scale Dropout", 0.98, 8e-6), ("SpinDrop", 0.975, 9e-6))
        for play, e in (("sequential", e), ("best", e / 3))
    ]  # fmt: skip
    rows.append({"group": "literature", "label": "other", "energy_j": 2e-5, "grade": "recalled"})
    return pd.DataFrame(rows)


def test_stacks_have_the_energies_as_lengths_and_published_ones_stand_apart(table):
    simulated = table[table["group"] == "simulated"]
    parts = pd.DataFrame({"array": simulated["energy_j"] * 0.75, "random bits": simulated["energy_j"] * 0.25})
    with mpl.rc_context(STYLE):
        figure = figures.draw_energy_stack(table, parts)
        assert overlapping(figure) == []
    sequential, best, published = figure.axes
    ends = [
        max(b.get_x() + b.get_width() for b in sequential.patches if round(b.get_y() + 0.36) == y)
        for y in (1, 2)
    ]
    assert ends == pytest.approx([8.0, 9.0])  # in microjoules
    assert "Published" in published.get_title(loc="left") and best.get_title(loc="left") != ""


def test_points_are_the_rows(table):
    axes = figures.draw_against_energy(table, "accuracy", "accuracy").axes[0]
    drawn = {
        (float(x), float(y))
        for line in axes.lines
        for x, y in zip(line.get_xdata(), line.get_ydata(), strict=True)
    }
    rows = table[table["group"] == "simulated"]
    assert drawn >= set(zip(rows["energy_j"], rows["accuracy"], strict=True))
