"""How much better one point is than another in a column, and how much of that may be noise.

All points of a sweep share images, masks and chips, so an energy or a latency has no noise: a difference is
one. An accuracy is that of some images out of many more. Two points are told apart by Newcombe's interval of
the difference of two fractions, which takes the Wilson interval of each. Their answers to the same images are
alike, which would make the interval shorter; how alike is not in the table, so it stays too wide rather than
too short. Where every score of two points is the same, their answers are: no noise is between them.

References
----------
R. G. Newcombe, Statist. Med. 17 (1998) 873, method 10
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ENDS", "SCORES", "gain_and_noise", "has_noise"]

SCORES = ("accuracy", "nll", "ece", "brier_score")
"""Columns by which two points are seen to give the same answers."""

ENDS = ("low", "high", "mc_se")
"""What follows the name of a column in those that tell its noise."""

_Z_95 = 1.959963984540054

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]


def has_noise(table: pd.DataFrame, column: str) -> bool:
    """Whether the table has an interval or a standard error for the column."""
    return f"{column}_low" in table or f"{column}_mc_se" in table


def gain_and_noise(
    table: pd.DataFrame, column: str, better: Rows, rows: Rows, is_max: bool
) -> tuple[Floats, Floats]:
    """(n_rows, n_better) each: how much better ``better`` are, and what that must exceed to be sure."""
    values = table[column].to_numpy(np.float64)
    gain = values[better][None, :] - values[rows][:, None]
    if not is_max:
        gain = -gain
    if not has_noise(table, column):
        return gain, np.zeros_like(gain)
    below, above = _reach(table, column)
    towards, back = (below, above) if is_max else (above, below)
    wide = np.hypot(towards[better][None, :], back[rows][:, None])
    return gain, np.where(_same_answers(table, better, rows), 0.0, wide)


def _reach(table: pd.DataFrame, column: str) -> tuple[Floats, Floats]:
    """How far the interval of each row reaches below and above its value."""
    values = table[column].to_numpy(np.float64)
    if f"{column}_low" in table:
        low, high = (table[f"{column}_{end}"].to_numpy(np.float64) for end in ("low", "high"))
        return values - low, high - values
    # Networks without passes have none of this noise.
    reach = _Z_95 * np.nan_to_num(table[f"{column}_mc_se"].to_numpy(np.float64))
    return reach, reach


def _same_answers(table: pd.DataFrame, better: Rows, rows: Rows) -> NDArray[np.bool_]:
    """(n_rows, n_better): whether every score agrees to the last bit; never where there is but one score."""
    scores = [score for score in SCORES if score in table]
    same = np.full((len(rows), len(better)), len(scores) > 1)
    for score in scores:
        values = table[score].to_numpy(np.float64)
        same &= values[better][None, :] == values[rows][:, None]
    return same
