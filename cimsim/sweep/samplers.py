"""Samplers: which points of the space are looked at. Points are made when they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cimsim.sweep.axes import Axis
from cimsim.sweep.sensitivity import DESIGNS

if TYPE_CHECKING:
    from scipy.stats.qmc import QMCEngine

__all__ = ["SAMPLERS", "points_of"]

Settings = dict[str, Any]
Positions = Iterator[NDArray[np.float64]]

_BLOCK = 1024


def points_of(kind: str, axes: Sequence[Axis], n: int | None, seed: int) -> Iterator[Settings]:
    """The settings of all points, by path.

    Parameters
    ----------
    kind : a key of `SAMPLERS`, or "grid" for all combinations, the last axis fastest
    n : number of points; of no meaning for a grid
    seed : fixes the draws
    """
    if kind == "grid":
        return _grid(axes, {})
    return _placed(axes, SAMPLERS[kind](len(axes), n or 0, seed))


def _grid(axes: Sequence[Axis], settings: Settings) -> Iterator[Settings]:
    if not axes:
        yield settings
    elif not axes[0].counts(settings):
        yield from _grid(axes[1:], settings)
    else:
        for choice in range(len(axes[0].choices)):
            yield from _grid(axes[1:], {**settings, **axes[0].setting(choice)})


def _placed(axes: Sequence[Axis], positions: Iterable[NDArray[np.float64]]) -> Iterator[Settings]:
    for row in positions:
        settings: Settings = {}
        for axis, position in zip(axes, row.tolist(), strict=True):
            if axis.counts(settings):
                settings.update(axis.at(position))
        yield settings


def _random(n_axes: int, n: int, seed: int) -> Positions:
    generator = np.random.default_rng(seed)
    for start in range(0, n, _BLOCK):
        yield from generator.random((min(_BLOCK, n - start), n_axes))


def _lhs(n_axes: int, n: int, seed: int) -> Positions:
    from scipy.stats.qmc import LatinHypercube

    yield from LatinHypercube(n_axes, rng=np.random.default_rng(seed)).random(n)


def _sobol(n_axes: int, n: int, seed: int) -> Positions:
    from scipy.stats.qmc import Sobol

    engine: QMCEngine = Sobol(n_axes, rng=np.random.default_rng(seed))
    block = min(_BLOCK, n)
    for _ in range(n // block):
        yield from engine.random(block)


SAMPLERS: dict[str, Callable[[int, int, int], Iterable[NDArray[np.float64]]]] = {
    "random": _random,
    "lhs": _lhs,
    "sobol": _sobol,
    **DESIGNS,
}
"""Kind of sampler: (n axes, n, seed) to positions in the unit cube, rows of (n axes,)."""
