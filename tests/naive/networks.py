"""The two networks of random weights that every chip must carry: a VGG on 32x32x3 and a wide perceptron."""

import numpy as np

from cimsim.workload import build_graph


def _signs(rng, *shape):
    return rng.choice(np.array([-1, 1], np.int8), size=shape)


def _threshold(rng, arrays, name, channels, spread):
    arrays[f"{name}.threshold"] = np.round(rng.normal(0.0, spread, channels)) + 0.5 * rng.integers(
        0, 2, channels
    )
    arrays[f"{name}.direction"] = _signs(rng, channels)


def vgg(seed=0):
    """Valid 3x3 convolutions 64-64-pool-128-128-pool-256-256, fc 512-512-10; signed 8 bits, times 1/128."""
    rng = np.random.default_rng(seed)
    nodes, arrays, last, channels = [], {}, "input", 3
    for index, (width, is_pooled) in enumerate(
        [(64, False), (64, True), (128, False), (128, True), (256, False), (256, False)], start=1
    ):
        conv, act = f"conv{index}", f"act{index}"
        arrays[f"{conv}.weight"] = _signs(rng, width, channels, 3, 3)
        spread = np.sqrt(channels * 9) / (2.0 if last != "input" else 1.0)
        _threshold(rng, arrays, act, width, spread)
        nodes += [
            {"name": conv, "op": "conv2d", "inputs": [last]},
            {"name": act, "op": "threshold", "inputs": [conv]},
        ]
        last, channels = act, width
        if is_pooled:
            nodes.append({"name": f"pool{index}", "op": "maxpool2d", "inputs": [act], "kernel": [2, 2]})
            last = f"pool{index}"
    nodes.append({"name": "flat", "op": "flatten", "inputs": [last]})
    return _head(
        rng,
        "vgg",
        nodes,
        arrays,
        "flat",
        256,
        (512, 512, 10),
        {"shape": [3, 32, 32], "bits": 8, "signed": True, "scale": 1 / 128},
    )


def perceptron(seed=0):
    """784-1024-1024-1024-10 with a 1-bit input."""
    return _head(
        np.random.default_rng(seed),
        "perceptron",
        [],
        {},
        "input",
        784,
        (1024, 1024, 1024, 10),
        {"shape": [784], "bits": 1},
    )


def _head(rng, name, nodes, arrays, last, n_in, widths, spec):
    for index, width in enumerate(widths, start=1):
        fc, act = f"fc{index}", f"fact{index}"
        arrays[f"{fc}.weight"] = _signs(rng, width, n_in)
        nodes.append({"name": fc, "op": "linear", "inputs": [last]})
        if index < len(widths):
            _threshold(rng, arrays, act, width, np.sqrt(n_in) / 2)
            nodes.append({"name": act, "op": "threshold", "inputs": [fc]})
        last, n_in = act, width
    nodes.append({"name": "scores", "op": "scale", "inputs": [fc]})
    arrays["scores.alpha"] = np.full(widths[-1], 1 / 32)
    return build_graph(
        {
            "format": "cimsim-workload/1",
            "name": name,
            "task": "classification",
            "input": spec,
            "nodes": nodes,
            "output": "scores",
        },
        arrays,
    )
