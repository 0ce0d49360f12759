"""Logic energy and area from one node and supply to another. Not for junctions, wires, or what noise sizes.

Stillmaker and Baas, "Scaling equations for the accurate prediction of CMOS device performance from 180 nm to
7 nm", Integration 58 (2017). Delay has a polynomial of its own there, which was not read: delays stay.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["area_factor", "energy_factor"]

_ENERGY: Mapping[int, tuple[float, float, float]] = {
    7: (0.1776, -0.09097, 0.02447),
    10: (0.2068, -0.09311, 0.02375),
    14: (0.2363, -0.09675, 0.02239),
    16: (0.2958, -0.1241, 0.03024),
    20: (0.373, -0.1582, 0.04104),
    32: (0.9559, -0.7823, 0.471),
    45: (1.103, -0.362, 0.2767),
    65: (3.755, -4.398, 1.975),
    90: (4.762, -4.781, 2.092),
}
"""Node in nm: (a, b, c) of a V^2 + b V + c, read in the Accelergy library: one transistor flavour."""

_AREA: Mapping[int, float] = {
    7: 0.059, 10: 0.10, 14: 0.17, 16: 0.19, 20: 0.21, 32: 0.46, 45: 1.0, 65: 1 / 0.66,
    90: 1 / 0.66 * (90 / 65) ** 2,
}  # fmt: skip
"""Node in nm: area relative to 45 nm, read; 90 nm is derived, by the square of the node from 65 nm."""


@lru_cache(maxsize=1024)
def energy_factor(from_m: float, from_v: float, to_m: float, to_v: float) -> float:
    """What the energy of a logic block is multiplied with from one node and supply to another.

    Parameters
    ----------
    from_m, to_m : nodes; between two of the table, linear in the node
    from_v, to_v : supplies

    Raises
    ------
    ValueError
        A node outside the table, or a supply so low that the polynomial rises again.

    Examples
    --------
    >>> round(energy_factor(45e-9, 0.9, 28e-9, 0.9), 3)
    0.507
    """
    return _energy(to_m, to_v) / _energy(from_m, from_v)


@lru_cache(maxsize=1024)
def area_factor(from_m: float, to_m: float) -> float:
    """What the area of a logic block is multiplied with; parameters and errors as of `energy_factor`."""
    return float(_between(_AREA, to_m) / _between(_AREA, from_m))


def _energy(node_m: float, supply_v: float) -> float:
    a, b, c = _between(_ENERGY, node_m)
    least_v = -b / (2 * a)
    if supply_v <= least_v:
        raise ValueError(f"must be above {least_v:.2f} V at {1e9 * node_m:g} nm, where the scaling law ends")
    return float(a * supply_v**2 + b * supply_v + c)


def _between(table: Mapping[int, ArrayLike], node_m: float) -> NDArray[np.float64]:
    """The table at a node, linear between its neighbours."""
    nodes, node = list(table), round(1e9 * node_m, 6)
    if not nodes[0] <= node <= nodes[-1]:
        raise ValueError(f"must be a node from {nodes[0]} to {nodes[-1]} nm (got {node:g} nm)")
    above = max(1, bisect_left(nodes, node))
    low, high = nodes[above - 1], nodes[above]
    share = (node - low) / (high - low)
    return (1 - share) * np.asarray(table[low], np.float64) + share * np.asarray(table[high], np.float64)
