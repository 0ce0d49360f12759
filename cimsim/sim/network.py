"""A network prepared for the kernels, and its passage through one chunk of images."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from cimsim.mapping.mac_value import MacValue, mac_value
from cimsim.mapping.program import Fold
from cimsim.mapping.randomness import masks_upstream
from cimsim.mapping.states import has_scalar_mask, scalar_nodes, state_params
from cimsim.sim.activity import ActivityCounter
from cimsim.sim.element_masks import ElementMasks
from cimsim.sim.mac_layer import MacLayer, Operand
from cimsim.sim.rows import RowTable, RowTables
from cimsim.sim.sign_ops import SIGN_OPS
from cimsim.sim.tensors import InputTensor, RealTensor, SignTensor, Tensor
from cimsim.workload.dropout import n_members, n_states
from cimsim.workload.graph import Node, WorkloadGraph
from cimsim.workload.ops import evaluate

__all__ = ["Network"]

Index = NDArray[np.int64]


class Network:
    """The values pass of one run.

    Parameters
    ----------
    graph, folds : the network, and its MAC nodes from which only signs leave
    seed : of the masks with a bit per value, which are drawn chunk by chunk

    Attributes
    ----------
    activity : what happened on the arrays so far
    """

    def __init__(self, graph: WorkloadGraph, folds: Mapping[str, Fold], seed: int) -> None:
        self.graph, self.folds = graph, folds
        self.upstream = masks_upstream(graph)
        self.activity = ActivityCounter(graph)
        self._element_masks = ElementMasks(graph, seed)
        self._columns = {node.name: (k, n_states(node) or 1) for k, node in enumerate(scalar_nodes(graph))}
        self._folded = {name for fold in folds.values() for name in fold.chain}
        self._layers: dict[str, MacLayer] = {}
        self._values: dict[str, list[MacValue]] = {}
        self._last_reader = {name: node.name for node in graph.nodes for name in node.inputs}

    def run(self, codes: NDArray[np.integer], masks: NDArray[np.uint8]) -> tuple[RealTensor, RowTable]:
        """The output of codes (n, *input shape) under masks (n, n_passes, n_nodes), by row, and its table."""
        tables = RowTables(masks, self._columns)
        spec = self.graph.input
        found: dict[str, Tensor] = {"input": InputTensor(codes, spec.scale, spec.offset)}
        for node in self.graph.nodes:
            if node.name not in self._folded:
                self._step(node, found, tables)
            for name in node.inputs:
                if self._last_reader[name] == node.name:
                    found.pop(name, None)
        sums = {node.name: tables.of(self._before(node)) for node in self.graph.mac_nodes}
        self.activity.end_chunk(sums)
        output = found[self.graph.output]
        return RealTensor(output.real()), tables.of(self.upstream[self.graph.output])

    def _step(self, node: Node, found: dict[str, Tensor], tables: RowTables) -> None:
        """Compute a node, or a MAC and the chain folded into it, and apply the dropout behind it."""
        fold = self.folds.get(node.name)
        last = node if fold is None else self.graph.node(fold.output)
        found[last.name] = self._drop(last, self._value_of(node, fold, found, tables), tables)

    def _value_of(
        self, node: Node, fold: Fold | None, found: Mapping[str, Tensor], tables: RowTables
    ) -> Tensor:
        if fold is not None:
            return self._folded_signs(node, fold, found, tables)
        return self._sums(node, found, tables) if node.is_mac else self._evaluate(node, found, tables)

    def _before(self, node: Node) -> tuple[str, ...]:
        """Masks that the node's value depends on before a mask on its output acts."""
        names = self.upstream[node.name]
        return names if has_scalar_mask(node) else tuple(name for name in names if name != node.name)

    def _source(
        self, node: Node, found: Mapping[str, Tensor], tables: RowTables
    ) -> tuple[MacLayer, Operand, RowTable]:
        """The layer, what drives its word lines, and the table of its sums."""
        name = node.inputs[0]
        tensor = found[name]
        assert not isinstance(tensor, RealTensor)
        if node.name not in self._layers:
            self._layers[node.name] = MacLayer(self.graph, node, tensor.raster)
        layer, table = self._layers[node.name], tables.of(self._before(node))
        parents = tables.of(self.upstream[name]).of(table)
        return layer, layer.operand(tensor).take(parents), table

    def _members(self, node: Node, tables: RowTables, table: RowTable) -> list[tuple[int, Index | None]]:
        """Members of the weights that are used, each with its rows; None means all of them."""
        if n_members(node) == 1:
            return [(0, None)]
        states = tables.states(node.name, table)
        return [(member, np.flatnonzero(states == member)) for member in np.unique(states).tolist()]

    def _sums(self, node: Node, found: Mapping[str, Tensor], tables: RowTables) -> RealTensor:
        layer, operand, table = self._source(node, found, tables)
        values = np.empty((table.n_rows, *self.graph.shapes[node.name]))
        keep = self._element_masks.redrawn(node, layer, table.n_rows)
        for member, rows in self._members(node, tables, table):
            here = slice(None) if rows is None else rows
            sums = layer.sums(operand.take(rows), member, None if keep is None else keep[here])
            self.activity.add(node, table, rows, sums.dot_total, sums.rows_driven)
            values[here] = self._value(node, member).of_positions(sums.sums).reshape(-1, *values.shape[1:])
        return RealTensor(values)

    def _value(self, node: Node, member: int) -> MacValue:
        if node.name not in self._values:
            params = [state_params(node, member) for member in range(n_members(node))]
            self._values[node.name] = [mac_value(self.graph, node, one) for one in params]
        return self._values[node.name][member]

    def _folded_signs(
        self, node: Node, fold: Fold, found: Mapping[str, Tensor], tables: RowTables
    ) -> SignTensor:
        layer, operand, table = self._source(node, found, tables)
        last = self.graph.node(fold.output)
        shape = self.graph.shapes[last.name]
        out_table = tables.of(self._before(last))
        parents = _all_or(table.of(out_table), out_table.n_rows)
        states, count = self._fold_states(fold, tables, out_table)
        keep = self._element_masks.redrawn(node, layer, table.n_rows)
        bits = None
        for member, rows in self._members(node, tables, table):
            items = _all_or(rows, table.n_rows)
            item_of = np.full(table.n_rows, -1, dtype=np.int64)
            item_of[items] = np.arange(len(items))
            outs = np.flatnonzero(item_of[parents] >= 0)
            out_rows = np.full((len(items), count), -1, dtype=np.int64)
            out_rows[item_of[parents[outs]], states[outs]] = outs
            mine = slice(member, None, n_members(node))
            kept = None if keep is None else keep[items]
            result = layer.bits(operand.take(rows), fold, mine, out_rows, out_table.n_rows, member, kept)
            self.activity.add(node, table, rows, result.dot_total, result.rows_driven)
            bits = result.bits if bits is None else bits | result.bits
        assert bits is not None
        return SignTensor(bits, None, shape[0], shape)

    def _fold_states(self, fold: Fold, tables: RowTables, table: RowTable) -> tuple[Index, int]:
        """Index of each row among the states behind the MAC, and how many there are."""
        index, count = np.zeros(table.n_rows, dtype=np.int64), 1
        for name in fold.dropouts:
            if name != fold.mac:
                index += tables.states(name, table) * count
                count *= self._columns[name][1]
        return index, count

    def _evaluate(self, node: Node, found: Mapping[str, Tensor], tables: RowTables) -> Tensor:
        is_gaussian = node.dropout is not None and node.dropout.kind == "gaussian_scale"
        table = tables.of(self.upstream[node.name] if is_gaussian else self._before(node))
        inputs = [found[name].take(tables.of(self.upstream[name]).of(table)) for name in node.inputs]
        if is_gaussian:
            params = {"alpha": self._element_masks.alphas(node, table.n_rows)}
            return RealTensor(evaluate(node, [tensor.real() for tensor in inputs], params))
        return self._carry(node, inputs) or self._compute(node, inputs, tables, table)

    def _carry(self, node: Node, inputs: list[Tensor]) -> Tensor | None:
        """Move signs or encoded inputs as they are, where the operation only moves."""
        domain = self.graph.domains[node.name]
        signs = [tensor for tensor in inputs if isinstance(tensor, SignTensor)]
        if domain == "sign" and signs and node.op in SIGN_OPS:
            return SIGN_OPS[node.op](node, signs)
        fed = [tensor for tensor in inputs if isinstance(tensor, InputTensor)]
        if domain != "input":
            return None
        codes = evaluate(node, [tensor.codes.astype(np.float64) for tensor in fed])
        return replace(fed[0], codes=codes.astype(fed[0].codes.dtype))

    def _compute(self, node: Node, inputs: list[Tensor], tables: RowTables, table: RowTable) -> Tensor:
        """Real arithmetic, in the reference order."""
        params = state_params(node)
        if has_scalar_mask(node):
            states, count = tables.states(node.name, table), self._columns[node.name][1]
            options = [state_params(node, state) for state in range(count)]
            params = {key: np.stack([option[key] for option in options])[states] for key in params}
        values = evaluate(node, [tensor.real() for tensor in inputs], params)
        return SignTensor.pack(values) if self.graph.domains[node.name] == "sign" else RealTensor(values)

    def _drop(self, node: Node, tensor: Tensor, tables: RowTables) -> Tensor:
        """Apply a mask that zeroes values of the node's output."""
        dropout = node.dropout
        if dropout is None or dropout.kind not in ("element", "element_redraw", "spatial"):
            return tensor
        before, after = tables.of(self._before(node)), tables.of(self.upstream[node.name])
        tensor = tensor.take(before.of(after))
        if dropout.p > 0.0 and dropout.kind != "element_redraw":
            tensor = tensor.keep(self._element_masks.kept(node, len(tensor), tensor.raster))
        if isinstance(tensor, RealTensor):
            return RealTensor(tensor.values / (1.0 - dropout.p)) if dropout.rescale else tensor
        return replace(tensor, gain=1.0 / self.graph.divisors[node.name])


def _all_or(rows: Index | None, n_rows: int) -> Index:
    return np.arange(n_rows, dtype=np.int64) if rows is None else rows
