"""Binary matrix product against torch fp32: the same +-1 matrices in the same process, one thread, CPU time.

    python -m pytest benchmarks/bench_gemm.py --benchmark-enable -s

GOPS count two operations a multiply-add: 2 m n k.
"""

import time

import numpy as np
import pytest

from cimsim.sim.kernels import gemm, pack_signs

SIZE = 4096
ROUNDS = 3


def operands(m, n, k):
    rng = np.random.default_rng(0)
    signs = [rng.choice(np.array([-1, 1], np.int8), (rows, k)) for rows in (m, n)]
    return signs, [pack_signs(side[:, None, None])[:, 0, 0] for side in signs]


def cpu_seconds(function, *arguments):
    start = time.process_time()
    function(*arguments)
    return time.process_time() - start


@pytest.mark.parametrize(("m", "n", "k"), [(SIZE, SIZE, SIZE), (512, 512, 4096), (512, 512, 3136)])
def test_gemm(benchmark, m, n, k):
    _, (a, b) = operands(m, n, k)
    benchmark.pedantic(gemm, (a, b, k), rounds=5, warmup_rounds=1)
    if benchmark.stats:
        gops = 2e-9 * m * n * k / benchmark.stats.stats.min
        print(f"\n{m} x {n} x {k}: {gops:.0f} GOPS (best of 5, wall time)")


def test_gemm_against_torch(benchmark):
    torch = pytest.importorskip("torch")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    signs, (a, b) = operands(SIZE, SIZE, SIZE)
    left, right = (torch.from_numpy(side).float() for side in signs)
    product = gemm(a, b, SIZE)
    np.testing.assert_array_equal(product, (left @ right.T).numpy())
    rounds = [
        (cpu_seconds(gemm, a, b, SIZE), cpu_seconds(torch.matmul, left, right.T)) for _ in range(ROUNDS)
    ]
    torch.set_num_threads(threads)
    ours, theirs = np.median(rounds, axis=0)
    ratio = float(np.median([torch_s / gemm_s for gemm_s, torch_s in rounds]))
    gops = 2e-9 * SIZE**3
    print(f"\ncimsim {gops / ours:.0f} GOPS, torch fp32 {gops / theirs:.0f} GOPS: {ratio:.1f} x (CPU time)")
    benchmark.extra_info.update(gops=gops / ours, torch_gops=gops / theirs, ratio=ratio)
    benchmark.pedantic(gemm, (a, b, SIZE), rounds=1)
    assert ratio >= 10
