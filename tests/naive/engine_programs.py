"""Small random programs for the event engine, and the longest path through one."""

import numpy as np
from naive.simpy_engine import Twin

from cimsim.sim.stage_table import Edge, Stage, StageTable


def random_program(seed):
    """Up to 8 stages on up to 4 resources: padded windows, strides, barriers, buffers, latencies, ties."""
    rng = np.random.default_rng(seed)
    n_stages, n_resources, slowest = rng.integers(1, 9), rng.integers(1, 5), rng.integers(1, 8)
    heights, widths = rng.integers(1, 6, n_stages), rng.integers(1, 6, n_stages)
    parts, repeats = rng.integers(1, 3, n_stages), rng.integers(1, 3, n_stages)
    stages = [
        Stage(
            resource=int(rng.integers(n_resources)),
            n_items=int(heights[s] * widths[s] * parts[s]),
            service_fs=int(rng.integers(1, slowest + 1)),
            latency_fs=int(rng.integers(3 * slowest) * rng.integers(2)),
            release_fs=int(rng.integers(10) * rng.integers(2)),
        )
        for s in range(n_stages)
    ]
    edges = []
    for consumer in range(n_stages):
        for producer in range(consumer):
            if rng.random() < 0.4:
                window = random_window(
                    rng, int(widths[producer]), int(heights[producer]), int(parts[producer])
                )
                divide = int(parts[consumer] if rng.random() < 0.8 else repeats[consumer])
                edges.append(Edge(producer, consumer, divide=divide, width=int(widths[consumer]), **window))
    return StageTable.build(stages, edges, rng.integers(1, 4, n_resources).tolist())


def random_window(rng, width, height, multiply):
    """A kernel of up to 3 x 3, now and then a barrier; its buffer is roomy, tight or too small."""
    kernel_y, kernel_x = (int(k) for k in rng.integers(1, 4, 2))
    pad_y, pad_x = int(rng.integers(kernel_y)), int(rng.integers(kernel_x))
    reach_y, reach_x = kernel_y - 1 - pad_y, kernel_x - 1 - pad_x
    capacity = 0
    if rng.random() < 0.15:
        reach_y = reach_x = 2**60
    elif rng.random() < 0.4:
        capacity = int(((reach_y + pad_y) * width + kernel_x) * multiply + rng.integers(-1, 4))
    return {
        "multiply": int(multiply),
        "producer_width": int(width),
        "producer_height": int(height),
        "stride_y": int(rng.integers(1, 3)),
        "stride_x": int(rng.integers(1, 3)),
        "reach_y": reach_y,
        "reach_x": reach_x,
        "pad_y": pad_y,
        "pad_x": pad_x,
        "capacity": max(capacity, 0),
    }


def longest_path_fs(table):
    """When each stage ends if every resource has servers for all and every buffer room for all."""
    twin = Twin(table)
    done = []
    for s, stage in enumerate(twin.stages):
        start, completions = stage.release_fs, []
        for i in range(stage.n_items):
            for edge in twin.incoming[s]:
                start = max([start, *done[edge.producer][: twin.need(edge, i)]])
            completions.append(start + stage.service_fs + stage.latency_fs)
        done.append(completions)
    return np.array([completions[-1] for completions in done])
