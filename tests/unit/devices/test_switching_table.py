"""The table against the solver, its cache, its monotony; closed forms and escape rates in their ranges."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cimsim.devices import switching_table as module
from cimsim.devices.closed_forms import koch_rate, precessional_error, precessional_mean_time, thermal_rate
from cimsim.devices.escape import disturb_probability, escape_rate
from cimsim.devices.fokker_planck import switching_curve
from cimsim.devices.switching_table import DELTAS, MOST_OVERDRIVE, switching_table

DRIVES = st.floats(0.0, MOST_OVERDRIVE)
TAUS = st.floats(0.05, 90.0)
BARRIERS = st.floats(*DELTAS)


@pytest.mark.parametrize("delta", [13.0, 33.0, 50.0, 72.0, 133.0])
@pytest.mark.parametrize("overdrive", [0.55, 0.97, 1.31, 2.2, 4.7])
def test_between_its_nodes_the_table_is_the_solver(overdrive, delta):
    switching = (0.5 * np.log(4 * delta) + 0.6) / max(overdrive, 1.0)
    step = 2 * switching / 800
    steps = np.concatenate([np.full(800, step), np.repeat(step * 2.0 ** np.arange(1, 8), 40)])
    tau = np.cumsum(steps)
    switched, kept = switching_curve(overdrive, delta, steps)
    use = (tau > 0.05) & (tau < 100) & (switched > 1e-9) & (kept > 1e-12)
    table = switching_table()
    np.testing.assert_allclose(table.switched(overdrive, tau[use], delta), switched[use], atol=6e-3)
    # Over a low barrier junctions come back, the write error levels out and the table bends around that.
    deep = use & (kept < 0.1) & (delta > 20)
    np.testing.assert_allclose(
        table.log_error(overdrive, tau[deep], delta), np.log(kept[deep]), rtol=0.03, atol=0.02
    )


@given(DRIVES, DRIVES, TAUS, TAUS, BARRIERS)
def test_more_current_and_longer_pulses_switch_more(i, j, t, u, delta):
    table = switching_table()
    weak, strong = sorted((i, j))
    short, long = sorted((t, u))
    p = table.switched([weak, strong, strong], [short, short, long], delta)
    slack = 1.0 + 1e-12  # of rounding
    assert 0.0 <= p[0] <= slack * p[1] <= slack**2 * p[2] and p[2] <= 1.0
    error = table.log_error([weak, strong, strong], [short, short, long], delta)
    assert slack * -error[2] >= -error[1] and slack * -error[1] >= -error[0] >= 0.0


def test_write_errors_reach_far_below_1e_12():
    assert float(switching_table().log_error(3.0, 12.0, 60.0)) < np.log(1e-12)


def test_a_barrier_outside_the_table_is_refused():
    with pytest.raises(ValueError, match="delta must be from 8 to 200"):
        switching_table().switched(1.0, 1.0, 250.0)


def test_it_is_built_once_and_then_read(tmp_path, monkeypatch):
    """A damaged file is built anew, a folder that cannot be written is no obstacle."""
    small = np.zeros((len(module._DELTAS), len(module._DRIVES), len(module._LOG_TAUS)), np.float32)
    built = []
    monkeypatch.setattr(module, "_build", lambda: built.append(1) or small)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    fresh = module.switching_table.__wrapped__
    fresh(), fresh()
    assert len(built) == 1
    (path,) = (tmp_path / "cimsim").iterdir()
    path.write_bytes(path.read_bytes()[:1000])
    fresh()
    assert len(built) == 2
    monkeypatch.setenv("XDG_CACHE_HOME", str(path))  # a file where the folder should be
    fresh()
    assert len(built) == 3


@pytest.mark.parametrize("delta", [20.0, 40.0, 60.0])
def test_the_escape_rate_is_the_slope_of_the_solver(delta):
    for overdrive in (0.0, 0.2, 0.4):
        if delta * (1 - overdrive) ** 2 < 10:
            continue
        switched, _ = switching_curve(overdrive, delta, np.full(600, 0.05))
        slope = (switched[-1] - switched[299]) / (300 * 0.05)
        assert escape_rate(overdrive, delta) == pytest.approx(slope, rel=2e-3)
        assert float(thermal_rate(overdrive, delta)) == pytest.approx(slope, rel=0.04)


def test_retention_and_read_disturb_of_the_dossier():
    tau_d = 1.868e-9
    ten_years = 10 * 365.25 * 86400 / tau_d
    assert disturb_probability(0.0, 60.0, ten_years) == pytest.approx(6.5e-9, rel=0.05)
    assert disturb_probability(0.0, 40.0, ten_years) == pytest.approx(0.92, rel=0.01)
    read = 10.0 / 1.87
    for overdrive, at_40, at_60 in ((0.2, 1.1e-10, 3.8e-16), (0.3, 3.7e-8, 2.5e-12), (0.4, 5.4e-6, 4.9e-9)):
        assert disturb_probability(overdrive, 40.0, read) == pytest.approx(at_40, rel=0.1)
        assert disturb_probability(overdrive, 60.0, read) == pytest.approx(at_60, rel=0.1)


def test_a_current_that_helps_makes_the_well_deeper():
    assert escape_rate(-0.2, 40.0) < escape_rate(0.0, 40.0) < escape_rate(0.2, 40.0)


@pytest.mark.parametrize(("overdrive", "delta"), [(0.99, 60.0), (-0.99, 60.0)])
def test_no_barrier_no_rate(overdrive, delta):
    with pytest.raises(ValueError, match="no barrier"):
        escape_rate(overdrive, delta)


@pytest.mark.parametrize(("overdrive", "delta"), [(0.9, 60.0), (0.8, 20.0), (0.5, 8.0), (0.9, 8.0)])
def test_where_hardly_a_barrier_is_left_the_rate_is_one_over_the_mean_time(overdrive, delta):
    """By the solver, as far as those that return let it tell."""
    tau = np.full(4000, 0.02)
    _, kept = switching_curve(overdrive, delta, tau)
    mean = 0.02 * (0.5 + float(kept[kept > 1e-4].sum()))
    assert 1.0 / escape_rate(overdrive, delta) == pytest.approx(mean, rel=0.2)


@pytest.mark.parametrize(("overdrive", "tolerance"), [(2.5, 0.01), (4.0, 0.01), (1.5, 0.1)])
def test_the_precessional_form_in_its_range(overdrive, tolerance):
    """Times to errors from 0.5 to 1e-9."""
    for delta in (20.0, 80.0):
        step = 0.002
        steps = np.full(int(14 / (overdrive - 1) / step), step)
        _, kept = switching_curve(overdrive, delta, steps)
        tau = np.cumsum(steps)
        form = precessional_error(overdrive, tau, delta)
        for error in (0.5, 1e-3, 1e-6, 1e-9):
            exact, closed = (tau[np.argmax(curve < error)] for curve in (kept, form))
            assert closed == pytest.approx(exact, rel=tolerance, abs=2 * step)


@pytest.mark.parametrize(
    ("overdrive", "mean", "tolerance"), [(2.0, 2.232, 0.01), (3.0, 1.274, 0.01), (1.5, 3.622, 0.04)]
)
def test_the_closed_mean_time_in_its_range(overdrive, mean, tolerance):
    assert float(precessional_mean_time(overdrive, 60.0)) == pytest.approx(mean, rel=tolerance)


def test_the_textbook_exponent_understates_read_disturb():
    assert float(thermal_rate(0.3, 60.0) / koch_rate(0.3, 60.0)) > 1e5
