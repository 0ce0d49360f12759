"""Chips out of the fabrication spread: what each makes of the probabilities, and how well it answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cimsim.arch.chip import Chip
from cimsim.mapping.program import Program
from cimsim.mapping.randomness import has_level, realised
from cimsim.rng import stream
from cimsim.workload.graph import Node, WorkloadGraph

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["as_drawn", "chip_scores", "chips", "dropout_p", "run_chips"]

_SPREAD = ("accuracy", "nll", "ece", "mean_iou", "pixel_accuracy", "rmse")

FAR_OFF = 0.02
"""A probability that misses by more is announced."""

CORRELATED = 0.01
"""So is a correlation of bits above it."""

Scores = Callable[[WorkloadGraph, int], Mapping[str, Any]]


def as_drawn(graph: WorkloadGraph, chip: Chip) -> WorkloadGraph:
    """The network with the probabilities of a chip without spread."""
    return realised(graph, lambda node: chip.probability(_p(node)))


def _given(by_node: Mapping[str, float]) -> Callable[[Node], float]:
    return lambda node: by_node[node.name]


def dropout_p(graph: WorkloadGraph, chip: Chip) -> dict[str, float]:
    """What a chip without spread gives, by node that draws with a probability of its own."""
    return {node.name: chip.probability(_p(node)) for node in graph.nodes if has_level(node)}


def chips(program: Program, n: int, seed: int) -> tuple[list[str], NDArray[np.float64]]:
    """Probabilities that ``n`` chips give: names of the nodes, and (n, n_nodes)."""
    nodes = [node for node in program.graph.nodes if has_level(node)]
    names, targets = [node.name for node in nodes], [_p(node) for node in nodes]
    trimmed = program.chip.trimmed
    if trimmed is None or not nodes:
        nominal = [program.chip.probability(p) for p in targets]
        return names, np.broadcast_to(np.array(nominal), (n, len(nodes)))
    banks = [program.modules[_bank(program, name)] for name in names]
    return names, trimmed.chips(targets, banks, n, stream(seed, "chips"))


def run_chips(
    program: Program,
    n: int,
    seed: int,
    scores: Scores,
    progress: Callable[[int, int], None],
    *,
    draws: bool = True,
) -> pd.DataFrame:
    """A row for each chip: p at each node and the scores of its answers, all with the same random numbers.

    Parameters
    ----------
    scores : of a network with its probabilities put in, on the arrays of chip k
    draws : whether random bits are drawn at all
    """
    import pandas as pd

    names, found = chips(program, n, seed) if draws else ([], np.empty((n, 0)))
    rows = []
    for k, row in enumerate(found):
        by_node = dict(zip(names, row.tolist(), strict=True))
        graph = realised(program.graph, _given(by_node)) if draws else program.graph
        rows.append({"instance": k, **{f"p_{name}": p for name, p in by_node.items()}, **scores(graph, k)})
        progress(k + 1, n)
    table: pd.DataFrame = pd.DataFrame(rows)
    return table


def warnings_of_bits(program: Program, schedule: str) -> Iterator[str]:
    """Where the source of random bits is far from what the network asks for."""
    if schedule == "enumerate":
        return
    chip, graph = program.chip, program.graph
    given = dropout_p(graph, chip)
    off = {name: p for name, p in given.items() if abs(p - _p(graph.node(name))) > FAR_OFF}
    for name, p in list(off.items())[:1]:
        others = f", and {len(off) - 1} more" if len(off) > 1 else ""
        yield f"{name} asks for p = {_p(graph.node(name)):g}, this chip draws with {p:.3f}{others}"
    if chip.trimmed is not None and chip.bit_source.correlation > CORRELATED:
        yield f"random bits follow the ones before them, correlation {chip.bit_source.correlation:.2g}"


def chip_scores(table: pd.DataFrame) -> dict[str, float]:
    """Mean, least and most of each score over the chips, for ``summary.json``."""
    scores = [name for name in _SPREAD if name in table]
    return {
        f"{name}_chips_{word}": float(getattr(table[name], word)())
        for name in scores
        for word in ("mean", "min", "max")
    }


def _p(node: Node) -> float:
    assert node.dropout is not None
    return node.dropout.p


def _bank(program: Program, name: str) -> str:
    """The resource that draws for a node."""
    return next(c.resource for c in program.commands if c.kind == "draw" and name in c.depends_on_masks)
