"""A small network that touches most of the format, as a spec and arrays that tests may spoil."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

Parts = tuple[dict[str, Any], dict[str, NDArray[Any]]]


@pytest.fixture
def parts() -> Parts:
    """conv1 - bn1 - act1 - pool1 - flat - fc1 - act2 - fc2 on 2 x 8 x 8 inputs, 3 classes."""
    rng = np.random.default_rng(7)

    def signs(*shape: int) -> NDArray[np.int8]:
        return rng.choice(np.array([-1, 1], np.int8), shape)

    nodes: list[dict[str, Any]] = [
        {"name": "conv1", "op": "conv2d", "inputs": ["input"], "padding": [1, 1]},
        {"name": "bn1", "op": "batchnorm", "inputs": ["conv1"], "dropout": {"kind": "scale", "p": 0.15}},
        {"name": "act1", "op": "sign", "inputs": ["bn1"]},
        {"name": "pool1", "op": "maxpool2d", "inputs": ["act1"], "kernel": [2, 2]},
        {"name": "flat", "op": "flatten", "inputs": ["pool1"]},
        {"name": "fc1", "op": "linear", "inputs": ["flat"]},
        {"name": "act2", "op": "threshold", "inputs": ["fc1"]},
        {"name": "fc2", "op": "linear", "inputs": ["act2"]},
    ]
    spec: dict[str, Any] = {
        "format": "cimsim-workload/1",
        "name": "small",
        "task": "classification",
        "classes": ["a", "b", "c"],
        "input": {"shape": [2, 8, 8], "bits": 8},
        "dataset": "digits",
        "nodes": nodes,
        "output": "fc2",
        "provenance": {"seed": 7, "recipe": "none"},
    }
    arrays: dict[str, NDArray[Any]] = {
        "conv1.weight": signs(4, 2, 3, 3),
        "bn1.gamma": rng.normal(1.0, 0.3, 4),
        "bn1.beta": rng.normal(0.0, 1.0, 4),
        "bn1.mean": rng.normal(0.0, 9.0, 4),
        "bn1.var": rng.uniform(50.0, 100.0, 4),
        "fc1.weight": signs(5, 64),
        "act2.threshold": rng.normal(0.0, 4.0, 5),
        "fc2.weight": signs(3, 5),
        "fc2.bias": rng.normal(0.0, 1.0, 3),
    }
    return spec, arrays
