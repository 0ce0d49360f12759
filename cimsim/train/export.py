"""From a trained network to the spec and the arrays of a workload file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from cimsim.data.catalog import BUILTIN
from cimsim.train.evaluate import exact_copy
from cimsim.train.layers import BinaryConv2d
from cimsim.train.network import BinaryNetwork, Block
from cimsim.train.recipes import Recipe

__all__ = ["export"]

Arrays = dict[str, NDArray[Any]]
ExportedNode = tuple[str, dict[str, Any], Arrays]


def export(
    network: BinaryNetwork, recipe: Recipe, name: str, provenance: Mapping[str, Any]
) -> tuple[dict[str, Any], Arrays]:
    """Spec and arrays of a ``cimsim-workload/1`` file with the logits of ``network``."""
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
        "classes": list(BUILTIN[recipe.dataset].classes),
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
    is_chosen = block.chance.kind == "instances"
    signs = block.mac.members if is_chosen else block.mac.signs()
    weight = {"weight": signs.detach().numpy().astype(np.int8)}
    choice = _dropout({"kind": "instances"} if is_chosen else {})
    nodes: list[ExportedNode] = []
    if isinstance(block.mac, BinaryConv2d):
        padding = {"padding": [block.mac.padding] * 2} if block.mac.padding else {}
        nodes.append((f"conv{index}", {"op": "conv2d", **padding, **choice}, weight))
    else:
        if n_linear == 1:
            nodes.append(("flatten", {"op": "flatten"}, {}))
        nodes.append((f"fc{n_linear}", {"op": "linear", **choice}, weight))
    if block.pool > 1:
        nodes.append((f"pool{index}", {"op": "maxpool2d", "kernel": [block.pool, block.pool]}, {}))
    nodes += _normalization(block, index)
    if block.sign:
        chance = block.chance
        zeroes = {"kind": chance.kind, "p": chance.p, "rescale": True} if chance.zeroes else {}
        nodes.append((f"sign{index}", {"op": "sign", **_dropout(zeroes)}, {}))
    return nodes


@torch.no_grad()
def _normalization(block: Block, index: int) -> list[ExportedNode]:
    """Nodes (name, op and attributes, arrays) of a normalisation, in order."""
    return [
        (f"{node.stem}{index}", {**node.attributes, **_dropout(node.dropout)}, _plain(node.parameters))
        for node in block.norm.nodes(0.0 if block.chance.zeroes else block.chance.p)
    ]


def _dropout(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {"dropout": dict(settings)} if settings else {}


def _plain(tensors: Mapping[str, torch.Tensor]) -> Arrays:
    return {name: tensor.detach().numpy() for name, tensor in tensors.items()}
