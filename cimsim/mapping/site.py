"""What lowering knows while it walks the graph, and the few sums that every command needs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from cimsim.arch.chip import Chip
from cimsim.mapping.placement import sum_bits
from cimsim.mapping.program import Buffer, Command, Fold, Placement, Window
from cimsim.mapping.windows import Sliding, Source, line_buffer, sliding, whole
from cimsim.workload.graph import Node, WorkloadGraph

__all__ = ["CARRIERS", "CHOICES", "WIRING", "Site", "Tensor", "is_ternary", "raster"]

CHOICES = ("instances", "ensemble")
"""Kinds of dropout that choose among weight sets, so that the sums themselves depend on the mask."""

WIRING = ("flatten", "identity", "concat", "upsample2d")
"""Operations that only rename or repeat wires."""

CARRIERS = (*WIRING, "maxpool2d", "hardtanh")
"""Operations behind which signs that were dropped are still 0."""

REAL_BITS = 16
"""Width of the vector unit's fixed-point numbers."""


@dataclass(frozen=True)
class Tensor:
    """How a tensor comes about: who delivers it, and which draws gate it on its way."""

    sources: tuple[Source, ...]
    draws: tuple[Window, ...] = ()
    redrawn: tuple[str, ...] = ()
    """Nodes that draw a fresh bit for every word line that reads the tensor."""


@dataclass
class Site:
    """The building site of a Program: what is given, and what has been laid so far."""

    graph: WorkloadGraph
    chip: Chip
    placements: Mapping[str, Placement]
    folds: Mapping[str, Fold]
    upstream: Mapping[str, tuple[str, ...]]
    commands: list[Command] = field(default_factory=list)
    resources: dict[str, int] = field(default_factory=dict)
    tensors: dict[str, Tensor] = field(default_factory=dict)
    buffers: dict[str, Buffer] = field(default_factory=dict)

    def lay(self, command: Command, servers: int = 1) -> str:
        """Append a command; returns its name."""
        self.commands.append(command)
        self.resources.setdefault(command.resource, servers)
        return command.name

    def clocks(self, work: float, lanes: float = 1) -> float:
        """Seconds that a clocked unit takes for this much work, at least one clock."""
        return max(1, math.ceil(work / lanes)) * self.chip.timing.clock_s

    def readers(self, tensor: str) -> tuple[Node, ...]:
        """Nodes that do something with a tensor, through wiring."""
        found: list[Node] = []
        for node in self.graph.consumers(tensor):
            found.extend(self.readers(node.name) if node.op in WIRING else (node,))
        return tuple(found)

    def reaches_output(self, tensor: str) -> bool:
        """Whether a tensor is the network's output, through wiring."""
        return tensor == self.graph.output or any(
            node.op in WIRING and self.reaches_output(node.name) for node in self.graph.consumers(tensor)
        )

    def _origins(self, tensor: str) -> tuple[str, ...]:
        """The tensors that are stored behind one that is only wiring."""
        node = next((node for node in self.graph.nodes if node.name == tensor), None)
        if node is None or node.op not in WIRING:
            return (tensor,)
        return tuple(origin for name in node.inputs for origin in self._origins(name))

    def _has_one_reader(self, tensor: str) -> bool:
        return len(self.readers(tensor)) == 1 and not self.reaches_output(tensor)

    def inputs_of(
        self, node: Node, move: Sliding, width: int, *, divide: int = 1, needs_all: bool = False
    ) -> tuple[Window, ...]:
        """Windows of a node onto its inputs; books the buffer in front of it.

        A tensor with one reader streams through a line buffer; one with more readers is kept whole, so that a
        branch never waits for a buffer that the other branch holds.
        """
        windows: list[Window] = []
        line_bits = map_bits = 0.0
        for name in node.inputs:
            tensor, shape = self.tensors[name], self.graph.shapes[name]
            streams = all(self._has_one_reader(origin) for origin in self._origins(name))
            share = math.prod(shape) * self.value_bits(name) / len(tensor.sources)
            for source in tensor.sources:
                fits = (source.height, source.width) == raster(shape) and not needs_all
                size = line_buffer(source, move) if streams and fits else 0
                if fits:
                    windows.append(sliding(source, move, width, divide=divide, capacity=size))
                else:
                    windows.append(whole(source.command, source.n_items))
                line_bits += share * (size or source.n_items) / source.n_items
                map_bits += share
            windows.extend(tensor.draws)
        self.buffers[node.name] = Buffer(math.ceil(line_bits), math.ceil(map_bits))
        return tuple(windows)

    def masks_before(self, node: Node) -> tuple[str, ...]:
        """Stochastic nodes that decide what a node works on: upstream ones, and its choice of weights."""
        own = (
            (node.name,) if node.is_mac and node.dropout is not None and node.dropout.kind in CHOICES else ()
        )
        names = {name for tensor in node.inputs for name in self.upstream[tensor]}.union(own)
        return tuple(name for name in self.upstream[node.name] if name in names)

    def value_bits(self, tensor: str) -> int:
        """Bits that one value of a tensor is stored in."""
        domain = self.graph.domains.get(tensor, "input")
        if domain == "input":
            return self.graph.input.bits
        if domain == "sign":
            return 2 if is_ternary(self.graph, tensor) else 1
        return sum_bits(self.placements[tensor]) if tensor in self.placements else REAL_BITS


def raster(shape: tuple[int, ...]) -> tuple[int, int]:
    """Rows and columns of a tensor's positions; a vector is one position."""
    return (shape[1], shape[2]) if len(shape) == 3 else (1, 1)


def is_ternary(graph: WorkloadGraph, tensor: str) -> bool:
    """Whether signs on their way may also be 0 (dropped), which takes a second bit.

    Channels that are dropped as a whole have one flag each, kept beside the word lines they gate.
    """
    if tensor == "input":
        return False
    node = graph.node(tensor)
    if node.dropout is not None and node.dropout.kind == "element":
        return True
    return node.op in CARRIERS and any(is_ternary(graph, name) for name in node.inputs)
