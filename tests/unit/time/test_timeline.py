"""Intervals joined where they touch and repeated pass after pass."""

import numpy as np
from hand_chip import hand_chip, lenet_like

from cimsim.mapping.mapper import map_network
from cimsim.sim.engine import Intervals
from cimsim.sim.timeline import timeline

PROGRAM = map_network(lenet_like(), hand_chip())


def line(rows, n_repeats=1, period_fs=0):
    stage, start, end = (np.array(column, np.int64) for column in zip(*rows, strict=True))
    return timeline(PROGRAM, PROGRAM.commands, Intervals(stage, start, end), n_repeats, period_fs)


def rows(found):
    columns = (found.stage, found.start_fs, found.end_fs)
    return list(zip(*(column.tolist() for column in columns), strict=True))


def test_services_that_touch_become_one():
    found = line([(3, 0, 5), (4, 2, 6), (3, 5, 9), (3, 10, 12), (4, 6, 7)])
    assert rows(found) == [(3, 0, 9), (4, 2, 7), (3, 10, 12)]
    assert found.names[3] == "co1.mvm" and found.resources[found.resource[0]] == "co1.array"


def test_overlapping_services_of_replicas_stay_apart():
    assert rows(line([(3, 0, 5), (3, 1, 6), (3, 6, 8)])) == [(3, 0, 5), (3, 1, 8)]


def test_passes_follow_at_the_period():
    assert rows(line([(3, 0, 5), (4, 2, 6)], 2, 10)) == [(3, 0, 5), (4, 2, 6), (3, 10, 15), (4, 12, 16)]
