"""Counting what the arrays do while values are computed."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from cimsim.sim.result import Activity
from cimsim.sim.rows import RowTable
from cimsim.workload.graph import Node, WorkloadGraph

__all__ = ["ActivityCounter"]

Index = NDArray[np.int64]


class _Count:
    """Exact totals of one MAC node: [dots, driven word lines], over all passes and over distinct rows."""

    def __init__(self) -> None:
        self.all_passes = [0, 0]
        self.distinct = [0, 0]
        self.rows_per_image: list[Index] = []

    def add(self, table: RowTable, rows: Index | None, counts: tuple[Index, Index]) -> None:
        n_uses = table.n_uses if rows is None else table.n_uses[rows]
        for k, count in enumerate(counts):
            self.all_passes[k] += int(n_uses @ count)
            self.distinct[k] += int(count.sum())


class ActivityCounter:
    """Totals per MAC node over the chunks seen so far."""

    def __init__(self, graph: WorkloadGraph) -> None:
        self._columns = {node.name: graph.shapes[node.name][0] // _groups(node) for node in graph.mac_nodes}
        self._counts = {name: _Count() for name in self._columns}

    def add(self, node: Node, table: RowTable, rows: Index | None, dots: Index, rows_driven: Index) -> None:
        """Count rows of a node (None: all rows of the table), given their dots and driven word lines."""
        self._counts[node.name].add(table, rows, (dots, rows_driven))

    def end_chunk(self, tables: Mapping[str, RowTable]) -> None:
        """Note how many distinct rows each image had; ``tables`` are those of the sums."""
        for name, table in tables.items():
            self._counts[name].rows_per_image.append(table.rows_per_image())

    def result(self) -> dict[str, Activity]:
        return {name: self._activity(name) for name in self._counts}

    def _activity(self, name: str) -> Activity:
        count, columns = self._counts[name], self._columns[name]
        reads, reads_distinct = (
            rows_driven * columns for _, rows_driven in (count.all_passes, count.distinct)
        )
        return Activity(
            layer=name,
            matches=float((count.all_passes[0] + reads) // 2),
            cell_reads=float(reads),
            rows_driven=float(count.all_passes[1]),
            matches_distinct=float((count.distinct[0] + reads_distinct) // 2),
            cell_reads_distinct=float(reads_distinct),
            rows_driven_distinct=float(count.distinct[1]),
            distinct=np.concatenate(count.rows_per_image).astype(np.int32),
        )


def _groups(node: Node) -> int:
    return int(node.attrs.get("groups", 1))
