"""Columns of a table on the axes of a picture: prefixes, logarithmic scales, words as levels."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axis import Axis
from matplotlib.ticker import FixedLocator, LogLocator, MaxNLocator, NullFormatter
from numpy.typing import NDArray

from cimsim.reporting.columns import label_of, shown, unit_sign
from cimsim.reporting.figures.canvas import plain_log, scaled
from cimsim.reporting.quantities import printable

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["is_wide", "level_name", "levels_of", "name_levels", "scale_of", "set_measure"]

Floats = NDArray[np.float64]

_LONGEST = 16
_WIDE = 20.0
_NARROW = 8.0


def scale_of(column: str, values: Floats) -> tuple[float, str]:
    """What to divide a column by, and its label with the unit that is then meant."""
    sign, most = unit_sign(column), float(np.nanmax(np.abs(values), initial=0.0))
    if sign == "%":
        factor, unit = 0.01, "%"
    elif sign == "m²":
        factor, unit = (1e-6, "mm²") if most >= 1e-8 else (1e-12, "µm²")
    elif sign and not sign.startswith("1/"):
        factor, unit = scaled(most, sign)
    else:
        factor, unit = 1.0, sign
    return factor, f"{label_of(column)} ({unit})" if unit else label_of(column)


def is_wide(values: Floats) -> bool:
    """Whether positive numbers span more than a linear scale shows."""
    found = values[np.isfinite(values)]
    return bool(len(found) and found.min() > 0 and found.max() > _WIDE * found.min())


def set_measure(axis: Axis, column: str, values: Floats) -> float:
    """Label and scale an axis for a column; returns what its values are to be divided by."""
    factor, label = scale_of(column, values)
    axis.set_label_text(label)
    if not is_wide(values):
        axis.set_major_locator(MaxNLocator(6))
        return factor
    found = values[np.isfinite(values)]
    (axis.axes.set_xscale if axis is axis.axes.xaxis else axis.axes.set_yscale)("log")
    is_narrow = found.max() < _NARROW * 10 * found.min()
    axis.set_major_locator(LogLocator(subs=(1, 2, 5) if is_narrow else (1,)))
    plain_log(axis)
    return factor


def levels_of(column: pd.Series) -> list[object]:
    """The different values: numbers by size, words as they come."""
    found = list(dict.fromkeys(column.dropna().tolist()))
    is_number = all(isinstance(value, int | float) and not isinstance(value, bool) for value in found)
    return sorted(found) if is_number else found


def level_name(column: str, level: object) -> str:
    """A value in few letters: of a file its name, of a long text both ends, where names use to differ."""
    text = printable(shown(column, level))
    if isinstance(level, str) and "/" in level:
        text = PurePath(text).stem
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST // 2]}…{text[-(_LONGEST // 2 - 1) :]}"


def name_levels(axis: Axis, column: str, levels: list[object], letters: int = _LONGEST) -> None:
    """One tick for each level of an axis of the sweep, at 0, 1, ...; aslant where names need more letters."""
    axis.set_major_locator(FixedLocator(list(range(len(levels)))))
    names = [level_name(column, level) for level in levels]
    slant: dict[str, Any] = {"rotation": 30, "ha": "right", "rotation_mode": "anchor"}
    axis.set_ticklabels(names, **(slant if max(map(len, names), default=0) > letters else {}))
    axis.set_minor_formatter(NullFormatter())
    axis.set_label_text(label_of(column))
