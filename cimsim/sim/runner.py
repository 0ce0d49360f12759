"""A network ready for any images: all its passes, and beside them a single one with nothing dropped."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cimsim.circuits.bit_source import BitSource
from cimsim.mapping.folding import fold
from cimsim.mapping.program import Fold
from cimsim.mapping.randomness import is_drawn
from cimsim.mapping.states import has_scalar_mask
from cimsim.sim.analog_layer import ArrayChip
from cimsim.sim.inputs import Samples
from cimsim.sim.values import Values, run_values
from cimsim.workload import without_dropout
from cimsim.workload.graph import WorkloadGraph

__all__ = ["Progress", "Runner"]

Progress = Callable[[str, int, int], None]


class Runner:
    """Values of one network on one chip; parameters as of `cimsim.sim.values.run_values`.

    Attributes
    ----------
    is_sampled : whether another seed would give other answers
    is_exact : whether every mask is played
    """

    def __init__(
        self,
        graph: WorkloadGraph,
        folds: Mapping[str, Fold],
        n_mc_samples: Samples,
        seed: int,
        source: BitSource,
        progress: Progress,
        arrays: ArrayChip | None = None,
    ) -> None:
        self.graph, self.seed = graph, seed
        self.is_exact = n_mc_samples == "exact"
        self.is_sampled = not self.is_exact and any(map(is_drawn, graph.nodes))
        self._arrays = arrays
        self._folds, self._samples, self._source, self._tell = folds, n_mc_samples, source, progress
        dropping = [node for node in graph.nodes if node.dropout is not None]
        self._is_single = not dropping
        self._has_clear_passes = all(map(has_scalar_mask, dropping))

    def run(self, x: NDArray[Any], stage: str) -> Values:
        """Values of images (n, *input shape), told as progress of a stage."""
        self._tell(stage, 0, len(x))
        return run_values(
            self.graph,
            self._folds,
            x,
            n_mc_samples=self._samples,
            seed=self.seed,
            source=self._source,
            arrays=self._arrays,
            progress=lambda done, total: self._tell(stage, done, total),
        )

    def single(self, x: NDArray[Any], values: Values) -> NDArray[np.float64]:
        """(n_images, n_classes): probabilities of one pass with nothing dropped or drawn.

        Taken from the passes in ``values`` of the same images where one dropped nothing, else computed.
        """
        if self._is_single and not (self._arrays is not None and self._arrays.is_noisy):
            return values.probabilities
        if values.passes is None or not self._has_clear_passes:
            return self._computed(x)
        is_clear = (values.masks == 0).all(axis=2)
        rows = values.passes.row_of[np.arange(len(x)), is_clear.argmax(axis=1)]
        found: NDArray[np.float64] = values.passes.probabilities[rows]
        missing = ~is_clear.any(axis=1)
        if missing.any():
            found[missing] = self._computed(x[missing])
        return found

    def _computed(self, x: NDArray[Any]) -> NDArray[np.float64]:
        graph, folds = self._twin
        found = run_values(graph, folds, x, n_mc_samples=1, seed=self.seed, arrays=self._arrays)
        return found.probabilities

    @cached_property
    def _twin(self) -> tuple[WorkloadGraph, Mapping[str, Fold]]:
        graph = without_dropout(self.graph)
        return graph, fold(graph)
