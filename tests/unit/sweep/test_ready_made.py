"""The sweeps that are shipped."""

from pathlib import Path

import pytest

from cimsim.sweep.fairness import check_fair
from cimsim.sweep.plan import plan_sweep

FOLDER = Path(__file__).resolve().parents[3] / "arch_configs" / "sweeps"
READY_MADE = sorted(FOLDER.glob("*.yaml"))


@pytest.mark.parametrize("path", READY_MADE, ids=lambda path: path.stem)
def test_every_shipped_sweep_can_be_run(path):
    plan = plan_sweep(path)
    check_fair(plan)
    assert plan.spec.about and plan.spec.objectives
    assert 1 < plan.n_points <= 1000


def test_all_are_installed():
    setup = (FOLDER.parents[1] / "setup.cfg").read_text()
    assert "share/cimsim/arch_configs/sweeps =\n    arch_configs/sweeps/*.yaml\n" in setup
    assert len(READY_MADE) >= 6
