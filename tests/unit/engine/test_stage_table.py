"""What a table refuses, word for word."""

import pytest

from cimsim.errors import CimsimError
from cimsim.sim.stage_table import Edge, Stage, StageTable

STAGES = [Stage(0, 2, 1), Stage(0, 2, 1)]


@pytest.mark.parametrize(
    ("stages", "edges", "n_servers", "message"),
    [
        ([Stage(1, 2, 1)], [], [1], "stage 0: resource: must be from 0 to 0 (got 1)"),
        ([Stage(0, 0, 1)], [], [1], "stage 0: n_items: must be from 1 to 1073741824 (got 0)"),
        ([Stage(0, 1, 0)], [], [1], "stage 0: service_fs: must be from 1 to 4611686018427387904 (got 0)"),
        (
            [Stage(0, 1, 1, -1)],
            [],
            [1],
            "stage 0: latency_fs: must be from 0 to 4611686018427387904 (got -1)",
        ),
        ([Stage(0, 1, 1)], [], [0], "resource 0: n_servers: must be at least 1 (got 0)"),
        (STAGES, [Edge(0, 2)], [1], "edge 0: consumer: must be from 0 to 1 (got 2)"),
        (STAGES, [Edge(0, 1, divide=0)], [1], "edge 0: divide: must be from 1 to 1073741824 (got 0)"),
        (STAGES, [Edge(1, 1)], [1], "stage 1 -> stage 1: must join two different stages"),
        (
            STAGES,
            [Edge(0, 1, producer_width=2**20, producer_height=2**20)],
            [1],
            "stage 0 -> stage 1: must span at most 1073741824 items (got 1099511627776)",
        ),
        (
            [Stage(0, 10**9, 10**10)],
            [],
            [1],
            "program: must fit in 4,611 s of simulated time (got up to 1e+04 s)",
        ),
    ],
)
def test_out_of_range(stages, edges, n_servers, message):
    with pytest.raises(CimsimError) as caught:
        StageTable.build(stages, edges, n_servers)
    assert str(caught.value) == message


def test_names_appear_in_messages():
    with pytest.raises(CimsimError) as caught:
        StageTable.build([Stage(0, 1, 1), Stage(0, 0, 1)], [], [1], names=["one", "two"])
    assert str(caught.value) == "two: n_items: must be from 1 to 1073741824 (got 0)"
