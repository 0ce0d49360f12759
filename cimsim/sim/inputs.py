"""What a run is asked to do: images with labels, passes and schedule; all checked before work begins."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from cimsim.data import Dataset, given_dataset, load_dataset
from cimsim.errors import DataError, InputError, closest, show
from cimsim.mapping.randomness import is_drawn
from cimsim.workload.dropout import n_members
from cimsim.workload.graph import WorkloadGraph

__all__ = [
    "DEFAULT_PASSES",
    "FIDELITIES",
    "MAX_INSTANCES",
    "MAX_PASSES",
    "Samples",
    "check_chips",
    "check_fidelity",
    "check_instances",
    "check_seed",
    "choose_passes",
    "ensemble_size",
    "load_images",
]

DEFAULT_PASSES = 20
"""Monte-Carlo passes where something is random and nobody says how many."""

FIDELITIES = ("ideal", "statistical", "cell", "circuit")
"""How much physics the sums see."""

MAX_PASSES = 100_000
"""Monte-Carlo passes at most: their sampling error is then a three-hundredth of that of one pass."""

MAX_INSTANCES = 10_000
"""Chips drawn from the fabrication spread at most."""

Samples = int | Literal["exact"]


def check_fidelity(fidelity: str) -> None:
    """Refuse a level that is none."""
    if fidelity not in FIDELITIES:
        rule = f"must be one of {', '.join(FIDELITIES)}"
        raise InputError("fidelity", rule, repr(fidelity), closest(fidelity, FIDELITIES))


def check_seed(seed: object) -> int:
    """The seed as int."""
    return _integer("seed", seed, "from 0", 0)


def check_instances(n_instances: object) -> int:
    """The number of chips as int."""
    return _integer("n_instances", n_instances, f"from 1 to {MAX_INSTANCES:,}", 1, MAX_INSTANCES)


def check_chips(n_instances: int, samples: Samples, fidelity: str) -> None:
    """Refuse chips out of the spread where they could not differ."""
    if n_instances > 1 and samples == "exact" and fidelity == "ideal":
        rule = "must be 1 where every mask is weighted and sums are exact: chips do not differ"
        cure = "give a number of passes, or another fidelity"
        raise InputError("n_instances", rule, str(n_instances), cure)


def choose_passes(graph: WorkloadGraph, schedule: str, n_mc_samples: Samples | None) -> tuple[Samples, str]:
    """Number of passes, or "exact", and the schedule that the chip then follows.

    `enumerate` is the chip that gives exact answers, so either asks for both. An ensemble: a pass a member.
    """
    if n_mc_samples == "exact" or (schedule == "enumerate" and n_mc_samples is None):
        return "exact", "enumerate"
    if n_mc_samples is None:
        if any(is_drawn(node) for node in graph.nodes):
            return DEFAULT_PASSES, schedule
        return ensemble_size(graph), schedule
    n_passes = _integer("n_mc_samples", n_mc_samples, f"from 1 to {MAX_PASSES}, or 'exact'", 1, MAX_PASSES)
    if schedule == "enumerate":
        rule = "must be left out where chip.mc_schedule is enumerate, which plays every mask"
        raise InputError("n_mc_samples", rule, str(n_passes), "leave it out, or choose another schedule")
    return n_passes, schedule


def ensemble_size(graph: WorkloadGraph) -> int:
    """Members of its ensemble, 1 where there is none."""
    ensembles = (node for node in graph.nodes if node.dropout and node.dropout.kind == "ensemble")
    return max((n_members(node) for node in ensembles), default=1)


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
    if n_images is not None:
        n_images = _integer("n_images", n_images, "from 1", 1)
    if x is not None or y is not None:
        if data is not None:
            raise InputError("data", "must be left out where x and y are given", str(data))
        if x is None or y is None:
            raise InputError("x, y", "must be given together")
        given = given_dataset(x, y, graph.input, n_images=n_images)
        dataset = replace(given, classes=graph.classes)
    else:
        name = data if data is not None else graph.dataset
        if name is None:
            raise InputError(graph.source, "names no data set", cure="say which one with data (--data)")
        dataset = load_dataset(name, graph.input, data_dir=data_dir, n_images=n_images, download=download)
    _check_targets(graph, dataset)
    return dataset


def _check_targets(graph: WorkloadGraph, dataset: Dataset) -> None:
    """What the task compares with the output: labels (n,) or (n, rows, columns), or targets of its shape."""
    y, shape, place = dataset.y, graph.shapes[graph.output], f"{dataset.source[-1]}: y"
    wanted = (len(dataset), *(shape if graph.task == "regression" else shape[1:]))
    if y.shape != wanted:
        raise DataError(place, f"a {graph.task} needs the shape {wanted}", str(y.shape))
    if graph.task == "regression":
        return
    rule = f"labels must be integers from 0 to {shape[0] - 1}"
    if not np.issubdtype(y.dtype, np.integer):
        raise DataError(place, rule, f"dtype {y.dtype}")
    if y.min() < 0 or y.max() >= shape[0]:
        raise DataError(place, rule, f"{y.min()} to {y.max()}")


def _integer(name: str, value: object, span: str, low: int, high: int | None = None) -> int:
    """The value as int; booleans are not integers, those of NumPy are."""
    number = int(value) if isinstance(value, (int, np.integer)) and not isinstance(value, bool) else None
    if number is None or number < low or (high is not None and number > high):
        raise InputError(name, f"must be an integer {span}", show(value))
    return number
