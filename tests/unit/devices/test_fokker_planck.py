"""The Fokker-Planck solver against SciPy, the dossier's figures, and exact limits."""

import numpy as np
import pytest
from naive.switching import generator, switched_by_expm
from scipy.optimize import brentq

from cimsim.devices.fokker_planck import N_CELLS, switching_curve
from cimsim.devices.switching_time import switching_time

OPERATING = {  # tau: i at P = 0.1, 0.5, 0.9, for Delta 40 and 60, as measured before with another solver
    1: ((2.54, 3.30, 4.54), (2.81, 3.53, 4.75)),
    2: ((1.52, 1.95, 2.55), (1.67, 2.09, 2.67)),
    5: ((0.93, 1.17, 1.47), (1.02, 1.24, 1.53)),
    10: ((0.75, 0.92, 1.11), (0.82, 0.98, 1.17)),
}
SMEARED = {(1, 0.9): 0.05, (10, 0.1): 0.02, (10, 0.9): 0.015}
"""Where the older table itself is off: its implicit Euler steps smeared the front (see the exact test)."""


def after(overdrive, tau, delta, n_steps=400, n_cells=N_CELLS):
    return switching_curve(overdrive, delta, np.full(n_steps, tau / n_steps), n_cells=n_cells)


@pytest.mark.parametrize(
    ("overdrive", "mean"), [(1.25, 5.340), (1.5, 3.622), (2.0, 2.232), (3.0, 1.274), (5.0, 0.688)]
)
def test_mean_switching_times_of_ref40(overdrive, mean):
    found = switching_time(overdrive, 60.0)
    assert found.mean == pytest.approx(mean, rel=5e-3)
    for share, tau in zip((0.1, 0.5, 0.9), found.quantiles, strict=True):
        assert after(overdrive, tau, 60.0)[0][-1] == pytest.approx(share, abs=1e-3)


def test_rare_switching_is_exponential_and_meets_the_solver():
    """Either way of finding the mean, at a barrier where both hold: Delta (1 - i)^2 around 12."""
    rare, solved = (switching_time(i, 60.0) for i in (0.55, 0.56))
    assert rare.quantiles[1] == pytest.approx(rare.mean * np.log(2.0))
    assert 0.5 < solved.mean / rare.mean < 0.95
    assert solved.quantiles[1] == pytest.approx(solved.mean * np.log(2.0), rel=0.02)


def test_over_a_low_barrier_there_is_no_mean():
    with pytest.raises(ValueError, match="return over so low a barrier"):
        switching_time(0.1, 3.0)


@pytest.mark.parametrize("delta", [40, 60])
@pytest.mark.parametrize("tau", OPERATING)
def test_operating_points_of_a_random_bit(tau, delta):
    for p, expected in zip((0.1, 0.5, 0.9), OPERATING[tau][delta == 60], strict=True):
        found = brentq(lambda i, p=p: after(i, tau, delta)[0][-1] - p, 0.3, 8.0, xtol=1e-4)
        assert found == pytest.approx(expected, rel=SMEARED.get((tau, p), 0.01))


@pytest.mark.parametrize(
    ("overdrive", "tau", "delta"), [(4.5, 1, 60), (0.8, 10, 60), (2.0, 2, 40), (1.1, 5, 20)]
)
def test_probabilities_are_those_of_an_exact_propagator(overdrive, tau, delta):
    exact = switched_by_expm(overdrive, delta, tau, N_CELLS)
    assert after(overdrive, tau, delta)[0][-1] == pytest.approx(exact, rel=1e-3)


def test_an_implicit_euler_step_smears_the_front_and_this_one_does_not():
    """What the older table shows at 1 tau_D: 66 Euler steps move i at P = 0.9 from 4.57 to 4.77."""
    from scipy.sparse import eye
    from scipy.sparse.linalg import splu

    def euler(i, n_steps):
        matrix, mass = generator(i, 60.0, 500)
        solver = splu((eye(500) - matrix / n_steps).tocsc())
        for _ in range(n_steps):
            mass = solver.solve(mass)
        return mass[250:].sum()

    smeared = brentq(lambda i: euler(i, 66) - 0.9, 3, 6, xtol=1e-3)
    exact = brentq(lambda i: switched_by_expm(i, 60.0, 1.0, 500) - 0.9, 3, 6, xtol=1e-3)
    ours = brentq(lambda i: after(i, 1.0, 60.0, 200, 500)[0][-1] - 0.9, 3, 6, xtol=1e-3)
    assert smeared == pytest.approx(4.75, rel=0.01)
    assert ours == pytest.approx(exact, rel=1e-3)
    assert exact == pytest.approx(4.573, rel=1e-3)


def test_tails_keep_their_relative_precision():
    """Forty cells, propagated with 60 digits."""
    mpmath = pytest.importorskip("mpmath")
    n_cells, delta = 40, 60.0
    for overdrive, tau in ((0.0, 0.3), (3.0, 8.0)):
        matrix, start = generator(overdrive, delta, n_cells)
        with mpmath.workdps(60):
            exact = mpmath.expm(mpmath.matrix((matrix * tau).toarray().tolist())) * mpmath.matrix(
                start.tolist()
            )
            switched = float(sum(exact[n_cells // 2 :]))
            kept = float(sum(exact[: n_cells // 2]))
        found = after(overdrive, tau, delta, 4000, n_cells)
        assert found[0][-1] == pytest.approx(switched, rel=1e-3)
        assert found[1][-1] == pytest.approx(kept, rel=1e-3)
        assert min(switched, kept) < 1e-9


def test_a_field_acts_like_a_current():
    steps = np.full(100, 0.02)
    with_field = switching_curve(1.5, 40.0, steps, field=-0.5)
    np.testing.assert_array_equal(with_field, switching_curve(2.0, 40.0, steps))


def test_mass_is_kept():
    switched, kept = switching_curve(1.3, 30.0, np.geomspace(1e-4, 1.0, 300))
    np.testing.assert_allclose(switched + kept, 1.0, rtol=1e-12)


@pytest.mark.parametrize(
    ("delta", "steps", "n_cells", "rule"),
    [(0.5, [0.1], 700, "delta"), (60, [0.1, 0.0], 700, "time steps"), (60, [0.1], 701, "even")],
)
def test_bad_numbers_are_refused(delta, steps, n_cells, rule):
    with pytest.raises(ValueError, match=rule):
        switching_curve(1.0, delta, np.array(steps), n_cells=n_cells)
