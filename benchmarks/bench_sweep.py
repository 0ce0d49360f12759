"""A sweep of LeNet's time and energy against runs one by one, in the same process, one core.

    python -m pytest benchmarks/bench_sweep.py --benchmark-enable -s

Answers are cached in both: the peer prices a ready values pass for each point (file, chip, mapping, time
pass, ledger, ranges), as a loop over `cimsim.load_arch` would. Grid: bits of converters x rows at a time x
read voltage; sums are exact. CPU time; ours with a new study, which has played one point.
"""

import time
from itertools import product

import numpy as np
import pytest

from cimsim.arch import build_chip, load_arch
from cimsim.arch.vary import Variations, assignment
from cimsim.mapping.mapper import map_network
from cimsim.sim.price import price
from cimsim.sweep.study import Study
from cimsim.workload import load_workload

ARCH, IMAGES, PEER_POINTS = "arch_configs/stt_mram.yaml", 1000, 12
AXES = {
    "tile.macro.adc.bits": range(3, 13),
    "tile.macro.rows_active": (4, 8, 12, 16, 20, 24, 32, 48, 64, 128),
    "tile.macro.read_voltage_v": [round(volts, 4) for volts in np.linspace(0.05, 0.2, 10).tolist()],
}
GRID = [dict(zip(AXES, values, strict=True)) for values in product(*AXES.values())]
CASES = {"T=1 sequential": (1, "sequential"), "T=20 prefix_reuse": (20, "prefix_reuse"),
         "T=20 sequential": (20, "sequential")}  # fmt: skip


def peer(study, schedule, points):
    """Seconds a point, with the findings that the study has."""
    findings = next(iter(study._recent._things.values()))
    start = time.process_time()
    for settings in points:
        overrides = [f"chip.mc_schedule={schedule}", *(assignment(*item) for item in settings.items())]
        program = map_network(study._workload, build_chip(load_arch(ARCH, overrides)))
        price(program, findings, schedule)
    return (time.process_time() - start) / len(points)


@pytest.mark.parametrize("case", CASES)
def test_points_a_second(benchmark, case):
    n_passes, schedule = CASES[case]
    graph, base = load_workload("workloads/lenet.npz"), Variations(ARCH, [f"chip.mc_schedule={schedule}"])

    def study():
        found = Study(graph, n_images=IMAGES, n_mc_samples=n_passes, fidelity="ideal")
        found.summary(base.base)
        return found

    warm = study()
    order = np.random.default_rng(0).permutation(len(GRID))
    slow_s = peer(warm, schedule, [GRID[k] for k in order[:PEER_POINTS]])
    ours = study()

    def sweep():
        start = time.process_time()
        for settings in GRID:
            ours.summary(base.at(settings))
        return (time.process_time() - start) / len(GRID)

    fast_s = benchmark.pedantic(sweep, rounds=1)
    slow_s = (slow_s + peer(warm, schedule, [GRID[k] for k in order[-PEER_POINTS:]])) / 2
    print(
        f"\n{case}: {1e3 * fast_s:.1f} ms a point ({1 / fast_s:.0f}/s and core), one by one "
        f"{1e3 * slow_s:.0f} ms: {slow_s / fast_s:.1f}x"
    )
    assert slow_s > 4 * fast_s
