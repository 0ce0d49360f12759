"""Event engine against SimPy: the same model in the same process, one thread, CPU time.

    python -m pytest benchmarks/bench_engine.py --benchmark-enable -s

An event is a scheduled release or completion that is processed: one per item, two where there is a latency.
The model has 96 chains of 13 stages: private and shared resources, one and several servers, latencies, 3 x 3
windows with padding, 2 x 2 pooling, a barrier, bounded buffers, late releases; waiting and busy time are
booked. Service times differ by up to 5 %, so that events rarely coincide; in the second model they do.
"""

import time

import numpy as np
import pytest
from naive.simpy_engine import play_simpy

from cimsim.sim.engine import play
from cimsim.sim.stage_table import Edge, Stage, StageTable

WIDTH = 32
SERVICE_FS = 20_000


class Model:
    """Collects the stages, edges and resources of the chains."""

    def __init__(self, jitter_fs):
        self.jitter_fs = jitter_fs
        self.stages, self.edges, self.n_servers = [], [], []

    def resource(self, n_servers=1):
        self.n_servers.append(n_servers)
        return len(self.n_servers) - 1

    def stage(self, resource, n_items, service_fs=SERVICE_FS, latency_fs=0, release_fs=0):
        jitter_fs = len(self.stages) * 7919 % self.jitter_fs
        self.stages.append(Stage(resource, n_items, service_fs + jitter_fs, latency_fs, release_fs))
        return len(self.stages) - 1

    def follow(self, producer, resource, n_items, **timing):
        """A stage that takes the items of another one by one, six at most in between."""
        stage = self.stage(resource, n_items, **timing)
        self.edges.append(Edge(producer, stage, producer_height=n_items, capacity=6))
        return stage

    def table(self):
        return StageTable.build(self.stages, self.edges, self.n_servers)


def build(height, *, n_chains=96, jitter_fs=997):
    """Source, two layers of five stages, pooling and a last barrier over a raster ``height`` x 32.

    Two neighbouring chains share the resources of the third and fourth stage of their layers.
    """
    model = Model(jitter_fs)
    n = WIDTH * height
    raster = {"producer_width": WIDTH, "producer_height": height, "reach_y": 1, "reach_x": 1}
    for chain in range(n_chains):
        if chain % 2 == 0:
            shared = [(model.resource(2), model.resource(2)) for _ in range(2)]
        last = model.stage(model.resource(), n, release_fs=chain * 31_337)
        for layer, (converter, adder) in enumerate(shared):
            if layer == 0:
                last = model.follow(last, model.resource(), n)
            else:
                head = model.stage(model.resource(), n)
                window = Edge(last, head, width=WIDTH, pad_y=1, pad_x=1, capacity=4 * WIDTH, **raster)
                model.edges.append(window)
                last = head
            last = model.follow(last, model.resource(), n)
            last = model.follow(last, converter, n, latency_fs=layer * 50_000)
            last = model.follow(last, adder, n)
            last = model.follow(last, model.resource(), n, service_fs=18_000)
        pool = model.stage(model.resource(), n // 4, service_fs=75_000)
        strides = {"stride_y": 2, "stride_x": 2}
        model.edges.append(Edge(last, pool, width=WIDTH // 2, capacity=3 * WIDTH, **strides, **raster))
        done = model.stage(model.resource(), 1)
        model.edges.append(Edge(pool, done, producer_height=n // 4, reach_y=n))
    return model.table()


def mean_pending(table, result):
    """Items in service or in their latency, time average (Little's law)."""
    _, n_items, service_fs, latency_fs, _ = table.stages.T
    return float((n_items * (service_fs + latency_fs)).sum() / result.end_fs)


def timed(function, table):
    start = time.process_time()
    result = function(table)
    return result, time.process_time() - start


@pytest.mark.parametrize("jitter_fs", [997, 1], ids=["events apart", "events together"])
def test_engine(benchmark, jitter_fs):
    table = build(256, jitter_fs=jitter_fs)
    result = benchmark.pedantic(play, [table], rounds=5, warmup_rounds=1)
    pending = mean_pending(table, result)
    print(f"\n{len(table.stages)} stages, {result.n_events} events, {pending:.0f} pending on average")
    if benchmark.stats:
        print(f"{result.n_events / benchmark.stats.stats.min / 1e6:.1f} M events/s (best of 5, wall time)")
    assert pending >= 1000


def test_engine_against_simpy():
    table = build(8)
    play(build(1))
    rounds = [(timed(play, table), timed(play_simpy, table)) for _ in range(3)]
    for (result, engine_s), (twin, simpy_s) in rounds:
        for name in ("start", "finish", "busy", "waiting"):
            np.testing.assert_array_equal(getattr(result, f"{name}_fs"), twin[name])
        rates = (result.n_events / engine_s / 1e6, result.n_events / simpy_s / 1e6)
        print(f"\nengine {rates[0]:.1f}, SimPy {rates[1]:.3f} M events/s: {simpy_s / engine_s:.0f} x")
