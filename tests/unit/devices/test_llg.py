"""The stochastic LLG: equilibrium, first passages against the table and cmtj, conserved length, its noise."""

import numpy as np
import pytest
from naive.cmtj_macrospin import REF40, cmtj_run
from scipy.integrate import quad
from scipy.stats import kstest

from cimsim._jit import njit
from cimsim.devices.llg import Drive, run_ensemble, thermal_start
from cimsim.devices.normal import normal, seeds
from cimsim.devices.switching_table import switching_table

Z = 4.5


@njit
def draw(state, n):
    found = np.empty(n)
    for k in range(n):
        found[k] = normal(state)
    return found


def test_normal_numbers_are_normal():
    found = draw(seeds(np.random.default_rng(1), 1)[0], 400_000)
    assert kstest(found, "norm").pvalue > 1e-3
    beyond = (np.abs(found) > 3.7).mean()  # in the tail, past the edge of the layers at 3.65
    assert beyond == pytest.approx(2.156e-4, abs=Z * np.sqrt(2.156e-4 / len(found)))
    assert abs((found[1:] * found[:-1]).mean()) < Z / np.sqrt(len(found))


def sine2(delta):
    weight = lambda z: np.exp(-delta * (1 - z * z))  # noqa: E731
    return quad(lambda z: (1 - z * z) * weight(z), 0, 1)[0] / quad(weight, 0, 1)[0]


@pytest.mark.parametrize("delta", [20.0, 40.0, 60.0])
def test_without_current_it_stays_in_thermal_equilibrium(delta):
    """Started along z, which is no equilibrium, it must find it: <sin^2> within 3 standard errors."""
    start = np.tile([0.0, 0.0, 1.0], (3000, 1))
    found = run_ensemble(3000, delta, 0.1, [(0.0, Drive()), (6.0, Drive())], start=start, seed=3)
    values = 1.0 - found.m[:, 2] ** 2
    assert abs(values.mean() - sine2(delta)) < 3.0 * values.std() / np.sqrt(len(values))


@pytest.mark.parametrize("delta", [20.0, 60.0])
def test_the_thermal_start_is_boltzmann(delta):
    z = thermal_start(20_000, delta, seed=1)[:, 2]
    values = 1.0 - z * z
    assert abs(values.mean() - sine2(delta)) < 3.0 * values.std() / np.sqrt(len(values))


@pytest.mark.parametrize("overdrive", [1.5, 2.0, 3.0])
def test_first_passages_are_those_of_the_table(overdrive):
    n, delta = 2000, 60.0
    pulse = [(0.0, Drive(overdrive)), (9.0 / overdrive, Drive(overdrive))]
    found = run_ensemble(n, delta, 0.01, pulse, stop_at_crossing=True, seed=5)
    for p in (0.1, 0.3, 0.5, 0.7, 0.9):
        tau = np.quantile(found.crossing, p)
        expected = float(switching_table().switched(overdrive, tau, delta))
        assert abs(expected - p) < Z * np.sqrt(p * (1 - p) / n)
    share, low, high = found.crossed(float(np.median(found.crossing)))
    assert low < share < high and share == pytest.approx(0.5, abs=1e-3)


def test_first_passages_are_those_of_cmtj():
    """The C++ solver with the same magnet and current, seeds of its own."""
    cmtj = pytest.importorskip("cmtj")
    n, overdrive = 300, 3.0
    barrier = REF40.barrier()
    theirs = np.sort([cmtj_crossing(cmtj, overdrive, k) for k in range(n)]) / barrier.relaxation_s
    pulse = [(0.0, Drive(overdrive)), (5.0, Drive(overdrive))]
    ours = run_ensemble(3000, float(barrier.delta), 0.01, pulse, stop_at_crossing=True, seed=7)
    for p in (0.2, 0.5, 0.8):
        at = np.quantile(theirs, p)
        share = (ours.crossing <= at).mean()
        assert abs(share - p) < Z * np.sqrt(p * (1 - p) * (1 / n + 1 / 3000))


def cmtj_crossing(cmtj, overdrive, seed):
    """Seconds until m_z is first below 0."""
    log = cmtj_run(cmtj, overdrive, seed, 8000)
    below = np.flatnonzero(np.array(log["free_mz"]) < 0)
    return log["time"][below[0]] if len(below) else np.inf


def test_vectors_keep_their_length_and_relax_without_noise():
    start = np.tile([np.sin(0.5), 0.0, np.cos(0.5)], (1, 1))
    weak = [(0.0, Drive(0.5)), (8.0, Drive(0.5))]
    found = run_ensemble(1, np.inf, 0.02, weak, start=start, n_traced=1, stride=20)
    np.testing.assert_allclose(np.linalg.norm(found.trace[0][:50], axis=1), 1.0, atol=1e-12)
    assert found.m[0, 2] > 0.999


def test_the_critical_current_is_one():
    """Without noise: a small angle dies out just below it and grows just above."""
    start = np.array([[0.02, 0.0, np.sqrt(1 - 4e-4)]])
    for overdrive, grows in ((0.95, False), (1.05, True)):
        found = run_ensemble(1, np.inf, 0.01, [(0.0, Drive(overdrive)), (4.0, Drive(overdrive))], start=start)
        assert (1 - found.m[0, 2] > 1 - start[0, 2]) == grows


def test_a_voltage_that_takes_the_anisotropy_away_lets_it_precess():
    """In-plane field, no anisotropy: precession about the field turns z over."""
    start = np.array([[0.0, 0.0, 1.0]])
    drive = Drive(anisotropy_loss=1.0)
    tau = np.pi / 0.5 * 0.01 / (1 + 0.01**2)  # half a turn in a field of H_k / 2
    found = run_ensemble(1, np.inf, 0.01, [(0.0, drive), (tau, drive)], start=start, field=(0.5, 0.0, 0.0))
    assert found.m[0, 2] < -0.95


def test_spin_orbit_torque_along_y_turns_the_moment_to_y():
    start = np.array([[0.0, 0.0, 1.0]])
    drive = Drive(spin_orbit=1.5)
    found = run_ensemble(1, np.inf, 0.1, [(0.0, drive), (3.0, drive)], start=start)
    assert found.m[0, 1] == pytest.approx(1.0, abs=1e-3)


def test_the_number_of_threads_changes_nothing():
    numba = pytest.importorskip("numba")
    pulse = [(0.0, Drive(2.0)), (0.5, Drive(2.0))]
    many = run_ensemble(50, 60.0, 0.01, pulse, seed=2).m
    threads = numba.get_num_threads()
    numba.set_num_threads(1)
    try:
        np.testing.assert_array_equal(many, run_ensemble(50, 60.0, 0.01, pulse, seed=2).m)
    finally:
        numba.set_num_threads(threads)


def test_a_waveform_must_rise():
    with pytest.raises(ValueError, match="rise"):
        run_ensemble(1, 60.0, 0.01, [(1.0, Drive()), (1.0, Drive())])
