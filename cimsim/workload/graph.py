"""What a network is: an immutable graph of nodes with their parameters and shapes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["MAC_OPS", "Dropout", "InputSpec", "Node", "WorkloadGraph"]

MAC_OPS = ("conv2d", "linear")


@dataclass(frozen=True)
class InputSpec:
    """How the network is fed: shape (channels, height, width) or (features,), and the integer encoding.

    ``bits`` 1 means values -1/+1; 2 to 8 mean integers, unsigned or two's complement. A stored integer q
    stands for the real value ``scale*q + offset``.
    """

    shape: tuple[int, ...]
    bits: int
    signed: bool = False
    scale: float = 1.0
    offset: float = 0.0
    binarize_at: int = 128


@dataclass(frozen=True)
class Dropout:
    """What the stochastic unit does at a node, independently for each image and pass.

    Attributes
    ----------
    kind, p, rescale : as in the spec
    divisor : of kept values, 1 - p as the network was trained, whatever p a chip then makes of it
    """

    kind: str
    p: float = 0.0
    rescale: bool = False
    divisor: float = 1.0


@dataclass(frozen=True, eq=False)
class Node:
    """One operation: ``attrs`` are its settings from the spec, ``params`` its arrays by short name."""

    name: str
    op: str
    inputs: tuple[str, ...]
    attrs: Mapping[str, Any] = field(default_factory=dict)
    params: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    dropout: Dropout | None = None

    @property
    def is_mac(self) -> bool:
        return self.op in MAC_OPS


@dataclass(frozen=True, eq=False)
class WorkloadGraph:
    """A validated network. ``shapes`` holds "input" and every node; no batch axis.

    ``domains`` says what a tensor holds: "input" (the encoded input), "sign" (-1, +1, and 0 where dropped) or
    "real". MAC nodes read "input" or "sign"; such a tensor stands for its value over ``divisors`` (1 without
    rescaling dropout upstream).
    """

    name: str
    task: str
    input: InputSpec
    nodes: tuple[Node, ...]
    output: str
    shapes: Mapping[str, tuple[int, ...]]
    domains: Mapping[str, str]
    divisors: Mapping[str, float] = field(default_factory=dict)
    classes: tuple[str, ...] = ()
    dataset: str | None = None
    provenance: Mapping[str, Any] = field(default_factory=dict)
    source: str = "<memory>"
    """The file it came from, for messages."""

    def node(self, name: str) -> Node:
        return next(node for node in self.nodes if node.name == name)

    @property
    def mac_nodes(self) -> tuple[Node, ...]:
        return tuple(node for node in self.nodes if node.is_mac)

    @property
    def stochastic_nodes(self) -> tuple[Node, ...]:
        """Nodes whose dropout draws random bits, in graph order."""
        return tuple(n for n in self.nodes if n.dropout is not None and n.dropout.kind != "ensemble")

    def consumers(self, name: str) -> tuple[Node, ...]:
        return tuple(node for node in self.nodes if name in node.inputs)

    def n_macs(self, name: str) -> int:
        """Multiply-accumulates of a MAC node for one image and pass (1 MAC = 2 ops), padding included."""
        node = self.node(name)
        weight = node.params["weight"]
        positions = int(np.prod(self.shapes[name][1:])) if node.op == "conv2d" else 1
        return int(np.prod(weight.shape[-4:] if node.op == "conv2d" else weight.shape[-2:])) * positions

    def n_weights(self, name: str) -> int:
        weight = self.node(name).params.get("weight")
        return 0 if weight is None else int(weight.size)
