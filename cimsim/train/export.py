"""From a trained network to the spec and the arrays of a workload file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from cimsim.train.evaluate import exact_copy
from cimsim.train.layers import BinaryConv2d
from cimsim.train.network import BinaryNetwork, Block
from cimsim.train.recipes import Recipe
from cimsim.train.scale_dropout import EPS

__all__ = ["export"]

Arrays = dict[str, NDArray[Any]]
ExportedNode = tuple[str, dict[str, Any], Arrays]


def export(
    network: BinaryNetwork, recipe: Recipe, name: str, provenance: Mapping[str, Any]
) -> tuple[dict[str, Any], Arrays]:
    """Spec and arrays of a ``cimsim-workload/1`` file with the same logits as ``network``, bit for bit."""
    blocks = list(exact_copy(network).chain)
    n_convolutions = sum(isinstance(block.mac, BinaryConv2d) for block in blocks)
    nodes: list[dict[str, Any]] = []
    arrays: Arrays = {}
    for index, block in enumerate(blocks, start=1):
        for node, attributes, params in _nodes(block, index, index - n_convolutions):
            source = nodes[-1]["name"] if nodes else "input"
            nodes.append({"name": node, "op": attributes.pop("op"), "inputs": [source], **attributes})
            arrays |= {f"{node}.{key}": value for key, value in params.items()}
    spec = {
        "format": "cimsim-workload/1",
        "name": name,
        "task": "classification",
        "classes": [str(label) for label in range(recipe.n_classes)],
        "input": {
            "shape": list(recipe.input_shape),
            "bits": 8,
            "signed": False,
            "scale": network.input_scale,
        },
        "dataset": recipe.dataset,
        "nodes": nodes,
        "output": nodes[-1]["name"],
        "provenance": dict(provenance),
    }
    return spec, arrays


def _nodes(block: Block, index: int, n_linear: int) -> list[ExportedNode]:
    """Nodes (name, op and attributes, arrays) of a block; ``n_linear`` counts linear layers from 1."""
    weight = {"weight": np.where(block.mac.weight.detach().numpy() >= 0, 1, -1).astype(np.int8)}
    nodes: list[ExportedNode] = []
    if isinstance(block.mac, BinaryConv2d):
        nodes.append((f"conv{index}", {"op": "conv2d"}, weight))
    else:
        if n_linear == 1:
            nodes.append(("flatten", {"op": "flatten"}, {}))
        nodes.append((f"fc{n_linear}", {"op": "linear"}, weight))
    if block.pool > 1:
        nodes.append((f"pool{index}", {"op": "maxpool2d", "kernel": [block.pool, block.pool]}, {}))
    nodes += _normalization(block, index)
    if block.sign:
        nodes.append((f"sign{index}", {"op": "sign"}, {}))
    return nodes


@torch.no_grad()
def _normalization(block: Block, index: int) -> list[ExportedNode]:
    """Nodes (name, op and attributes, arrays) of a normalisation: one, or a scale in front of one."""
    norm = block.norm
    mean, var, scale = norm.mean, norm.var, norm.scale
    dropout = {"dropout": {"kind": "scale", "p": block.p}} if block.p > 0 else {}
    statistics: dict[str, Any] = {"op": "batchnorm", "eps": EPS}
    if norm.placement == "undropped":
        arrays = {"gamma": norm.gain, "beta": norm.shift, "mean": scale * mean, "var": scale**2 * var}
        return [
            (f"scale{index}", {"op": "scale", **dropout}, _plain({"alpha": scale})),
            (f"bn{index}", statistics, _plain(arrays)),
        ]
    arrays = {"gamma": norm.gamma(var, drop=False), "beta": norm.shift, "mean": mean, "var": var}
    if norm.placement == "literal" and dropout:
        arrays["dropped_alpha"] = norm.gamma(var, drop=True)
    return [(f"bn{index}", {**statistics, **dropout}, _plain(arrays))]


def _plain(tensors: Mapping[str, torch.Tensor]) -> Arrays:
    return {name: tensor.detach().numpy() for name, tensor in tensors.items()}
