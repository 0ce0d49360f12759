"""One chunk of images on its way through a network, node after node, each distinct value once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cimsim.errors import WorkloadError
from cimsim.mapping.program import Fold
from cimsim.mapping.states import has_scalar_mask, state_params
from cimsim.sim.kernels.pack import PackedBits
from cimsim.sim.mac_layer import MacLayer
from cimsim.sim.network import Network
from cimsim.sim.operand import Operand
from cimsim.sim.rows import RowTable, RowTables
from cimsim.sim.sign_ops import SIGN_OPS
from cimsim.sim.tensors import InputTensor, RealTensor, SignTensor, Tensor
from cimsim.workload.dropout import n_members
from cimsim.workload.graph import Node, WorkloadGraph
from cimsim.workload.ops import evaluate

__all__ = ["Chunk", "check_finite"]

Index = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class _Work:
    """What one member of a MAC node's weights has to do: rows of the table of sums, and what drives them."""

    member: int
    rows: Index | None
    operand: Operand
    keep: PackedBits | None


class Chunk:
    """Tensors of some images.

    Parameters
    ----------
    codes : (n, *input shape) in the input's encoding
    masks : uint8 (n, n_passes, n_nodes), states of the scalar masks
    first_image : how many images came before
    """

    def __init__(
        self,
        network: Network,
        codes: NDArray[np.integer[Any]],
        masks: NDArray[np.uint8],
        first_image: int = 0,
    ) -> None:
        self._first_use = first_image * masks.shape[1]
        self.network, self.graph = network, network.graph
        self.tables = RowTables(masks, network.columns)
        spec = self.graph.input
        self._found: dict[str, Tensor] = {"input": InputTensor(codes, spec.scale, spec.offset)}

    def run(self) -> tuple[NDArray[np.float64], RowTable]:
        """The network's output (n_rows, *shape), and which passes each row serves.

        Raises
        ------
        WorkloadError : at the first node whose values are beyond float64
        """
        last_reader = {name: node.name for node in self.network.steps for name in node.inputs}
        for node in self.network.steps:
            fold = self.network.folds.get(node.name)
            last = node if fold is None else self.graph.node(fold.output)
            found = self._found[last.name] = self._drop(last, self._value(node, fold))
            if isinstance(found, RealTensor):
                check_finite(self.graph, last.name, found.values)
            for name in {*node.inputs}:
                if last_reader[name] == node.name:
                    del self._found[name]
        self.network.activity.end_chunk({node.name: self._table(node) for node in self.graph.mac_nodes})
        return self._found[self.graph.output].real(), self._table_behind(self.graph.output)

    def _value(self, node: Node, fold: Fold | None) -> Tensor:
        if fold is not None:
            return self._folded_signs(node, fold)
        if node.is_mac:
            return self._real_sums(node)
        if node.dropout is not None and node.dropout.kind == "gaussian_scale":
            return self._scaled_at_random(node)
        inputs = self._read(node, self._table(node))
        carried = self._carried(node, inputs)
        return self._computed(node, inputs) if carried is None else carried

    def _table(self, node: Node) -> RowTable:
        """Rows of the node's value, before a mask that zeroes some of it acts."""
        return self.tables.of(self.network.upstream_of_value(node))

    def _table_behind(self, name: str) -> RowTable:
        """Rows of the node's output."""
        return self.tables.of(self.network.upstream[name])

    def _read(self, node: Node, table: RowTable) -> list[Tensor]:
        """The node's inputs, one row for each row of the table."""
        return [self._found[name].take(self._table_behind(name).of(table)) for name in node.inputs]

    def _work(self, node: Node, table: RowTable) -> tuple[MacLayer, list[_Work]]:
        """A MAC node's layer, and its rows by the member of the weights that they use."""
        tensor, parents = self._found[node.inputs[0]], self._table_behind(node.inputs[0]).of(table)
        assert not isinstance(tensor, RealTensor)
        layer = self.network.layer(node, tensor.raster)
        operand = replace(layer.operand(tensor).take(parents), keys=self._keys(table))
        keep = self.network.element_masks.redrawn(node, layer, table.n_rows)
        if n_members(node) == 1:
            return layer, [_Work(0, None, operand, keep)]
        states, work = self.tables.states(node.name, table), []
        for member in np.unique(states).tolist():
            rows = np.flatnonzero(states == member)
            work.append(_Work(member, rows, operand.take(rows), None if keep is None else keep[rows]))
        return layer, work

    def _keys(self, table: RowTable) -> NDArray[np.uint64] | None:
        """What names the noise of the reads: image and pass, whatever the chunks."""
        if self.network.arrays is None or not self.network.arrays.is_noisy:
            return None
        return np.asarray(table.first_use + self._first_use, np.uint64)

    def _real_sums(self, node: Node) -> RealTensor:
        """A MAC node's values, for real nodes behind it."""
        table = self._table(node)
        values = np.empty((table.n_rows, *self.graph.shapes[node.name]))
        layer, work = self._work(node, table)
        for part in work:
            found = layer.sums(part.operand, part.member, part.keep)
            self.network.activity.add(node, table, part.rows, found.dot_total, found.rows_driven)
            real = self.network.value(node, part.member).of_positions(found.sums)
            values[slice(None) if part.rows is None else part.rows] = real.reshape(-1, *values.shape[1:])
        return RealTensor(values)

    def _folded_signs(self, node: Node, fold: Fold) -> SignTensor:
        """The signs behind a MAC node and its chain: sums against the thresholds of every state needed."""
        last = self.graph.node(fold.output)
        table, out_table = self._table(node), self._table(last)
        parents = _all_or(table.of(out_table), out_table.n_rows)
        states, n_states = self._states_behind(fold, out_table)
        layer, work = self._work(node, table)
        bits: PackedBits | None = None
        for part in work:
            rows = _all_or(part.rows, table.n_rows)
            item_of = np.full(table.n_rows, -1, dtype=np.int64)
            item_of[rows] = np.arange(len(rows))
            outs = np.flatnonzero(item_of[parents] >= 0)
            out_rows = np.full((len(rows), n_states), -1, dtype=np.int64)
            out_rows[item_of[parents[outs]], states[outs]] = outs
            found = layer.bits(part.operand, fold, part.member, out_rows, out_table.n_rows, part.keep)
            self.network.activity.add(node, table, part.rows, found.dot_total, found.rows_driven)
            bits = found.bits if bits is None else bits | found.bits
        assert bits is not None
        shape = self.graph.shapes[last.name]
        return SignTensor(bits, None, shape[0], shape)

    def _states_behind(self, fold: Fold, table: RowTable) -> tuple[Index, int]:
        """Index of each row among the states of the fold's chain, and how many there are."""
        index, count = np.zeros(table.n_rows, dtype=np.int64), 1
        for name in fold.dropouts:
            if name != fold.mac:
                index += self.tables.states(name, table) * count
                count *= self.network.columns[name][1]
        return index, count

    def _scaled_at_random(self, node: Node) -> RealTensor:
        table = self._table_behind(node.name)
        params = {"alpha": self.network.element_masks.alphas(node, table.n_rows)}
        return RealTensor(evaluate(node, [tensor.real() for tensor in self._read(node, table)], params))

    def _carried(self, node: Node, inputs: list[Tensor]) -> Tensor | None:
        """Signs or encoded inputs as they are, where the operation only moves them."""
        domain = self.graph.domains[node.name]
        signs = [tensor for tensor in inputs if isinstance(tensor, SignTensor)]
        if domain == "sign" and signs and node.op in SIGN_OPS:
            return SIGN_OPS[node.op](node, signs)
        if domain != "input":
            return None
        fed = [tensor for tensor in inputs if isinstance(tensor, InputTensor)]
        codes = evaluate(node, [tensor.codes.astype(np.float64) for tensor in fed])
        return replace(fed[0], codes=codes.astype(fed[0].codes.dtype))

    def _computed(self, node: Node, inputs: list[Tensor]) -> Tensor:
        """Real arithmetic, in the reference order."""
        params = state_params(node)
        if has_scalar_mask(node):
            states = self.tables.states(node.name, self._table(node))
            options = [state_params(node, state) for state in range(self.network.columns[node.name][1])]
            params = {key: np.stack([option[key] for option in options])[states] for key in params}
        values = evaluate(node, [tensor.real() for tensor in inputs], params)
        return SignTensor.pack(values) if self.graph.domains[node.name] == "sign" else RealTensor(values)

    def _drop(self, node: Node, tensor: Tensor) -> Tensor:
        """Apply a mask that zeroes values of the node's output."""
        dropout = node.dropout
        if dropout is None or dropout.kind not in ("element", "element_redraw", "spatial"):
            return tensor
        tensor = tensor.take(self._table(node).of(self._table_behind(node.name)))
        if dropout.p > 0.0 and dropout.kind != "element_redraw":
            tensor = tensor.keep(self.network.element_masks.kept(node, len(tensor), tensor.raster))
        if isinstance(tensor, RealTensor):
            return RealTensor(tensor.values / dropout.divisor) if dropout.rescale else tensor
        return replace(tensor, gain=1.0 / self.graph.divisors[node.name])


def check_finite(graph: WorkloadGraph, name: str, *values: NDArray[np.float64]) -> None:
    """Refuse values that the parameters of the network take beyond float64."""
    for array in values:
        is_finite = np.isfinite(array)
        if not is_finite.all():
            place, got = f"{graph.source}: node {name}", f"{array[~is_finite][0]}"
            raise WorkloadError(place, "must give finite values", got, "scale its parameters down")


def _all_or(rows: Index | None, n_rows: int) -> Index:
    return np.arange(n_rows, dtype=np.int64) if rows is None else rows
