"""A network small enough to read, written to files that tests may spoil."""

import json

import numpy as np

SPEC = {
    "format": "cimsim-workload/1",
    "name": "tiny",
    "task": "classification",
    "classes": ["a", "b", "c"],
    "input": {"shape": [1, 4, 4], "bits": 1},
    "nodes": [
        {"name": "conv1", "op": "conv2d", "inputs": ["input"], "padding": [1, 1]},
        {"name": "bn1", "op": "batchnorm", "inputs": ["conv1"], "dropout": {"kind": "scale", "p": 0.25}},
        {"name": "act1", "op": "sign", "inputs": ["bn1"]},
        {"name": "flat", "op": "flatten", "inputs": ["act1"]},
        {"name": "fc1", "op": "linear", "inputs": ["flat"]},
    ],
    "output": "fc1",
}


def tiny_arrays():
    rng = np.random.default_rng(3)
    return {
        "conv1.weight": rng.choice(np.array([-1, 1], np.int8), (2, 1, 3, 3)),
        "bn1.gamma": np.array([1.5, 0.7]),
        "bn1.beta": np.array([0.1, -0.2]),
        "bn1.mean": np.array([0.5, -1.0]),
        "bn1.var": np.array([4.0, 9.0]),
        "fc1.weight": rng.choice(np.array([-1, 1], np.int8), (3, 32)),
    }


def write_data(path):
    """Write twelve images for it, with labels."""
    x = np.random.default_rng(5).choice(np.array([-1, 1], np.int8), (12, 1, 4, 4))
    np.savez(path, x=x, y=np.arange(12) % 3)


def write_workload(path, spec=None, **arrays):
    """Write the tiny network, with another spec or other arrays ("." spelled "__")."""
    changed = {name.replace("__", "."): array for name, array in arrays.items()}
    np.savez_compressed(path, spec=json.dumps(spec or SPEC), **{**tiny_arrays(), **changed})
    return path
