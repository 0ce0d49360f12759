"""How many different things the passes of an image ask a layer to do."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from cimsim.mapping.states import scalar_nodes
from cimsim.sim.schedule import Masks
from cimsim.workload.dropout import n_states
from cimsim.workload.graph import WorkloadGraph

__all__ = ["distinct_states"]


def distinct_states(
    graph: WorkloadGraph, sets: Iterable[Masks], masks: NDArray[np.uint8]
) -> dict[Masks, NDArray[np.int64]]:
    """Distinct states of each set of masks among the passes of each image.

    Parameters
    ----------
    sets : names of stochastic nodes; a set with a mask that is more than one state a layer never repeats
    masks : (n_images, n_passes, n_scalar_nodes) uint8

    Returns
    -------
    (n_images,) int64 for each set, from 1 to n_passes
    """
    columns = {node.name: i for i, node in enumerate(scalar_nodes(graph))}
    n_images, n_passes, _ = masks.shape
    counts: dict[Masks, NDArray[np.int64]] = {}
    for names in sets:
        if any(name not in columns for name in names):
            counts[names] = np.full(n_images, n_passes, np.int64)
            continue
        code = np.zeros((n_images, n_passes), np.int64)
        for name in names:
            code = code * (n_states(graph.node(name)) or 1) + masks[:, :, columns[name]]
        code.sort(axis=1)
        counts[names] = 1 + (np.diff(code, axis=1) != 0).sum(axis=1)
    return counts
