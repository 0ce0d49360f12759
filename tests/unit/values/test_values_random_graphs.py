"""The values pass equals an independent interpreter on random networks: every sign and logit bit for bit."""

from hypothesis import given, settings
from hypothesis import strategies as st
from naive.graphs import random_graph, random_images
from naive.watched import check_against_interpreter

from cimsim.sim.masks import draw

SEEDS = st.integers(0, 2**32 - 1)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(SEEDS)
def test_every_tensor_equals_the_interpreter(seed):
    graph = random_graph(seed)
    x = random_images(graph, 2, seed)
    check_against_interpreter(graph, x, draw(graph, 2, 3, seed))
