"""What the commands say happens on the arrays is what the values pass saw there."""

import pytest
from hand_chip import hand_chip
from naive.graphs import random_graph, random_images

from cimsim.mapping.mac_commands import driven_rows
from cimsim.mapping.mapper import map_network
from cimsim.mapping.randomness import random_bits
from cimsim.sim.values import run_values

SCALAR = ("scale", "affine", "instances", "ensemble", "gaussian_scale")


@pytest.mark.parametrize("seed", range(12))
def test_word_lines_and_cells_of_any_network(seed):
    graph = random_graph(seed, kinds=SCALAR)
    program = map_network(graph, hand_chip())
    values = run_values(graph, program.folds, random_images(graph, 3, seed), n_mc_samples=4)
    for node in graph.mac_nodes:
        placement, activity = program.placements[node.name], values.activities[node.name]
        driven = 3 * 4 * placement.n_planes * driven_rows(graph, node)[1]
        assert activity.rows_driven == driven
        assert activity.cell_reads == driven * placement.columns
        assert 0 <= activity.matches <= activity.cell_reads
        assert activity.rows_driven_distinct / activity.rows_driven == activity.distinct.sum() / (3 * 4)


def test_commands_draw_the_bits_that_masks_take():
    for seed in range(12):
        graph = random_graph(seed)
        program = map_network(graph, hand_chip())
        actions = [action for c in program.commands if c.kind == "draw" for action in c.actions]
        drawn = sum(n for component, _, n in actions if component == "stochastic_unit")
        assert drawn == sum(random_bits(graph, node) for node in graph.nodes)
        assert sum(n for component, _, n in actions if component == "trim_dac") <= drawn
