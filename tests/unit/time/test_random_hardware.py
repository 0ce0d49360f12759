"""When random bits are there, and how often members of an ensemble play."""

from pathlib import Path

import numpy as np
import pytest
from hand_chip import TIMING, hand_chip, lenet_like

from cimsim.mapping.mapper import map_network
from cimsim.sim.masks import draw
from cimsim.sim.timing import run_time
from cimsim.workload import load_workload

WORKLOADS = Path(__file__).resolve().parents[3] / "workloads"
DRAW_FS = round(TIMING["draw_s"] * 1e15)


def drawing(kind):
    """By draw command, in units of a draw: (first start, last end) in one pass."""
    program = map_network(lenet_like(dropout=kind, bits=1), hand_chip())
    masks = draw(program.graph, 1, 1, seed=0)
    line = run_time(program, masks, "sequential").timeline
    found = {}
    for k, name in enumerate(line.names):
        if name.endswith("draw"):
            here = line.stage == k
            found[name] = (line.start_fs[here].min() / DRAW_FS, line.end_fs[here].max() / DRAW_FS)
    return program, found


def test_a_bank_takes_as_many_draws_as_its_bits_over_its_modules():
    """Bits of three maps of signs, one module for each word line of the layer behind."""
    program, found = drawing("element")
    bits, modules = (5 * 64, 7 * 4, 20), (45, 28, 20)
    for name, n_bits, n_modules in zip(("act1", "act2", "act3"), bits, modules, strict=True):
        assert program.modules[f"{name}.modules"] == n_modules
        assert found[f"{name}.draw"] == (0, -(-n_bits // n_modules))


def test_banks_of_layers_draw_at_the_same_time_and_shared_units_in_turn():
    assert set(drawing("spatial")[1].values()) == {(0, 1)}
    assert sorted(drawing("scale")[1].values()) == [(0, 1), (1, 2), (2, 3)]


@pytest.mark.parametrize(
    ("name", "copies", "first"),
    # Members that differ in their normalisations share the first layer's sums; whole networks share nothing.
    [("lenet_ensemble", 1, 1), ("lenet_deep_ensemble", 4, 4)],
)
def test_sums_of_the_first_layer_serve_all_members_that_share_its_weights(name, copies, first):
    program = map_network(load_workload(WORKLOADS / f"{name}.npz"), hand_chip(n_rows=128, n_columns=128))
    assert {placement.n_variants for placement in program.placements.values()} == {copies}
    masks = draw(program.graph, 2, 4, seed=0)
    np.testing.assert_array_equal(masks[0, :, 0], [0, 1, 2, 3])
    for schedule, plays in (("sequential", 4), ("prefix_reuse", first)):
        times = run_time(program, masks, schedule)
        assert times.n_plays["conv1.mvm"] == plays
        assert times.n_plays["conv2.mvm"] == times.n_plays["fc1.mvm"] == 4
        assert times.n_plays["conv1.activate"] == 4
