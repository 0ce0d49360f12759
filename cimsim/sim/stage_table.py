"""What the event engine plays: stages on resources, joined by windows, as flat integer arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cimsim.errors import CimsimError

__all__ = ["Edge", "Stage", "StageTable"]

MOST_ITEMS = 2**30
LONGEST_FS = 2**62


class Stage(NamedTuple):
    """A stream of equal items served in order by one resource.

    ``resource`` indexes the servers; ``service_fs`` (at least 1) is how long an item holds a server;
    ``latency_fs`` passes after that until the item counts as completed, while the next ones are served;
    nothing is requested before ``release_fs``.
    """

    resource: int
    n_items: int
    service_fs: int
    latency_fs: int = 0
    release_fs: int = 0


class Edge(NamedTuple):
    """Which items of a producer an item of a consumer waits for, and the buffer between them.

    Item i of the consumer is position ``i // divide``, at (y, x) of a raster ``width`` wide. It needs the
    raster prefix of producer positions up to row ``y*stride_y + reach_y`` and column ``x*stride_x + reach_x``
    (both clipped to the producer's raster), each made of ``multiply`` items, and never more than there are.
    While position (y, x) is the consumer's first uncompleted one, the producer positions before row
    ``y*stride_y - pad_y`` and column ``x*stride_x - pad_x`` are free (none if that row is negative); all are
    once the consumer is done. ``capacity`` bounds the items of the producer that are requested or completed
    and not yet free (0: unbounded).
    """

    producer: int
    consumer: int
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


LEAST_STAGE = Stage(resource=0, n_items=1, service_fs=1)
LEAST_EDGE = Edge(producer=0, consumer=0, stride_y=0, stride_x=0)


@dataclass(frozen=True, eq=False)
class StageTable:
    """A program of the event engine; validated on construction.

    Attributes
    ----------
    stages : (n_stages, 5) int64, columns in the order of `Stage`
    edges : (n_edges, 14) int64, columns in the order of `Edge`
    n_servers : (n_resources,) int64, servers of each resource
    names : name of each stage for messages, or empty

    Raises
    ------
    CimsimError
        A field out of range, or more simulated time than 64-bit femtoseconds hold.
    """

    stages: NDArray[np.int64]
    edges: NDArray[np.int64]
    n_servers: NDArray[np.int64]
    names: tuple[str, ...] = ()

    @classmethod
    def build(
        cls,
        stages: Sequence[Stage],
        edges: Sequence[Edge],
        n_servers: Sequence[int],
        *,
        names: Sequence[str] = (),
    ) -> StageTable:
        """The table of these stages and edges."""
        return cls(
            np.array(stages, np.int64).reshape(-1, len(Stage._fields)),
            np.array(edges, np.int64).reshape(-1, len(Edge._fields)),
            np.array(n_servers, np.int64),
            tuple(names),
        )

    def __post_init__(self) -> None:
        self._check_stages()
        self._check_edges()
        for resource in np.flatnonzero(self.n_servers < 1)[:1]:
            value = str(self.n_servers[resource])
            raise CimsimError(f"resource {resource}: n_servers", "must be at least 1", value)
        _, n_items, service_fs, latency_fs, release_fs = (column.astype(object) for column in self.stages.T)
        longest_fs = sum(n_items * (service_fs + latency_fs)) + max(release_fs, default=0)
        if longest_fs > LONGEST_FS:
            place, rule = "program", "must fit in 4,611 s of simulated time"
            raise CimsimError(place, rule, f"up to {longest_fs / 1e15:.3g} s")

    def name(self, stage: int) -> str:
        """The stage in words."""
        return self.names[stage] if self.names else f"stage {stage}"

    def edge_name(self, edge: int) -> str:
        """The edge in words."""
        producer, consumer = (int(stage) for stage in self.edges[edge, :2])
        return f"{self.name(producer)} -> {self.name(consumer)}"

    def _check_stages(self) -> None:
        most = Stage(len(self.n_servers) - 1, MOST_ITEMS, LONGEST_FS, LONGEST_FS, LONGEST_FS)
        for row, field, rule in _broken(self.stages, LEAST_STAGE, most):
            raise CimsimError(f"{self.name(row)}: {Stage._fields[field]}", rule, str(self.stages[row, field]))

    def _check_edges(self) -> None:
        last, most = len(self.stages) - 1, [MOST_ITEMS] * len(Edge._fields)
        limits = Edge(*most)._replace(producer=last, consumer=last, reach_y=LONGEST_FS, reach_x=LONGEST_FS)
        for row, field, rule in _broken(self.edges, LEAST_EDGE, limits):
            raise CimsimError(f"edge {row}: {Edge._fields[field]}", rule, str(self.edges[row, field]))
        column = dict(zip(Edge._fields, self.edges.T, strict=True))
        for row in np.flatnonzero(column["producer"] == column["consumer"])[:1].tolist():
            raise CimsimError(self.edge_name(row), "must join two different stages")
        # As floats, so that no product wraps round; those that fit are exact.
        spans = column["producer_height"].astype(np.float64) * column["producer_width"] * column["multiply"]
        for row in np.flatnonzero(spans > MOST_ITEMS)[:1].tolist():
            edge = Edge(*self.edges[row].tolist())
            n_raster = edge.producer_height * edge.producer_width * edge.multiply
            raise CimsimError(self.edge_name(row), f"must span at most {MOST_ITEMS} items", str(n_raster))


def _broken(
    rows: NDArray[np.int64], least: tuple[int, ...], most: tuple[int, ...]
) -> list[tuple[int, int, str]]:
    """Row, column and rule of each field out of range."""
    places = np.argwhere((rows < np.array(least)) | (rows > np.array(most)))
    return [(row, field, f"must be from {least[field]} to {most[field]}") for row, field in places.tolist()]
