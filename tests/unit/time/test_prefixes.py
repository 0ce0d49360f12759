"""Counting distinct mask states, against sets."""

import numpy as np
from hand_chip import lenet_like
from hypothesis import given
from hypothesis import strategies as st

from cimsim.sim.prefixes import distinct_states

GRAPH = lenet_like(dropout="affine")
SETS = [(), ("bn1",), ("bn1", "bn2"), ("bn2", "bn3"), ("bn1", "bn2", "bn3")]


@given(st.integers(1, 5), st.integers(1, 12), st.integers(0, 2**31))
def test_as_many_as_there_are_different_rows(n_images, n_passes, seed):
    masks = np.random.default_rng(seed).integers(0, 4, (n_images, n_passes, 3)).astype(np.uint8)
    counts = distinct_states(GRAPH, SETS, masks)
    column = {"bn1": 0, "bn2": 1, "bn3": 2}
    for names in SETS:
        expected = [len({tuple(row[[column[n] for n in names]]) for row in image}) for image in masks]
        assert counts[names].tolist() == expected


def test_masks_that_are_no_number_differ_in_every_pass():
    masks = np.zeros((2, 7, 3), np.uint8)
    assert distinct_states(GRAPH, [("bn1", "other")], masks)["bn1", "other"].tolist() == [7, 7]
