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


def export(
    network: BinaryNetwork, recipe: Recipe, name: str, provenance: Mapping[str, Any]
) -> tuple[dict[str, Any], Arrays]:
    """Spec and arrays of a ``cimsim-workload/1`` file with the same logits as ``network``, bit for bit."""
    nodes: list[dict[str, Any]] = []
    arrays: Arrays = {}

    def add(node: str, op: str, **attributes: Any) -> None:
        source = nodes[-1]["name"] if nodes else "input"
        nodes.append({"name": node, "op": op, "inputs": [source], **attributes})

    n_linear = 0
    for index, block in enumerate(exact_copy(network).chain, start=1):
        if isinstance(block.mac, BinaryConv2d):
            mac = f"conv{index}"
            add(mac, "conv2d")
        else:
            n_linear += 1
            mac = f"fc{n_linear}"
            if n_linear == 1:
                add("flatten", "flatten")
            add(mac, "linear")
        arrays[f"{mac}.weight"] = np.where(block.mac.weight.detach().numpy() >= 0, 1, -1).astype(np.int8)
        if block.pool > 1:
            add(f"pool{index}", "maxpool2d", kernel=[block.pool, block.pool])
        for node, attributes, params in _normalization(block, index):
            add(node, attributes.pop("op"), **attributes)
            arrays |= {f"{node}.{key}": value for key, value in params.items()}
        if block.sign:
            add(f"sign{index}", "sign")
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


@torch.no_grad()
def _normalization(block: Block, index: int) -> list[tuple[str, dict[str, Any], Arrays]]:
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
