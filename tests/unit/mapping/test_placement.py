"""Where weights go: counted by hand, and laws for any shape."""

from dataclasses import replace

import numpy as np
import pytest
from hand_chip import hand_chip, lenet_like
from hypothesis import given
from hypothesis import strategies as st

from cimsim.errors import CapacityError, SpecError
from cimsim.mapping.placement import n_chip_tiles, place_layers, reads_per_step, row_tile_sizes, sum_bits
from cimsim.mapping.spread import Spread
from cimsim.workload import build_graph


def one_layer(shape, *, groups=1, size=8, dropout=None, bits=1):
    op, weight = ("conv2d" if len(shape) == 4 else "linear"), np.ones(shape, np.int8)
    node = {"name": "only", "op": op, "inputs": ["input"]}
    if op == "conv2d":
        node["groups"] = groups
    if dropout:
        node["dropout"], weight = {"kind": dropout}, np.stack([weight] * 3)
    inputs = [shape[1] * groups, size, size] if op == "conv2d" else [shape[1]]
    spec = {"format": "cimsim-workload/1", "name": "one", "task": "regression",
            "input": {"shape": inputs, "bits": bits}, "nodes": [node], "output": "only"}  # fmt: skip
    return build_graph(spec, {"only.weight": weight})


def place(graph, **changes):
    return place_layers(graph, hand_chip(**changes))["only"]


def test_a_convolution_unrolled_into_columns():
    p = place(one_layer((7, 5, 3, 3)))
    assert (p.rows, p.columns, p.row_tiles, p.column_tiles, p.n_subarrays) == (45, 7, 3, 1, 3)
    assert (p.n_macros, p.n_tiles, p.n_positions, p.n_planes) == (2, 1, 36, 1)
    assert (p.steps, p.row_steps) == (4, 12)  # 16, 16 and 13 rows, 4 at a time
    assert p.cell_utilization == 45 * 7 / (3 * 256)


def test_kernel_split_takes_a_crossbar_for_every_tap():
    p = place(one_layer((7, 5, 3, 3)), conv_mapping="kernel_split")
    assert (p.strategy, p.row_tiles, p.n_subarrays, p.steps, p.row_steps) == ("kernel_split", 9, 9, 2, 18)


def test_columns_spread_over_subarrays_and_read_outs():
    chip = hand_chip()
    p = place_layers(one_layer((40, 10)), chip)["only"]
    assert (p.column_tiles, p.n_subarrays, p.n_positions) == (3, 3, 1)
    assert reads_per_step(p, chip.geometry) == 4  # 14 of 16 columns on 4 read-outs
    assert reads_per_step(place(one_layer((5, 10))), chip.geometry) == 2


@pytest.mark.parametrize(("columns_per_readout", "columns", "reads"), [(7, 16, 6), (3, 5, 1), (3, 7, 2)])
def test_read_outs_that_do_not_divide_the_columns(columns_per_readout, columns, reads):
    """16 columns have 3 read-outs of at most 7, or 6 of at most 3."""
    geometry = hand_chip(columns_per_readout=columns_per_readout).geometry
    placement = place_layers(lenet_like(), hand_chip())["co1"]
    assert reads_per_step(replace(placement, columns=columns), geometry) == reads


def test_groups_are_matrices_of_their_own():
    p = place(one_layer((6, 2, 3, 3), groups=3))
    assert (p.groups, p.rows, p.columns, p.row_tiles, p.n_subarrays) == (3, 18, 2, 2, 6)


def test_instances_stand_side_by_side():
    p = place(one_layer((7, 5, 3, 3), dropout="instances"))
    assert (p.n_variants, p.n_subarrays, p.rows, p.columns) == (3, 9, 45, 7)


def test_replicas_get_macros_of_their_own_and_never_exceed_positions():
    p = place(one_layer((7, 5, 3, 3)), replicas={"only": 4})
    assert (p.replicas, p.n_subarrays, p.n_macros) == (4, 12, 8)
    assert place(one_layer((4, 10)), replicas={"only": 4}).replicas == 1


def test_a_digital_first_layer_needs_no_subarray():
    placements = place_layers(lenet_like(bits=8), hand_chip(first_layer="digital"))
    assert placements["co1"].strategy == "digital"
    assert (placements["co1"].n_macros, placements["co1"].n_planes, placements["co2"].n_macros) == (0, 8, 2)


def test_layers_fill_macros_in_order_and_share_tiles():
    placements = place_layers(lenet_like(), hand_chip())
    assert [(p.layer, p.n_macros, p.first_tile, p.n_tiles) for p in placements.values()] == [
        ("co1", 1, 0, 1),
        ("co2", 2, 0, 2),
        ("li3", 2, 1, 2),
        ("fc", 1, 2, 1),
    ]
    assert n_chip_tiles(placements, hand_chip().geometry) == 3


def test_what_travels_between_the_tiles_of_a_layer():
    # 8 row tiles x 2 column tiles on 4 subarrays a tile: a column lies on two tiles, a row on two as well.
    p = place(one_layer((32, 128)))
    assert (p.n_subarrays, p.n_tiles) == (16, 4)
    assert p.spread == Spread(1, 4, 2, 2, 2, 2, 2, 1)
    p = place(one_layer((32, 64)))
    assert (p.n_tiles, p.spread) == (2, Spread(1, 2, 2, 0, 2, 2, 2, 1))


def test_copies_on_several_tiles_have_all_they_need_on_each():
    p = place(one_layer((7, 2, 3, 3)), replicas={"only": 6})  # two row tiles: a macro each, two on a tile
    assert (p.n_macros, p.n_tiles, p.spread) == (6, 3, Spread(3, 1, 1, 0, 1, 3, 3, 3))


def test_sums_have_a_sign_and_every_plane():
    assert sum_bits(place(one_layer((4, 10)))) == 5  # -10..10
    assert sum_bits(place(one_layer((4, 10), bits=8))) == 13  # -2550..2550


def test_a_chip_that_is_too_small_says_what_each_layer_needs():
    with pytest.raises(CapacityError) as caught:
        place_layers(lenet_like(), hand_chip(n_tiles=2))
    assert str(caught.value) == (
        "arch_configs/hand.yaml: chip.tiles: 2 tiles hold 4 macros, the network needs 6 "
        "(co1 1, co2 2, li3 2, fc 1); set chip.tiles to auto or to at least 3"
    )
    assert place_layers(lenet_like(), hand_chip(n_tiles=3)) == place_layers(lenet_like(), hand_chip())


def test_a_budget_of_one():
    with pytest.raises(CapacityError, match=r"1 tile holds 2 macros, the network needs 8 \(only 8\)"):
        place(one_layer((32, 128)), n_tiles=1)
    one = hand_chip(n_tiles=1, macros_per_tile=1)
    with pytest.raises(CapacityError, match=r"1 tile holds 1 macro, the network needs 8"):
        place_layers(one_layer((32, 128)), one)


def test_replicas_of_a_layer_that_is_not_there():
    with pytest.raises(SpecError) as caught:
        place_layers(lenet_like(), hand_chip(replicas={"co3": 2}))
    assert str(caught.value) == (
        "arch_configs/hand.yaml: chip.replicas.co3: must name a layer of the network; did you mean 'co2'?"
    )


@given(st.integers(1, 3000), st.integers(1, 128), st.integers(1, 128), st.integers(1, 9))
def test_row_tiles_hold_every_row_once_and_evenly(rows, n_rows, rows_active, splits):
    sizes = row_tile_sizes(rows * splits, n_rows, rows_active, splits)
    assert sum(sizes) == rows * splits
    assert min(sizes) > 0 and max(sizes) <= n_rows
    assert len(sizes) == splits * -(-rows // n_rows)


@given(st.integers(1, 3000), st.integers(1, 8), st.integers(1, 16))
def test_row_steps_are_as_few_as_the_rows_allow(rows, steps_of_a_tile, rows_active):
    sizes = row_tile_sizes(rows, steps_of_a_tile * rows_active, rows_active)
    steps = [-(-size // rows_active) for size in sizes]
    assert sum(steps) == -(-rows // rows_active)
    assert max(steps) - min(steps) <= 1
