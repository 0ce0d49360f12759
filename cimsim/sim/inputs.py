"""What a run is asked to do: images with labels, passes and schedule; all checked before work begins."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from cimsim.data import Dataset, load_dataset
from cimsim.data.encoding import value_range
from cimsim.errors import DataError, InputError
from cimsim.mapping.randomness import is_drawn
from cimsim.workload.dropout import n_members
from cimsim.workload.graph import WorkloadGraph

__all__ = ["DEFAULT_PASSES", "Samples", "check_fidelity", "choose_passes", "load_images"]

DEFAULT_PASSES = 20
"""Monte-Carlo passes where something is random and nobody says how many."""

Samples = int | Literal["exact"]


def check_fidelity(fidelity: str) -> None:
    """Refuse what is not built yet."""
    if fidelity != "ideal":
        raise InputError("fidelity", "must be 'ideal' in this version", repr(fidelity), "leave it out")


def choose_passes(graph: WorkloadGraph, schedule: str, n_mc_samples: Samples | None) -> tuple[Samples, str]:
    """Number of passes, or "exact", and the schedule that the chip then follows.

    `enumerate` is the chip that gives exact answers, so either asks for both. An ensemble: a pass a member.
    """
    if n_mc_samples == "exact" or (schedule == "enumerate" and n_mc_samples is None):
        return "exact", "enumerate"
    if n_mc_samples is None:
        if any(is_drawn(node) for node in graph.nodes):
            return DEFAULT_PASSES, schedule
        members = (
            n_members(node) for node in graph.nodes if node.dropout and node.dropout.kind == "ensemble"
        )
        return max(members, default=1), schedule
    if isinstance(n_mc_samples, bool) or not isinstance(n_mc_samples, int) or n_mc_samples < 1:
        raise InputError("n_mc_samples", "must be an integer from 1, or 'exact'", repr(n_mc_samples))
    if schedule == "enumerate":
        rule = "must be left out where chip.mc_schedule is enumerate, which plays every mask"
        raise InputError("n_mc_samples", rule, str(n_mc_samples), "leave it out, or choose another schedule")
    return n_mc_samples, schedule


def load_images(
    graph: WorkloadGraph,
    *,
    data: str | Path | None,
    data_dir: str | Path | None,
    n_images: int | None,
    download: bool,
    x: NDArray[Any] | None,
    y: NDArray[Any] | None,
) -> Dataset:
    """The given arrays, or the named data set, or the one that the workload names."""
    if n_images is not None and n_images < 1:
        raise InputError("n_images", "must be at least 1", str(n_images))
    if x is not None or y is not None:
        if data is not None:
            raise InputError("data", "must be left out where x and y are given", str(data))
        dataset = _given(graph, x, y, n_images)
    else:
        name = data if data is not None else graph.dataset
        if name is None:
            raise InputError(graph.source, "names no data set", cure="say which one with data (--data)")
        dataset = load_dataset(name, graph.input, data_dir=data_dir, n_images=n_images, download=download)
    if graph.task == "classification":
        _check_labels(graph, dataset)
    return dataset


def _given(
    graph: WorkloadGraph, x: NDArray[Any] | None, y: NDArray[Any] | None, n_images: int | None
) -> Dataset:
    if x is None or y is None:
        raise InputError("x, y", "must be given together")
    x, y = np.asarray(x)[:n_images], np.asarray(y)[:n_images]
    wanted = ", ".join(map(str, graph.input.shape))
    if not np.issubdtype(x.dtype, np.integer):
        raise DataError("x", "must hold integers", f"dtype {x.dtype}")
    if x.ndim == 0 or len(x) == 0 or x.shape[1:] != graph.input.shape:
        raise DataError("x", f"the network's input needs the shape (n, {wanted})", str(x.shape))
    low, high = value_range(graph.input)
    if x.min() < low or x.max() > high or (graph.input.bits == 1 and not x.all()):
        rule = "must hold -1 and +1" if graph.input.bits == 1 else f"must hold integers from {low} to {high}"
        raise DataError("x", rule, f"{x.min()} to {x.max()}")
    if y.ndim == 0 or len(y) != len(x):
        raise DataError("y", f"must hold {len(x)} labels, one per image", f"shape {y.shape}")
    return Dataset(x, y, "<memory>", graph.classes, "<memory>")


def _check_labels(graph: WorkloadGraph, dataset: Dataset) -> None:
    n_classes = graph.shapes[graph.output][0]
    y = dataset.y
    if y.ndim != 1 or not np.issubdtype(y.dtype, np.integer) or y.min() < 0 or y.max() >= n_classes:
        got = f"{y.min()} to {y.max()}" if y.ndim == 1 else f"shape {y.shape}"
        rule = f"labels must be integers from 0 to {n_classes - 1}, one per image"
        raise DataError(f"{dataset.source}: y", rule, got)
