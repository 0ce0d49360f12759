"""How much of a result each axis is responsible for: indices of Sobol, of Morris, shares of the variance."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cimsim.sweep.extras import need

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["COLUMNS", "DESIGNS", "morris_positions", "saltelli_positions", "sensitivity"]

COLUMNS = ("output", "axis", "index", "value", "low", "high", "n_rows")
"""Of ``sensitivity.csv``: an index of an output and an axis, with its 95 % interval."""

Floats = NDArray[np.float64]

_LEVELS = 4
_LEAST_BLOCKS = 2
_RESAMPLES = 500
_Z_95 = 1.959963984540054


def saltelli_positions(n_axes: int, n: int, seed: int) -> Floats:
    """(n * (n_axes + 2), n_axes) positions from 0 to 1 for indices of Sobol; n is best a power of two.

    References
    ----------
    A. Saltelli et al., Comput. Phys. Commun. 181 (2010) 259, doi:10.1016/j.cpc.2009.09.018
    """
    sample = need("SALib.sample.sobol").sample
    generator = np.random.default_rng(seed)
    return np.asarray(sample(_problem(n_axes), n, calc_second_order=False, seed=generator), np.float64)


def morris_positions(n_axes: int, n: int, seed: int) -> Floats:
    """(n * (n_axes + 1), n_axes) positions from 0 to 1: n walks that move along each axis once.

    References
    ----------
    M. D. Morris, Technometrics 33 (1991) 161
    """
    sample = need("SALib.sample.morris").sample
    return np.asarray(sample(_problem(n_axes), n, num_levels=_LEVELS, seed=seed), np.float64)


DESIGNS: dict[str, Callable[[int, int, int], Floats]] = {
    "saltelli": saltelli_positions,
    "morris": morris_positions,
}
"""Samplers made for sensitivity: (n axes, n, seed) to positions in the unit cube."""


def sensitivity(
    table: pd.DataFrame,
    axes: Sequence[str],
    columns: Sequence[str],
    *,
    kind: str = "grid",
    n: int = 0,
    seed: int = 0,
) -> pd.DataFrame:
    """A row for each output, axis and index, columns as `COLUMNS`.

    Parameters
    ----------
    table : rows in the order of the points
    axes : for a kind of `DESIGNS` the names of the axes; else a column of the table for each
    columns : outputs; those that do not change are left out
    kind : the sampler. "saltelli" gives "first_order" (the share of the variance that an axis has alone) and
        "total" (with all that it has together with others); "morris" gives "mu_star" (mean size of a step's
        effect, in the unit of the output) and "sigma" (its deviation over the space);
        any other "first_order" from the means at the values of the axis
    n, seed : of the sampler

    Failed rows leave with the rows that they were to be compared with; n_rows is what remains, and where
    that is next to nothing there is no index. Intervals come
    from resampling, but for a complete grid, where the first order is exact.
    """
    import pandas as pd

    rows: list[tuple[Any, ...]] = []
    for column in columns:
        values = table[column].astype(float).to_numpy()
        finite = values[np.isfinite(values)]
        if not len(finite) or finite.min() == finite.max():
            continue
        for index, (n_rows, value, reach) in _indices(table, values, axes, kind, n, seed):
            low, high = value - reach, value + reach
            if kind not in DESIGNS:
                low, high = np.maximum(low, 0.0), np.minimum(high, 1.0)
            for row in zip(axes, value, low, high, strict=True):
                rows.append((column, row[0], index, *row[1:], n_rows))
    found: pd.DataFrame = pd.DataFrame(rows, columns=list(COLUMNS))
    return found


def _indices(
    table: pd.DataFrame, values: Floats, axes: Sequence[str], kind: str, n: int, seed: int
) -> Iterator[tuple[str, tuple[int, Floats, Floats]]]:
    if kind == "saltelli":
        yield from _sobol(values, len(axes), seed)
    elif kind == "morris":
        yield from _morris(values, morris_positions(len(axes), n, seed), seed)
    else:
        kept = np.isfinite(values)
        levels = [_levels(table.loc[kept, axis]) for axis in axes]
        is_complete = kind == "grid" and bool(kept.all())
        yield "first_order", (int(kept.sum()), *_shares(values[kept], levels, is_complete, seed))


def _sobol(values: Floats, n_axes: int, seed: int) -> Iterator[tuple[str, tuple[int, Floats, Floats]]]:
    whole = _whole(values, n_axes + 2)
    if len(whole) < _LEAST_BLOCKS * (n_axes + 2):
        return
    found = need("SALib.analyze.sobol").analyze(
        _problem(n_axes),
        whole,
        calc_second_order=False,
        num_resamples=_RESAMPLES,
        # Zero would mean no seed.
        seed=seed + 1,
    )
    for index, key in (("first_order", "S1"), ("total", "ST")):
        yield index, (len(whole), np.asarray(found[key]), np.asarray(found[f"{key}_conf"]))


def _morris(values: Floats, positions: Floats, seed: int) -> Iterator[tuple[str, tuple[int, Floats, Floats]]]:
    n_axes = positions.shape[1]
    kept = np.repeat(np.isfinite(values).reshape(-1, n_axes + 1).all(axis=1), n_axes + 1)
    if kept.sum() < _LEAST_BLOCKS * (n_axes + 1):
        return
    found = need("SALib.analyze.morris").analyze(
        _problem(n_axes),
        positions[kept],
        values[kept],
        num_levels=_LEVELS,
        num_resamples=_RESAMPLES,
        seed=seed + 1,
    )
    n_rows = int(kept.sum())
    yield "mu_star", (n_rows, np.asarray(found["mu_star"], float), np.asarray(found["mu_star_conf"], float))
    yield "sigma", (n_rows, np.asarray(found["sigma"], float), np.full(n_axes, np.nan))


def _whole(values: Floats, size: int) -> Floats:
    """The blocks of rows without a failed one."""
    blocks = values.reshape(-1, size)
    return blocks[np.isfinite(blocks).all(axis=1)].ravel()


def _levels(column: pd.Series) -> NDArray[np.intp]:
    """The number of each row's value; of many values, of the tenth of the rows that it lies in."""
    import pandas as pd

    codes, found = pd.factorize(column, use_na_sentinel=False)
    if len(found) <= max(10, len(column) // 10):
        return np.asarray(codes, np.intp)
    return np.asarray(pd.qcut(column.rank(method="first"), 10, labels=False), np.intp)


def _shares(
    values: Floats, levels: Sequence[NDArray[np.intp]], is_complete: bool, seed: int
) -> tuple[Floats, Floats]:
    """(n_axes,): share of the variance between the means at the values of an axis, and its reach."""
    share = np.array([_share(values, level, is_complete) for level in levels])
    if is_complete:
        return share, np.zeros(len(share))
    generator = np.random.default_rng(seed)
    drawn = np.empty((_RESAMPLES, len(levels)))
    for k in range(_RESAMPLES):
        rows = generator.integers(len(values), size=len(values))
        drawn[k] = [_share(values[rows], level[rows], False) for level in levels]
    return share, _Z_95 * drawn.std(axis=0)


def _share(values: Floats, level: NDArray[np.intp], is_complete: bool) -> float:
    counts = np.bincount(level)
    means = np.bincount(level, values) / np.maximum(counts, 1)
    total = float(np.sum((values - values.mean()) ** 2))
    if total == 0:
        return 0.0
    share = float(np.sum(counts * (means - values.mean()) ** 2)) / total
    n_levels = int(np.count_nonzero(counts))
    if is_complete or len(values) <= n_levels:
        return share
    # Means of few drawn rows scatter by themselves: the adjusted share takes that off.
    return max(0.0, 1.0 - (1.0 - share) * (len(values) - 1) / (len(values) - n_levels))


def _problem(n_axes: int) -> dict[str, Any]:
    return {"num_vars": n_axes, "names": [f"x{i}" for i in range(n_axes)], "bounds": [[0.0, 1.0]] * n_axes}
