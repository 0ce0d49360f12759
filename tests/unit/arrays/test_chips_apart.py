"""What chips out of one spread share, and what not."""

from dataclasses import replace

import numpy as np
from arch_files import STT
from hand_chip import lenet_like
from naive.graphs import random_images

from cimsim.arch import build_chip, load_arch
from cimsim.circuits.array_model import ArrayModel
from cimsim.mapping.mapper import map_network
from cimsim.sim.analog_layer import AnalogLayer, array_chip
from cimsim.sim.sum_errors import SumErrors
from cimsim.sim.tensors import InputTensor


def test_chips_of_equal_cells_have_noise_of_their_own():
    graph, chip = lenet_like(dropout=None), build_chip(load_arch(STT))
    signals = replace(chip.arrays.signals, resistance_cv=0.0, tmr_cv=0.0, access_cv=0.0)
    model = ArrayModel(signals, chip.arrays.read_out, read_noise=0.2)
    program = map_network(graph, replace(chip, arrays=model))
    sums = []
    for instance in (0, 0, 1):
        arrays = array_chip(program, "sequential", "statistical", 0, instance)
        layer = AnalogLayer(graph, graph.node("co1"), (8, 8, 1), arrays, SumErrors())
        operand = layer.operand(InputTensor(random_images(graph, 3, 0), 1.0, 0.0))
        sums.append(layer.sums(replace(operand, keys=np.arange(3, dtype=np.uint64))).sums)
    np.testing.assert_array_equal(sums[0], sums[1])
    assert np.mean(sums[0] != sums[2]) > 0.3
