"""Where the energy and the time go: the tables of a run, added up the way people ask for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

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
        "adder_tree", "threshold_unit", "scale_multiplier", "vector_unit", "digital_mac", "averaging_unit",
        "tile_controller", "chip_controller",
    ),
    "memory and links": ("threshold_sram", "tile_buffer", "global_buffer", "weight_memory", "link"),
    "random bits": ("stochastic_unit", "trim_dac", "dropout_gate", "gaussian_sampler", "arbiter"),
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


def energy_by_layer(components: pd.DataFrame, layers: Iterable[str]) -> dict[str, dict[str, float]]:
    """Energy in J by layer in the order of ``layers``, then by group; "chip" is what has no layer."""
    table: dict[str, dict[str, float]] = {layer: {} for layer in layers}
    rows = components[components["energy_j"] > 0]
    for component, layer, action, energy in zip(
        rows["component"], rows["layer"], rows["action"], rows["energy_j"], strict=True
    ):
        group = "leakage" if action == "leakage" else group_of(component)
        groups = table.setdefault(layer or "chip", {})
        groups[group] = groups.get(group, 0.0) + float(energy)
    return {layer: groups for layer, groups in table.items() if groups}


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
    group: NDArray[Any], start: NDArray[Any], end: NDArray[Any], *, n_groups: int, n_windows: int
) -> NDArray[np.float64]:
    """Share of each window that the intervals of each group cover (above 1 where they overlap).

    Arrays are (n,); times count in windows from 0 to ``n_windows``, what lies behind is cut off. An interval
    fills part of its first and of its last window and all between. Returns (n_groups, n_windows).
    """
    seen = start < n_windows
    group, start, end = group[seen], start[seen], np.minimum(end[seen], n_windows)
    first, last = start.astype(np.int64), end.astype(np.int64)
    spans = last > first
    size = n_windows + 2
    head, tail = group * size + first, group * size + last

    def add(where: NDArray[np.int64], what: NDArray[np.float64]) -> NDArray[np.float64]:
        added = np.bincount(where, what, n_groups * size).reshape(n_groups, size)
        return np.asarray(added, np.float64)

    parts = add(head, np.where(spans, first + 1, end) - start) + add(tail, np.where(spans, end - last, 0.0))
    whole = add(head + 1, spans.astype(np.float64)) - add(tail, spans.astype(np.float64))
    return np.asarray((parts + np.cumsum(whole, axis=1))[:, :n_windows])
