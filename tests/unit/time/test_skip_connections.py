"""Networks whose branches meet again run under every schedule: no branch starves the other."""

import numpy as np
import pytest

import cimsim
from cimsim.workload import build_graph

SCHEDULES = ("sequential", "pipelined", "prefix_reuse", "enumerate")


def conv(rng, nodes, arrays, name, source, c_in, c_out, kernel):
    arrays[f"{name}.weight"] = rng.choice(np.array([-1, 1], np.int8), size=(c_out, c_in, kernel, kernel))
    arrays[f"{name}_a.threshold"] = np.full(c_out, 0.5)
    padding = [kernel // 2, kernel // 2]
    nodes += [
        {"name": name, "op": "conv2d", "inputs": [source], "padding": padding},
        {"name": f"{name}_a", "op": "threshold", "inputs": [name]},
    ]
    return f"{name}_a"


def dense():
    """A 5x5 branch beside the tensor it starts from, joined by concat and read by one convolution."""
    rng, nodes, arrays = np.random.default_rng(0), [], {}
    stem = conv(rng, nodes, arrays, "stem", "input", 1, 4, 3)
    branch = conv(rng, nodes, arrays, "branch", stem, 4, 4, 5)
    nodes.append({"name": "joined", "op": "concat", "inputs": [branch, stem]})
    arrays["head.weight"] = rng.choice(np.array([-1, 1], np.int8), size=(3, 8, 3, 3))
    nodes.append({"name": "head", "op": "conv2d", "inputs": ["joined"]})
    return nodes, arrays, "head"


def unet():
    """Down, a convolution, up again, and the way past it."""
    rng, nodes, arrays = np.random.default_rng(1), [], {}
    stem = conv(rng, nodes, arrays, "stem", "input", 1, 4, 3)
    nodes.append({"name": "down", "op": "maxpool2d", "inputs": [stem], "kernel": [2, 2]})
    deep = conv(rng, nodes, arrays, "deep", "down", 4, 8, 3)
    deeper = conv(rng, nodes, arrays, "deeper", deep, 8, 8, 3)
    nodes += [
        {"name": "up", "op": "upsample2d", "inputs": [deeper], "factor": 2},
        {"name": "joined", "op": "concat", "inputs": ["up", stem]},
    ]
    arrays["head.weight"] = rng.choice(np.array([-1, 1], np.int8), size=(3, 12, 3, 3))
    nodes.append({"name": "head", "op": "conv2d", "inputs": ["joined"], "padding": [1, 1]})
    return nodes, arrays, "head"


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("chip", ["stt_mram", "sot_mram"])
@pytest.mark.parametrize("network", [dense, unet])
def test_branches_meet_again(network, chip, schedule):
    nodes, arrays, output = network()
    spec = {"format": "cimsim-workload/1", "name": "skip", "task": "segmentation", "output": output}
    graph = build_graph({**spec, "nodes": nodes, "input": {"shape": [1, 16, 16], "bits": 8}}, arrays)
    n_out = graph.shapes[output][1:]
    arch = cimsim.load_arch(f"arch_configs/{chip}.yaml", [f"chip.mc_schedule={schedule}"])
    x = np.random.default_rng(2).integers(0, 256, size=(2, 1, 16, 16))
    summary = cimsim.simulate(arch, graph, x=x, y=np.zeros((2, *n_out), np.int64)).summary
    assert 0.0 < summary["limited_by_busy"] <= 1.0
    assert summary["throughput_images_per_s"] * summary["latency_s"] >= 1.0 - 1e-12
