"""Where the energy and the time go: the tables of a run, added up the way people ask for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cimsim.sim.result import Timeline

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["GROUPS", "busy_fractions", "energy_by_component", "energy_by_layer", "group_of", "occupancy"]

GROUPS: Mapping[str, tuple[str, ...]] = {
    "array": ("cell_array", "wordline_driver", "bitline", "column_mux"),
    "read-out": ("adc", "sense_amp", "shift_add", "popcount_counter", "row_counter"),
    "logic": (
        "adder_tree", "threshold_unit", "vector_unit", "digital_mac", "averaging_unit",
        "tile_controller", "chip_controller",
    ),
    "memory and links": ("threshold_sram", "tile_buffer", "global_buffer", "link"),
    "random bits": ("stochastic_unit",),
    "leakage": ("leakage",),
}  # fmt: skip
"""Kinds of component; leakage of all components stands apart because it grows with time, not with work."""

_GROUP_OF = {component: group for group, members in GROUPS.items() for component in members}


def group_of(component: str) -> str:
    """The group of a component; "other" for one that is in none."""
    return _GROUP_OF.get(component, "other")


def energy_by_component(components: pd.DataFrame) -> dict[str, float]:
    """Energy in J of each component for one image, largest first; all leakage is one entry, "leakage"."""
    named = components["component"].where(components["action"] != "leakage", "leakage")
    total = components["energy_j"].groupby(named).sum()
    return {str(name): float(e) for name, e in total[total > 0].sort_values(ascending=False).items()}


def energy_by_layer(components: pd.DataFrame) -> dict[str, dict[str, float]]:
    """Energy in J by layer in the order of the table, then by group; "chip" is what has no layer."""
    table: dict[str, dict[str, float]] = {}
    rows = components[components["energy_j"] > 0]
    for component, layer, action, energy in zip(
        rows["component"], rows["layer"], rows["action"], rows["energy_j"], strict=True
    ):
        name = layer if isinstance(layer, str) and layer else "chip"
        group = "leakage" if action == "leakage" else group_of(component)
        groups = table.setdefault(name, {})
        groups[group] = groups.get(group, 0.0) + float(energy)
    if "chip" in table:
        table["chip"] = table.pop("chip")
    return table


def busy_fractions(timeline: Timeline, servers: Mapping[str, int]) -> dict[str, float]:
    """Share of the image's latency during which each resource serves, largest first."""
    if len(timeline.end_fs) == 0:
        return {}
    lengths = (timeline.end_fs - timeline.start_fs).astype(np.float64)
    busy = np.bincount(timeline.resource, weights=lengths, minlength=len(timeline.resources))
    span = float(timeline.end_fs.max())
    shares = {
        name: float(b) / span / servers.get(name, 1) for name, b in zip(timeline.resources, busy, strict=True)
    }
    return dict(sorted(shares.items(), key=lambda item: -item[1]))


def occupancy(
    start_fs: NDArray[np.int64], end_fs: NDArray[np.int64], edges_fs: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Fraction of each window between ``edges_fs`` that the intervals cover (above 1 where they overlap).

    Intervals (n,), edges (m + 1,), result (m,). Busy time up to t is the sum of t - start over starts
    before t, less the sum of t - end over ends before t: two prefix sums.
    """
    covered = _elapsed(start_fs, edges_fs) - _elapsed(end_fs, edges_fs)
    return np.asarray(np.diff(covered) / np.diff(edges_fs))


def _elapsed(moments_fs: NDArray[np.int64], edges_fs: NDArray[np.float64]) -> NDArray[np.float64]:
    moments = np.sort(moments_fs).astype(np.float64)
    before = np.searchsorted(moments, edges_fs)
    return before * edges_fs - np.concatenate(([0.0], np.cumsum(moments)))[before]
