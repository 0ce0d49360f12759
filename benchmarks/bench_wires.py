"""Meshes and ladders of resistive wires, one thread, CPU time, in the same process, in turn.

    OPENBLAS_NUM_THREADS=1 python -m pytest benchmarks/bench_wires.py --benchmark-enable -s

The problem of badcrossbar: N x N cells of 5 or 12.5 kohm, 2 ohm a segment, all rows at 0.1 V. Its whole
solution (all node voltages) against ours, cold, and against the effective conductances of the whole mesh;
then what each further input costs. Ladders: every column of 128 rows, word lines chosen anew for each input.
"""

import os
import time

import numpy as np
import pytest

from cimsim.circuits.ladder import Ladder, driven_currents
from cimsim.circuits.mesh import Mesh, effective_conductance
from cimsim.circuits.mesh_solution import solve_mesh

WIRES = Mesh(2.0, 2.0)
PER_INPUT_S = 1e-4


def cpu(work):
    start = time.process_time()
    work()
    return time.process_time() - start


def problem(n):
    return 1 / np.random.default_rng(0).choice([5e3, 12.5e3], (n, n)), np.full(n, 0.1)


@pytest.fixture(autouse=True)
def one_thread():
    if os.environ.get("OPENBLAS_NUM_THREADS") != "1":
        pytest.skip("set OPENBLAS_NUM_THREADS=1")


@pytest.mark.parametrize("n, rounds, cold_s", [(32, 9, 0.01), (128, 7, 0.1), (256, 3, 1.0)])
def test_mesh_against_badcrossbar(n, rounds, cold_s):
    badcrossbar = pytest.importorskip("badcrossbar", reason="needs badcrossbar, which .ci/run installs")
    siemens, source = problem(n)
    works = (
        lambda: solve_mesh(siemens, source, WIRES),
        lambda: effective_conductance(siemens, WIRES),
        lambda: badcrossbar.compute(source[:, None], 1 / siemens, r_i=2.0),
    )
    for work in works[:2]:
        work()
    one, whole, theirs = np.median([[cpu(work) for work in works] for _ in range(rounds)], axis=0)
    print(f"\n{n} x {n}: badcrossbar {1e3 * theirs:.0f} ms, one input")
    print(f"one input {1e3 * one:.1f} ms, {theirs / one:.0f} times")
    print(f"all inputs {1e3 * whole:.1f} ms, {theirs / whole:.1f} times")
    expected = works[2]().currents.output[0]
    error = (
        np.abs(source @ works[1]() / expected - 1).max(),
        np.abs(works[0]().current_a / expected - 1).max(),
    )
    print(f"largest relative difference {max(error):.0e}")
    assert max(error) < 1e-9
    assert 3 * one < theirs
    assert max(one, whole) < cold_s


@pytest.mark.parametrize("n", [128, 256])
def test_each_further_input_is_a_product(n):
    siemens, source = problem(n)
    effective = effective_conductance(siemens, WIRES)
    one = min(cpu(lambda: [source @ effective for _ in range(1000)]) for _ in range(5)) / 1000
    many = np.tile(source, (1000, 1))
    batch = min(cpu(lambda: many @ effective) for _ in range(5)) / 1000
    print(f"\n{n} x {n}: {1e6 * one:.1f} us an input alone, {1e6 * batch:.2f} us in a batch of 1,000")
    assert one < PER_INPUT_S


@pytest.mark.parametrize("is_same_end", [True, False])
@pytest.mark.parametrize("n_driven", [16, 128])
def test_ladders(n_driven, is_same_end):
    rng, ladder = np.random.default_rng(0), Ladder(128, 2.0, 2.0, 100.0, 100.0, is_same_end)
    branches = 1 / rng.choice([5e3, 12.5e3], (256, 128))
    rows = np.arange(n_driven)
    lines = 2 * rows + rng.integers(0, 2, (1000, n_driven))
    driven_currents(branches, lines, 0.1, ladder, rows)
    one = min(cpu(lambda: driven_currents(branches, lines, 0.1, ladder, rows)) for _ in range(5)) / 1000
    print(f"\n{n_driven} rows x 128 columns, sensed at the {'same' if is_same_end else 'other'} end: "
          f"{1e6 * one:.1f} us an input, {1e9 * one / n_driven / 128:.2f} ns a cell")  # fmt: skip
    assert one < PER_INPUT_S
