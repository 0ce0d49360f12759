"""One MAC node on arrays that are not ideal: its sums as the read-out of this chip tells them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from cimsim.arch.chip import Geometry
from cimsim.circuits.array_model import ArrayModel, Converter
from cimsim.circuits.ladder import Ladder
from cimsim.errors import SpecError
from cimsim.mapping.program import Fold, Placement, Program
from cimsim.mapping.states import state_params
from cimsim.rng import stream
from cimsim.sim.kernels import PackedWeights, conv_sums, plain
from cimsim.sim.kernels.activation import activate, make_activation
from cimsim.sim.kernels.analog import read_steps
from cimsim.sim.kernels.blocks import COLUMNS
from cimsim.sim.kernels.lines import WordLines, phases, word_lines
from cimsim.sim.kernels.pack import PackedBits, channel_mask, n_words
from cimsim.sim.kernels.plain import Bits, Sums
from cimsim.sim.layer_cells import LayerCells, draw_cells, layout_of, n_read_outs
from cimsim.sim.mac_layer import MacLayer
from cimsim.sim.noise_keys import keys_of_positions, keys_of_second_phase
from cimsim.sim.operand import Operand
from cimsim.sim.read_outs import draw_read_outs
from cimsim.sim.slow_read import read_cells
from cimsim.sim.sum_errors import SumErrors
from cimsim.workload.dropout import n_members
from cimsim.workload.graph import Node, WorkloadGraph

__all__ = ["AnalogLayer", "ArrayChip", "array_chip"]

Pair = tuple[int, int]

_BATCH_BYTES = 16_000_000


@dataclass(frozen=True, eq=False)
class ArrayChip:
    """One chip out of the spread, as far as its arrays go.

    Attributes
    ----------
    seed, instance : name the chip
    every_pass : whether noise is drawn anew in every pass, or once where the chip reuses a sum
    fidelity : "statistical", "cell" or "circuit"
    drawn : cells of the layers met so far, by layer and member: every set of images sees the same chip
    """

    model: ArrayModel
    geometry: Geometry
    placements: Mapping[str, Placement]
    seed: int
    instance: int
    every_pass: bool = True
    fidelity: str = "statistical"
    drawn: dict[tuple[str, int], list[LayerCells]] = field(default_factory=dict)

    @property
    def is_noisy(self) -> bool:
        return self.model.is_noisy

    @property
    def wires(self) -> Ladder | None:
        """Of the columns, at fidelity `circuit`."""
        reads_sums = isinstance(self.model.read_out, Converter)
        return self.model.wires if self.fidelity == "circuit" and reads_sums else None

    @property
    def each_cell(self) -> bool:
        """Whether the noise of every cell is drawn, not that of their sum."""
        return self.fidelity == "cell"

    def holds(self, node: Node) -> bool:
        """Whether a node's sums are made on arrays, not on digital lanes."""
        return self.placements[node.name].n_macros > 0


def array_chip(program: Program, schedule: str, fidelity: str, seed: int, instance: int) -> ArrayChip | None:
    """The arrays of a chip; None where sums are exact. Chip 0 is the one whose answers a run tells.

    Parameters
    ----------
    schedule : one that reuses sums reads each of them once, whatever the pass

    Raises
    ------
    SpecError : "circuit" without wires
    """
    chip = program.chip
    if fidelity == "ideal" or chip.arrays is None:
        return None
    reads_sums = isinstance(chip.arrays.read_out, Converter)
    if fidelity == "circuit" and reads_sums and chip.arrays.wires is None:
        place = chip.spec.place("tile.macro.subarray.wires")
        cure = "give segment_ohm (cells that share charge have none), or choose another fidelity"
        raise SpecError(place, "must be there for fidelity circuit", cure=cure)
    every_pass = schedule not in ("prefix_reuse", "enumerate")
    return ArrayChip(chip.arrays, chip.geometry, program.placements, seed, instance, every_pass, fidelity)


class AnalogLayer(MacLayer):
    """A MAC node whose sums carry the errors of a chip; what the arrays did is counted on the exact sums."""

    def __init__(
        self,
        graph: WorkloadGraph,
        node: Node,
        raster: tuple[int, int, int],
        chip: ArrayChip,
        errors: SumErrors,
    ) -> None:
        super().__init__(graph, node, raster)
        self._chip, self._errors = chip, errors
        placement = chip.placements[node.name]
        self._layout = layout_of(placement, chip.geometry, self._n_taps)
        for member in range(n_members(node)):
            if (node.name, member) not in chip.drawn:
                chip.drawn[node.name, member] = self._draw(member, raster)
        self._cells = [chip.drawn[node.name, member] for member in range(n_members(node))]
        draw = stream(chip.seed, "noise", layer=node.name, instance=chip.instance)
        self._keys = draw.integers(2**63, size=self._n_groups, dtype=np.uint64)

    def _draw(self, member: int, raster: tuple[int, int, int]) -> list[LayerCells]:
        node, chip = self._node, self._chip
        weight = state_params(node, member)["weight"]
        h, w, c = raster
        taps = weight.reshape(-1, c, h, w) if node.op == "linear" else weight
        groups = np.split(taps, self._n_groups)
        matrices = [part.transpose(2, 3, 1, 0).reshape(-1, len(part)) for part in groups]
        placement = chip.placements[node.name]
        names: dict[str, int | str] = {"layer": node.name, "instance": chip.instance}
        n = n_read_outs(placement, chip.geometry)
        read_outs = draw_read_outs(chip.model.read_out, n, stream(chip.seed, "read_outs", **names))
        return [
            draw_cells(
                matrix,
                layout_of(placement, chip.geometry, self._n_taps, member * len(matrices) + group),
                chip.model,
                read_outs,
                stream(chip.seed, "array", group=group, member=member, **names),
            )
            for group, matrix in enumerate(matrices)
        ]

    @property
    def _n_taps(self) -> int:
        return self.kernel[0] * self.kernel[1]

    def _grouped(self, operand: Operand, member: int, stride: Pair, padding: Pair) -> Sums:
        exact = super()._grouped(operand, member, stride, padding)
        found = self._read(operand, member, stride, padding)
        self._errors.add(self._node.name, found, exact.sums)
        return exact._replace(sums=found)

    def bits(
        self,
        operand: Operand,
        fold: Fold,
        member: int,
        out_rows: NDArray[np.int64],
        n_out: int,
        keep: PackedBits | None = None,
    ) -> Bits:
        states, n = slice(member, None, len(self._cells)), len(operand.words)
        act = make_activation(
            fold.thresholds[states],
            fold.pre_flip[states],
            fold.post_flip[states],
            fold.position_class,
            fold.pool,
        )
        out, rows = np.zeros((n_out, *act.out_shape()), np.uint64), np.require(out_rows, np.int64, ["C", "W"])
        totals = np.empty((2, n), np.int64)
        for items in self._batches(operand, self._stride, self._padding):
            sums = self.sums(operand.take(items), member, None if keep is None else keep[items])
            columns = sums.sums.shape[3]
            padded = np.pad(sums.sums, ((0, 0),) * 3 + ((0, n_words(columns) * COLUMNS - columns),))
            activate(act, padded, rows[items], out)
            totals[:, items] = sums.dot_total, sums.rows_driven
        return Bits(out, totals[0], totals[1])

    def _batches(self, operand: Operand, stride: Pair, padding: Pair) -> Iterator[slice]:
        """So many items at a time that their lines and sums are used while they are near."""
        h_out, w_out = self._out_size(operand, stride, padding)
        n_planes = operand.words.shape[1] if operand.is_planes else 1
        per_position = 4 * int(self._layout.first_quad[-1]) + 4 * self._c_out
        step = max(1, _BATCH_BYTES // (n_planes * h_out * w_out * per_position))
        return (slice(start, start + step) for start in range(0, len(operand.words), step))

    def _out_size(self, operand: Operand, stride: Pair, padding: Pair) -> Pair:
        h_out, w_out = (
            (size + 2 * p - k) // s + 1
            for size, k, s, p in zip(operand.words.shape[-3:-1], self.kernel, stride, padding, strict=True)
        )
        return h_out, w_out

    def _read(self, operand: Operand, member: int, stride: Pair, padding: Pair) -> NDArray[np.int32]:
        """Sums of all groups (n, h_out, w_out, c_out)."""
        parts = list(zip(self._cells[member], self._weights[member], strict=True))
        if self._n_groups == 1:
            return self._of_group(self._named(operand, 0), *parts[0], stride, padding)
        width = operand.channels // self._n_groups
        found = [
            self._of_group(self._named(operand, g, width), *part, stride, padding)
            for g, part in enumerate(parts)
        ]
        return np.concatenate(found, axis=-1)

    def _named(self, operand: Operand, group: int, width: int | None = None) -> Operand:
        """The word lines of a group, with keys of its own."""
        part = operand if width is None else operand.group(group, width)
        return replace(part, keys=None if operand.keys is None else operand.keys ^ self._keys[group])

    def _of_group(
        self, operand: Operand, cells: LayerCells, weights: PackedWeights, stride: Pair, padding: Pair
    ) -> NDArray[np.int32]:
        n, (h_out, w_out) = len(operand.words), self._out_size(operand, stride, padding)
        found = np.empty((n, h_out, w_out, cells.plus.shape[1]), np.int32)
        in_bounds = _in_bounds(operand, weights, stride, padding) if operand.is_planes else None
        for items in self._batches(operand, stride, padding):
            dots = self._dots(operand.take(items), cells, stride, padding)
            dots = dots.reshape(-1, h_out, w_out, found.shape[3])
            if in_bounds is not None:
                dots = plain.weigh_planes(dots, in_bounds, operand.words.shape[1], self._spec.signed)
            found[items] = dots
        return found

    def _dots(self, operand: Operand, cells: LayerCells, stride: Pair, padding: Pair) -> NDArray[np.int32]:
        """Dots of -1/+1 lines with -1/+1 weights, (positions, columns); planes count as items."""
        words = operand.words.reshape(-1, *operand.words.shape[-3:])
        lines = word_lines(
            words, operand.driven, operand.channels, self.kernel, stride, padding, self._pad_value,
            self._layout.first_row,
        )  # fmt: skip
        found = keys_of_positions(operand.keys, len(lines.n_driven) // len(operand.words))
        keys = np.empty(0, np.uint64) if found is None else found
        if self._chip.geometry.n_phases == 1:
            return self._once(lines, cells, keys)
        ups, downs = phases(lines)
        return self._once(ups, cells, keys) - self._once(downs, cells, keys_of_second_phase(keys))

    def _once(self, lines: WordLines, cells: LayerCells, keys: NDArray[np.uint64]) -> NDArray[np.int32]:
        """2 pop - n_driven of each position and column."""
        counts = np.empty((len(lines.n_driven), cells.plus.shape[1]), np.int32)
        wires = self._chip.wires
        if wires is not None or (self._chip.each_cell and self._chip.is_noisy):
            counts = read_cells(lines, cells, self._chip.model, keys, wires)
        else:
            read_steps(
                lines.ups, lines.downs, cells.counts_of, cells.variance_of, self._layout.first_quad,
                cells.read_out, keys, counts,
            )  # fmt: skip
        counts *= 2
        counts -= lines.n_driven[:, None]
        return counts


def _in_bounds(operand: Operand, weights: PackedWeights, stride: Pair, padding: Pair) -> NDArray[np.int32]:
    """Sum of the weights inside the image (h_out, w_out, c_out): a digital constant."""
    ones = np.broadcast_to(channel_mask(operand.channels), (1, *operand.words.shape[-3:]))
    found: NDArray[np.int32] = conv_sums(
        np.ascontiguousarray(ones), None, weights, stride=stride, padding=padding, pad_value=0
    ).sums[0]
    return found
