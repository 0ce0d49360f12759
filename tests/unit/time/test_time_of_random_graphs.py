"""Whatever a network looks like, its passes come to an end, and no faster than its resources allow."""

import numpy as np
import pytest
from hand_chip import hand_chip
from naive.graphs import random_graph

from cimsim.mapping.mapper import map_network
from cimsim.sim.counts import ArrayUse
from cimsim.sim.ledger import book
from cimsim.sim.masks import draw, enumerate_masks
from cimsim.sim.memory import memory_blocks
from cimsim.sim.timing import run_time
from cimsim.workload.dropout import DROPOUTS

CHIPS = (
    {},
    {"first_layer": "digital"},
    {"conv_mapping": "kernel_split", "n_rows": 8, "n_columns": 8, "columns_per_readout": 2},
)


@pytest.mark.parametrize("seed", range(24))
def test_any_network_on_any_chip(seed):
    graph = random_graph(seed)
    first = next(iter(graph.mac_nodes)).name
    program = map_network(graph, hand_chip(**CHIPS[seed % 3], replicas={first: 1 + seed % 2}))
    masks = draw(graph, 3, 4, seed)
    schedules = {"sequential": masks, "pipelined": masks, "prefix_reuse": masks}
    if all(node.dropout is None or DROPOUTS[node.dropout.kind].n_bits for node in graph.nodes):
        states, _ = enumerate_masks(graph)
        schedules["enumerate"] = np.broadcast_to(states, (3, *states.shape))
    for schedule, found in schedules.items():
        times = run_time(program, found, schedule)
        name, share = times.busiest(program)
        assert 0 < share <= 1 + 1e-9, name
        assert times.period_s <= times.latency_s
        assert times.period_s >= share * times.latency_s * (1 - 1e-9)
        assert times.latency_p5_s <= times.latency_s <= times.latency_p95_s or schedule == "prefix_reuse"
        blocks = memory_blocks(program, schedule, found.shape[1])
        uses = {name: ArrayUse(1.0, 1.0, 1.0) for name in program.placements}
        ledger = book(program, times, uses, blocks)
        drawn = ledger.count(("stochastic_unit", "draw"), ("stochastic_unit", "draw_fair"))
        assert (drawn == 0) == (
            schedule == "enumerate" or not any(c.kind == "draw" for c in program.commands)
        )
