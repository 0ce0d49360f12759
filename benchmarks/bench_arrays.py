"""Binary LeNet on arrays with errors, T = 10 dropout passes an image, against torch fp32, one thread.

    python -m pytest benchmarks/bench_arrays.py --benchmark-enable -s

The network of bench_lenet.py as a workload: channel dropout before conv2, bit dropout before both linear
layers. Tiles of 128 rows summed at once, 5 % spread of every conductance, 8-bit converters; then with 3 %
noise of every cell in every read. Torch does the same tile after tile: a product with the spread weights,
rounding, clipping; its noise is one normal number a sum with a variance from a second product, as ours. Both
compute the first layer once an image without noise, and in each pass with it. CPU time.
"""

import json
import time

import numpy as np
import pytest

from cimsim.arch import build_chip, load_arch
from cimsim.mapping.mapper import map_network
from cimsim.sim.analog_layer import array_chip
from cimsim.sim.values import run_values
from cimsim.workload import load_workload

PASSES, IMAGES, PEER_IMAGES, ROUNDS, NOISE = 10, 300, 20, 3, 0.03


def workload(path, rng):
    """Weights and thresholds at random; fc2's sums are the output."""
    shapes = {"conv1": (32, 1, 5, 5), "conv2": (64, 32, 5, 5), "fc1": (512, 3136), "fc2": (10, 512)}
    nodes, last = [], "input"
    for k, name in enumerate(shapes):
        is_conv = name.startswith("conv")
        node = {"name": name, "op": "conv2d" if is_conv else "linear", "inputs": [last]}
        nodes.append(node | ({"padding": [2, 2]} if is_conv else {}))
        last = name
        if is_conv:
            pool = {"name": f"pool{k}", "op": "maxpool2d", "inputs": [last], "kernel": [2, 2]}
            nodes.append(pool)
            last = pool["name"]
        if name != "fc2":
            kind = "spatial" if k == 0 else "element"
            sign = {
                "name": f"act{k}",
                "op": "threshold",
                "inputs": [last],
                "dropout": {"kind": kind, "p": 0.25},
            }
            nodes.append(sign)
            last = sign["name"]
        if name == "conv2":
            nodes.append({"name": "flat", "op": "flatten", "inputs": [last]})
            last = "flat"
    spec = {
        "format": "cimsim-workload/1", "name": "w1", "task": "classification",
        "classes": [str(k) for k in range(10)], "input": {"shape": [1, 28, 28], "bits": 1}, "nodes": nodes,
        "output": "fc2", "provenance": {},
    }  # fmt: skip
    signs = {f"{n}.weight": rng.choice(np.array([-1, 1], np.int8), s) for n, s in shapes.items()}
    limits = {f"act{k}.threshold": rng.integers(-9, 10, c).astype(float) for k, c in enumerate((32, 64, 512))}
    np.savez_compressed(path, spec=np.array(json.dumps(spec)), **signs, **limits)
    return load_workload(path)


def assumed(path, value):
    return f"{path}={{value: {value}, grade: assumed, source: benchmark}}"


def architecture(noise):
    cell = "tile.macro.subarray.cell"
    return load_arch("arch_configs/stt_mram.yaml", [
        "tile.macro.rows_active=128", "tile.macro.adc.bits=8", "tile.macro.adc.errors.references=linear",
        assumed(f"{cell}.device.spread.resistance_cv", 0.05), assumed(f"{cell}.device.spread.tmr_cv", 0),
        assumed(f"{cell}.access_resistance_ohm", 1), assumed(f"{cell}.errors.access_cv", 0),
        assumed(f"{cell}.errors.read_noise", noise),
    ])  # fmt: skip


class TorchTiles:
    """The same network in torch, tile after tile."""

    def __init__(self, torch, graph, noise):
        self.torch, self.noise, self.layers = torch, noise, []
        generator = torch.Generator().manual_seed(0)
        for name in ("conv1", "conv2", "fc1", "fc2"):
            weight = torch.from_numpy(graph.node(name).params["weight"].copy()).float().flatten(1)
            parts = []
            for part in weight.split(128, dim=1):
                plus = (part > 0) + 0.1 * torch.randn(part.shape, generator=generator)
                minus = (part < 0) + 0.1 * torch.randn(part.shape, generator=generator)
                parts.append((plus.T.contiguous(), minus.T.contiguous()))
            self.layers.append(parts)
        self.limits = [
            torch.from_numpy(graph.node(f"act{k}").params["threshold"].copy()).float() for k in range(3)
        ]

    def dots(self, x, layer):
        """Of -1/0/+1 (..., rows)."""
        torch, total, start = self.torch, 0, 0
        for plus, minus in self.layers[layer]:
            here = x[..., start : start + len(plus)]
            up, down = here.clamp(min=0), here.neg().clamp_(min=0)
            count = up @ plus + down @ minus
            if self.noise:
                variance = self.noise**2 * (up @ plus.square() + down @ minus.square())
                count += variance.sqrt_() * torch.randn_like(count)
            total = total + 2 * count.round_().clamp_(0, 255) - here.abs().sum(dim=-1, keepdim=True)
            start += len(plus)
        return total

    def conv(self, x, layer):
        functional = self.torch.nn.functional
        columns = functional.unfold(x, 5, padding=2).transpose(1, 2)
        sums = self.dots(columns, layer).transpose(1, 2).reshape(len(x), -1, *x.shape[2:])
        return (functional.max_pool2d(sums, 2) - self.limits[layer][:, None, None] + 0.5).sign_()

    def passes(self, x):
        functional = self.torch.nn.functional
        with self.torch.inference_mode():
            first, total = self.conv(x, 0), 0
            for _ in range(PASSES):
                start = self.conv(x, 0) if self.noise else first
                y = self.conv(functional.dropout2d(start, 0.25).sign_(), 1).flatten(1)
                y = functional.dropout(y, 0.25).sign_()
                z = (self.dots(y, 2) - self.limits[2] + 0.5).sign_()
                z = functional.dropout(z, 0.25).sign_()
                total = total + functional.softmax(0.05 * self.dots(z, 3), dim=1)
            return total / PASSES


def cpu(function):
    start = time.process_time()
    function()
    return time.process_time() - start


@pytest.mark.parametrize("noise", [0.0, NOISE])
def test_arrays_against_torch(tmp_path, noise):
    torch = pytest.importorskip("torch")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    graph = workload(tmp_path / "w1.npz", rng)
    program = map_network(graph, build_chip(architecture(noise)))
    x = rng.choice(np.array([-1, 1], np.int8), (IMAGES, 1, 28, 28))
    arrays = array_chip(program, "sequential", "statistical", 0, 0)
    theirs = TorchTiles(torch, graph, noise)
    pixels = torch.from_numpy(x).float()

    def ours():
        run_values(graph, program.folds, x, n_mc_samples=PASSES, arrays=arrays)

    ours()
    # Drawing the chip is part of a run, not of its passes.
    drawn = min(
        cpu(lambda: run_values(graph, program.folds, x[:1], n_mc_samples=1, arrays=arrays)) for _ in range(2)
    )
    rounds = [(cpu(ours) - drawn, cpu(lambda: theirs.passes(pixels[:PEER_IMAGES]))) for _ in range(ROUNDS)]
    torch.set_num_threads(threads)
    own_s, peer_s = np.median(rounds, axis=0)
    own, peer = IMAGES * PASSES / own_s, PEER_IMAGES * PASSES / peer_s
    print(f"\nnoise {noise:g}: arrays {own:,.0f}, torch {peer:,.0f} image-passes per core-second")
    assert own > 2 * peer


def test_the_workload_is_the_one_it_says(tmp_path):
    graph = workload(tmp_path / "w1.npz", np.random.default_rng(0))
    assert (
        sum(graph.n_macs(node.name) for node in graph.mac_nodes) == 627_200 + 10_035_200 + 1_605_632 + 5_120
    )
