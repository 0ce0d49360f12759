"""What the compiled loop of the event engine reads and writes: flat records, linked by index.

Pending events sit in lanes. The items of a stage are released in order and completed in order, so a stage has
one lane of releases and, where it has a latency, one of completions. Only the first event of each lane is in
the winner tree, whose root is the lane that is due next; the others follow from the ring of start times.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cimsim.sim.stage_table import Edge, Stage

__all__ = ["FULL", "NEVER", "NONE", "State", "open_state"]

NEVER = 2**63 - 1
"""Due time of an empty lane."""
NONE = 2**32 - 1
"""End of a linked list."""
FULL = 2**31 - 1
"""More items than any stage has."""

STAGE = np.dtype(
    [(name, np.uint32) for name in ("resource", "first_in", "first_out", "lag_lane", "ring", "ring_mask")]
    + [(name, np.uint32) for name in ("n_items", "started", "released", "completed", "missing", "behind")]
    + [(name, np.int64) for name in ("service_fs", "latency_fs", "release_fs")]
    + [(name, np.int64) for name in ("asked_fs", "waiting_fs", "start_fs", "finish_fs")]
)
"""Per stage: columns of `Stage`; first edges; lane of its completions (NONE: released is completed); its ring
of start times; item counts; unmet conditions of the next item; who queues behind it; bookings."""

EDGE = np.dtype(
    [(name, np.uint32) for name in ("producer", "consumer", "next_in", "next_out")]
    + [(name, np.int32) for name in Edge._fields[2:]]
    + [(name, np.int32) for name in ("left", "x", "y", "awaited")]
    + [(name, np.int32) for name in ("done_left", "done_x", "done_y", "freed", "awaited_freed")]
)
"""Per edge: columns of `Edge`; next edge of its consumer and of its producer; cursor of the consumer's next
item (items left of its position, position) and the completed count it waits for (0: none); cursor of the
consumer's first uncompleted item, items freed before it and how many the producer waits for (FULL: none)."""

RESOURCE = np.dtype([(name, np.uint32) for name in ("free", "first", "last")] + [("busy_fs", np.int64)])
"""Per resource: free servers; first and last waiting stage; booked server time."""


class State(NamedTuple):
    """Everything the loop reads and writes.

    Attributes
    ----------
    stages, edges, resources : record arrays of `STAGE`, `EDGE` and `RESOURCE`
    lagging : (n_lagging,) uint32, stage of each lane of completions; lane s of releases belongs to stage s
    starts : int64, start time of each item in flight, one ring per stage
    due_fs, due_lane : (2 x n_leaves,), winner tree: lanes are leaves, node k the earlier of nodes 2k and 2k+1
    ready, started : (n_stages,) uint32, lists of stages within one instant
    """

    stages: NDArray[np.void]
    edges: NDArray[np.void]
    resources: NDArray[np.void]
    lagging: NDArray[np.uint32]
    starts: NDArray[np.int64]
    due_fs: NDArray[np.int64]
    due_lane: NDArray[np.uint32]
    ready: NDArray[np.uint32]
    started: NDArray[np.uint32]


def open_state(stages: NDArray[np.int64], edges: NDArray[np.int64], n_servers: NDArray[np.int64]) -> State:
    """The state before the first event, from the arrays of a `cimsim.sim.stage_table.StageTable`."""
    stage = _records(stages, Stage._fields, STAGE)
    stage["first_in"], next_in = _chains(edges[:, 1], len(stages))
    stage["first_out"], next_out = _chains(edges[:, 0], len(stages))
    lagging = np.flatnonzero(stage["latency_fs"])
    stage["lag_lane"] = NONE
    stage["lag_lane"][lagging] = len(stages) + np.arange(len(lagging))
    most_in_flight = n_servers[stages[:, 0]] * (1 - -stage["latency_fs"] // stage["service_fs"])
    stage["ring"], stage["ring_mask"], n_starts = _rings(np.minimum(most_in_flight, stage["n_items"]))
    resource = np.zeros(len(n_servers), RESOURCE)
    resource["free"], resource["first"] = n_servers, NONE
    n_leaves = 1 << max(len(stages) + len(lagging) - 1, 0).bit_length()
    return State(
        stage.view(np.recarray),
        _edges(edges, next_in, next_out).view(np.recarray),
        resource.view(np.recarray),
        lagging.astype(np.uint32),
        np.zeros(n_starts, np.int64),
        np.full(2 * n_leaves, NEVER, np.int64),
        np.zeros(2 * n_leaves, np.uint32),
        np.zeros(len(stages), np.uint32),
        np.zeros(len(stages), np.uint32),
    )


def _edges(
    edges: NDArray[np.int64], next_in: NDArray[np.int64], next_out: NDArray[np.int64]
) -> NDArray[np.void]:
    """Records of the edges, the cursor of the next item one step before its first position."""
    edges = edges.copy()
    for reach, extent in (("reach_y", "producer_height"), ("reach_x", "producer_width")):
        column = edges[:, Edge._fields.index(reach)]
        column[:] = np.minimum(column, edges[:, Edge._fields.index(extent)])
    edge = _records(edges, Edge._fields, EDGE)
    edge["next_in"], edge["next_out"] = next_in, next_out
    edge["left"], edge["x"], edge["done_left"], edge["awaited_freed"] = 1, -1, edge["divide"], FULL
    return edge


def _records(rows: NDArray[np.int64], names: tuple[str, ...], dtype: np.dtype[np.void]) -> NDArray[np.void]:
    """Records with these columns, the other fields zero."""
    records = np.zeros(len(rows), dtype)
    for column, name in enumerate(names):
        records[name] = rows[:, column]
    return records


def _chains(owner: NDArray[np.int64], n_owners: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Linked lists of each owner's edges, in order: first edge of each owner, next edge of each edge."""
    first, following = np.full(n_owners, NONE), np.full(len(owner), NONE)
    for edge in range(len(owner) - 1, -1, -1):
        following[edge], first[owner[edge]] = first[owner[edge]], edge
    return first, following


def _rings(lengths: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    """Offsets and index masks of rings with room for so many entries (powers of two), and total size."""
    sizes = np.array([1 << (length - 1).bit_length() for length in lengths.tolist()], np.int64)
    ends = np.cumsum(sizes)
    return ends - sizes, sizes - 1, int(sizes.sum())
