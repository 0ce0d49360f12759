"""The Program: what the chip executes, the one type that mapping hands to simulation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cimsim.arch.chip import Chip
from cimsim.mapping.spread import ONE_TILE, Spread
from cimsim.workload.graph import WorkloadGraph

__all__ = ["Buffer", "Command", "Fold", "Placement", "Pool", "Program", "Window"]


@dataclass(frozen=True)
class Pool:
    """A max-pool window (rows, columns)."""

    kernel: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int] = (0, 0)


@dataclass(frozen=True, eq=False)
class Fold:
    """One MAC node and the chain behind it down to signs, as integer thresholds.

    An integer sum d gives the bit ``(d >= threshold) ^ pre_flip``, then the pool's OR, then ``^ post_flip``.

    Attributes
    ----------
    mac : the MAC node
    chain : folded nodes behind it, in order; the last one carries the signs (or the pool behind them)
    dropouts : folded nodes with a scalar mask; state index = sum of bit_k << k over their bits in order
    thresholds : (n_states, n_classes, c_out) int32
    pre_flip, post_flip : (n_states, c_out) bool
    position_class : (h_out, w_out) uint8, which class of border taps an output position belongs to
    pool : max-pool folded in as OR (or AND through the flips), else None
    """

    mac: str
    chain: tuple[str, ...]
    dropouts: tuple[str, ...]
    thresholds: NDArray[np.int32]
    pre_flip: NDArray[np.bool_]
    post_flip: NDArray[np.bool_]
    position_class: NDArray[np.uint8]
    pool: Pool | None = None

    @property
    def output(self) -> str:
        return self.chain[-1]


@dataclass(frozen=True)
class Placement:
    """Where one MAC node sits on the chip.

    Attributes
    ----------
    strategy : "unrolled", "kernel_split" or "digital" (a first layer without subarrays or steps)
    rows, columns : size of the unrolled weight matrix, per group
    row_tiles, column_tiles : subarrays down and across, per group
    n_subarrays, n_macros, n_tiles : what it takes, replicas and variants included; layers may share a tile
    replicas : copies that work on different output positions
    steps : row steps of one MVM on one subarray, ceil(rows in the fullest row tile / rows_active)
    n_planes : input bit planes driven one after another
    n_positions : output positions (MVMs per image, pass and plane)
    cell_utilization : weights / cells occupied
    groups : independent weight matrices of this size, on subarrays of their own
    n_variants : weight sets kept side by side (`instances`, `ensemble`), one of them active in a pass
    row_steps : row steps of one MVM summed over the row tiles of one group
    first_tile : the tile that holds its first macro, and names the resources that serve the layer
    spread : how its copies lie over tiles
    """

    layer: str
    strategy: str
    rows: int
    columns: int
    row_tiles: int
    column_tiles: int
    n_subarrays: int
    n_macros: int
    n_tiles: int
    replicas: int
    steps: int
    n_planes: int
    n_positions: int
    cell_utilization: float
    groups: int = 1
    n_variants: int = 1
    row_steps: int = 0
    first_tile: int = 0
    spread: Spread = ONE_TILE

    def tile_unit(self, unit: str) -> str:
        """Name of the resource: a unit of its first tile, or those of all sites together."""
        return f"tile{self.first_tile}.{unit}" if self.spread.n_sites == 1 else f"{self.layer}.{unit}s"


class Buffer(NamedTuple):
    """Bits in front of a layer: rows enough for its window (or maps of tensors with more readers); maps."""

    line_bits: int
    map_bits: int


@dataclass(frozen=True)
class Window:
    """How far a command must wait for another one.

    Item i of the consumer is output position ``i // divide``, at (y, x) of a raster ``width`` wide. It needs
    producer positions up to row ``y*stride_y + reach_y`` and column ``x*stride_x + reach_x`` (clipped to the
    producer's raster), each made of ``multiply`` producer items. ``capacity`` is the buffer between them in
    producer items (0: unbounded): the producer stalls when it is full. A position is freed when the raster
    reaches row ``y*stride_y - pad_y`` and column ``x*stride_x - pad_x`` behind it.
    """

    producer: str
    divide: int = 1
    multiply: int = 1
    width: int = 1
    producer_width: int = 1
    producer_height: int = 1
    stride_y: int = 1
    stride_x: int = 1
    reach_y: int = 0
    reach_x: int = 0
    pad_y: int = 0
    pad_x: int = 0
    capacity: int = 0


@dataclass(frozen=True)
class Command:
    """A stream of equal requests to one resource, for one image and one pass.

    Attributes
    ----------
    name : unique in the Program, for example ``conv1.convert``
    layer : node it belongs to
    kind : "issue", "load", "fetch", "mvm", "convert", "reduce", "draw", "activate", "move", "vector" or
        "average"
    resource : FIFO resource that serves it; layers may share one
    n_items : requests for one image and pass
    service_s : time the resource is held per request
    actions : (component, action, count for one image and pass); the ledger puts in what depends on data
    after : what it waits for
    depends_on_masks : stochastic nodes upstream of it: passes that agree on them repeat the same work
    """

    name: str
    layer: str
    kind: str
    resource: str
    n_items: int
    service_s: float
    actions: tuple[tuple[str, str, float], ...] = ()
    after: tuple[Window, ...] = ()
    depends_on_masks: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Program:
    """A network placed on a chip: immutable, ready for the two passes."""

    graph: WorkloadGraph
    chip: Chip
    placements: Mapping[str, Placement]
    folds: Mapping[str, Fold]
    commands: tuple[Command, ...]
    resources: Mapping[str, int]
    """Name of each FIFO resource and its number of parallel servers."""
    buffers: Mapping[str, Buffer] = field(default_factory=dict)
    """What waits in front of each layer."""
    modules: Mapping[str, int] = field(default_factory=dict)
    """Sources of random bits that draw side by side, by resource; `cimsim.mapping.draws` says which."""

    def commands_of(self, layer: str) -> tuple[Command, ...]:
        return tuple(command for command in self.commands if command.layer == layer)
