"""Device physics against its peers, one thread, CPU time, in the same process, in turn.

    python -m pytest benchmarks/bench_device.py --benchmark-enable -s

The Fokker-Planck equation against SciPy's sparse solver, on the same grid with the same number of steps (ours
takes two stages a step, SciPy's implicit Euler one); macrospins against cmtj's Heun solver, with the same
magnet and step.
"""

import time

import numba
import numpy as np
import pytest
from naive.switching import generator
from scipy.sparse import eye
from scipy.sparse.linalg import splu

from cimsim.devices import switching_table
from cimsim.devices.fokker_planck import switching_curve
from cimsim.devices.llg import Drive, run_ensemble

N_CELLS, N_STEPS = 700, 2000
ROUNDS = 5


def cpu(work):
    start = time.process_time()
    work()
    return time.process_time() - start


def test_fokker_planck_against_scipy():
    steps = np.full(N_STEPS, 0.005)

    def scipy_curve():
        matrix, mass = generator(2.0, 60.0, N_CELLS)
        solver = splu((eye(N_CELLS) - 0.005 * matrix).tocsc())
        for _ in range(N_STEPS):
            mass = solver.solve(mass)

    switching_curve(2.0, 60.0, steps)
    ours, theirs = zip(
        *[(cpu(lambda: switching_curve(2.0, 60.0, steps)), cpu(scipy_curve)) for _ in range(ROUNDS)],
        strict=True,
    )
    mine, other = 1e3 * np.median(ours), 1e3 * np.median(theirs)
    print(f"\nFokker-Planck, {N_CELLS} cells, {N_STEPS} steps: {mine:.1f} ms")
    print(f"SciPy {other:.0f} ms, {other / mine:.1f} times")
    assert np.median(ours) < np.median(theirs)


def test_macrospins_against_cmtj():
    cmtj = pytest.importorskip("cmtj")
    from naive.cmtj_macrospin import cmtj_run

    per_tau = 1.0001 / 0.01
    n_steps = 8000
    pulse = [(0.0, Drive(0.0)), (n_steps * 0.0535 / per_tau, Drive(0.0))]
    threads = numba.get_num_threads()
    numba.set_num_threads(1)
    try:
        run_ensemble(2, 60.0, 0.01, pulse)
        pairs = [
            (
                cpu(lambda: run_ensemble(100, 60.0, 0.01, pulse, step=0.0535)) / 100,
                cpu(lambda: cmtj_run(cmtj, 0.0, 0, n_steps)),
            )
            for _ in range(ROUNDS)
        ]
    finally:
        numba.set_num_threads(threads)
    ours, theirs = (np.median(side) for side in zip(*pairs, strict=True))
    print(f"\nmacrospin, one core: {n_steps / ours / 1e6:.1f} M steps/s, "
          f"cmtj {n_steps / theirs / 1e6:.1f} M steps/s, {theirs / ours:.1f} times")  # fmt: skip
    assert ours < theirs


def test_the_table():
    start = time.perf_counter()
    y = switching_table._build()
    built = time.perf_counter() - start
    table = switching_table.SwitchingTable(y)
    i, tau = 3 * np.random.default_rng(0).random((2, 100_000))
    table.switched(i, tau, 60.0)
    start = time.perf_counter()
    table.switched(i, tau, 60.0)
    each = (time.perf_counter() - start) / len(i)
    print(f"\ntable: built in {built:.2f} s, {1e9 * each:.0f} ns a look-up")
