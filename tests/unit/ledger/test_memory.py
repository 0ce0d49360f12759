"""How many memory blocks a schedule needs."""

import pytest
from hand_chip import hand_chip, lenet_like, residual

from cimsim.mapping.mapper import map_network
from cimsim.mapping.placement import sum_bits
from cimsim.sim.memory import memory_blocks, network_bits


def blocks(schedule, size_bits, n_passes=6):
    return memory_blocks(map_network(lenet_like(), hand_chip(size_bits=size_bits)), schedule, n_passes)


def test_one_block_a_place_where_it_is_large_enough():
    assert blocks("enumerate", 10**6) == {"tile_buffer": 3, "threshold_sram": 3, "global_buffer": 1}


@pytest.mark.parametrize(
    ("schedule", "bits"),
    [
        # co1 holds 4 of 8 image rows of 3 bits, co2 its map of 80 signs, half of it on either of two tiles;
        # li3 holds 28 signs on each of two tiles, fc 20 on the last.
        ("sequential", (96 + 40, 40 + 28, 28 + 20)),
        ("pipelined", (2 * (96 + 40), 2 * (40 + 28), 2 * (28 + 20))),
        # Two runs of whole maps, and both states of what the mask in between decides.
        ("prefix_reuse", (2 * 192 + 4 * 40, 4 * (40 + 28), 4 * (28 + 20))),
    ],
)
def test_what_waits_over_the_size_of_a_block(schedule, bits):
    for size in (1, 10, 50, 100):
        assert blocks(schedule, size)["tile_buffer"] == sum(max(1, -(-b // size)) for b in bits)


def test_no_more_maps_than_passes():
    assert blocks("prefix_reuse", 1, n_passes=1)["tile_buffer"] < blocks("prefix_reuse", 1)["tile_buffer"]


def test_the_image_waits_in_the_global_buffer_and_thresholds_stay():
    assert blocks("sequential", 1)["global_buffer"] == 8 * 8 * 3
    # Two states of sums with sign and direction; li3 begins columns on both of its tiles.
    assert blocks("sequential", 1)["threshold_sram"] == 2 * (5 * 8 + 7 * 8) + 2 * (10 * 7) + 2 * (10 * 7)


@pytest.mark.parametrize("size", [1, 7, 45, 100])
def test_weights_of_a_digital_layer_have_a_memory_of_their_own(size):
    program = map_network(lenet_like(), hand_chip(size_bits=size, first_layer="digital"))
    assert memory_blocks(program, "sequential", 1)["weight_memory"] == -(-45 // size)


def test_masks_that_are_drawn_first_wait_in_the_global_buffer():
    """One bit a layer and pass; passes that are equal beyond the second add no maps."""
    few, many = (blocks("prefix_reuse", 1, n_passes=n)["global_buffer"] for n in (40, 100))
    assert many - few == 60 * 3
    assert blocks("enumerate", 1, n_passes=40)["global_buffer"] == few - 40 * 3


@pytest.mark.parametrize(
    ("dropout", "n_states"), [(None, 1), ("spatial", 1), ("element", 1), ("scale", 2), ("affine", 4)]
)
def test_a_chip_keeps_weights_and_the_thresholds_of_every_state(dropout, n_states):
    """A threshold takes the bits of the sums with their sign, and one for its direction."""
    program = map_network(lenet_like(dropout=dropout), hand_chip())
    weights = 45 + 45 * 7 + 28 * 20 + 20 * 4
    assert network_bits(program) == weights + n_states * (5 * 8 + 7 * 8 + 20 * 7)


def test_copies_of_a_layer_are_kept_too():
    once, thrice = (map_network(lenet_like(), hand_chip(replicas={"co1": n})) for n in (1, 3))
    assert network_bits(thrice) - network_bits(once) == 2 * 45


def test_parameters_that_do_not_fold_are_words_of_the_vector_unit():
    """Six channels of a batchnorm behind a sum: a factor and a shift each, of 16 bits; no fold behind it."""
    program = map_network(residual(), hand_chip())
    weights = 6 * 2 * 9 + 2 * 6 * 6 * 9 + 3 * 6 * 9
    thresholds = 6 * (sum_bits(program.placements["stem"]) + 1 + sum_bits(program.placements["left"]) + 1)
    assert network_bits(program) == weights + thresholds + 6 * 2 * 16
