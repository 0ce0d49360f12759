"""Networks that publications are compared on: one product, and four layers of a published design point."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cimsim.workload import WorkloadGraph, build_graph

__all__ = ["four_layers", "one_product"]


def one_product(rows: int, columns: int) -> WorkloadGraph:
    """One layer; fed with +1, every second cell of a column matches."""
    return _network((rows,), [_layer("product", "input")], {"product": _weights(columns, rows)})


def four_layers() -> WorkloadGraph:
    """Two convolutions 5 x 5 of 32 and 64 channels, both pooled, then 512 and 10 neurons, on 28 x 28."""
    convolution: dict[str, Any] = {"op": "conv2d", "padding": [2, 2]}
    nodes = [
        _layer("conv1", "input", **convolution), *_pooled("conv1"),
        _layer("conv2", "conv1_sign", **convolution), *_pooled("conv2"),
        {"name": "flat", "op": "flatten", "inputs": ["conv2_sign"]},
        _layer("fc1", "flat"), {"name": "fc1_sign", "op": "sign", "inputs": ["fc1"]},
        _layer("fc2", "fc1_sign"),
    ]  # fmt: skip
    weights = {
        "conv1": _weights(32, 1, 5, 5),
        "conv2": _weights(64, 32, 5, 5),
        "fc1": _weights(512, 3136),
        "fc2": _weights(10, 512),
    }
    return _network((1, 28, 28), nodes, weights)


def _layer(name: str, after: str, op: str = "linear", **settings: Any) -> dict[str, Any]:
    return {"name": name, "op": op, "inputs": [after], **settings}


def _pooled(name: str) -> list[dict[str, Any]]:
    return [
        {"name": f"{name}_pool", "op": "maxpool2d", "inputs": [name], "kernel": [2, 2], "stride": [2, 2]},
        {"name": f"{name}_sign", "op": "sign", "inputs": [f"{name}_pool"]},
    ]


def _weights(*shape: int) -> NDArray[np.int8]:
    """-1 and +1 in turn, along every axis."""
    signs: NDArray[np.int8] = np.where(np.indices(shape).sum(axis=0) % 2, -1, 1).astype(np.int8)
    return signs


def _network(
    shape: tuple[int, ...], nodes: list[dict[str, Any]], weights: Mapping[str, NDArray[np.int8]]
) -> WorkloadGraph:
    spec = {
        "format": "cimsim-workload/1",
        "name": nodes[-1]["name"],
        "task": "regression",
        "input": {"shape": list(shape), "bits": 1},
        "nodes": nodes,
        "output": nodes[-1]["name"],
    }
    return build_graph(spec, {f"{name}.weight": array for name, array in weights.items()})
