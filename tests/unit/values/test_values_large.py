"""The networks that the project is measured on: deep convolutions and wide layers equal the interpreter."""

import numpy as np
import pytest
from naive.graphs import random_images
from naive.watched import check_against_interpreter

from cimsim.mapping.folding import fold
from cimsim.workload import build_graph


class Stack:
    """Layers one behind the other, random signs as weights, thresholds of mixed directions."""

    def __init__(self, shape, **fed):
        self.rng = np.random.default_rng(0)
        self.nodes, self.arrays, self.source = [], {}, "input"
        self.fed = {"shape": shape, **fed}
        self.channels = shape[0]

    def add(self, op, arrays=None, **settings):
        name = f"{op}{len(self.nodes)}"
        self.nodes.append({"name": name, "op": op, "inputs": [self.source], **settings})
        self.arrays.update({f"{name}.{key}": array for key, array in (arrays or {}).items()})
        self.source = name

    def signs(self, *shape):
        return self.rng.choice(np.array([-1, 1], np.int8), shape)

    def mac(self, op, c_out, *kernel):
        self.add(op, {"weight": self.signs(c_out, self.channels, *kernel)})
        self.channels = c_out

    def decide(self, spread):
        threshold = self.rng.normal(size=self.channels) * spread
        self.add("threshold", {"threshold": threshold, "direction": self.signs(self.channels)})

    def graph(self):
        spec = {
            "format": "cimsim-workload/1",
            "name": "large",
            "task": "classification",
            "input": self.fed,
            "nodes": self.nodes,
            "output": self.source,
        }
        return build_graph(spec, self.arrays)


def vgg():
    stack = Stack([3, 32, 32], bits=8, signed=True, scale=1 / 128)
    for layer, c_out in enumerate((64, 64, 128, 128, 256, 256)):
        spread = np.sqrt(stack.channels * 9)
        stack.mac("conv2d", c_out, 3, 3)
        stack.decide(spread)
        if layer in (1, 3):
            stack.add("maxpool2d", kernel=[2, 2])
    stack.add("flatten")
    for n_out in (512, 512):
        stack.mac("linear", n_out)
        stack.decide(16.0)
    stack.mac("linear", 10)
    return stack.graph()


def perceptron():
    stack = Stack([1, 28, 28], bits=1)
    stack.add("flatten")
    stack.channels = 784
    for _ in range(3):
        stack.mac("linear", 1024)
        stack.decide(28.0)
    stack.mac("linear", 10)
    return stack.graph()


@pytest.mark.parametrize("build", [vgg, perceptron])
def test_large_networks_equal_the_interpreter(build):
    graph = build()
    assert len(fold(graph)) == len(graph.mac_nodes) - 1
    no_masks = np.zeros((2, 1, 0), dtype=np.uint8)
    check_against_interpreter(graph, random_images(graph, 2, 0), no_masks)
