"""Switching probabilities of a perpendicular junction for any current, pulse and barrier, by look-up.

The Fokker-Planck equation is solved once on a coarse grid of overdrive and barrier, refined by monotone
splines and kept on disk. What is stored is Y = ln(-ln(1 - P)): the logarithm of P where switching is rare,
of the exponent of the write error where failing is. Linear interpolation of it in three axes keeps P
monotone in each.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import zipfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cimsim.devices import fokker_planck
from cimsim.places import user_cache

__all__ = ["DELTAS", "MOST_OVERDRIVE", "SwitchingTable", "switching_table"]

Array = NDArray[np.float64]

MOST_OVERDRIVE = 10.0
"""Currents above it switch as this one does."""
DELTAS = (8.0, 200.0)
"""Barriers that the table covers."""

_SOLVED_DELTAS = np.array([8.0, 11.0, 15.0, 20.0, 28.0, 40.0, 60.0, 85.0, 115.0, 150.0, 200.0])
_SOLVED_DRIVES = np.concatenate([np.linspace(0.0, 1.6, 33), np.geomspace(1.6, MOST_OVERDRIVE, 25)[1:]])
_DELTAS = np.concatenate(
    [np.linspace(a, b, 4)[:-1] for a, b in pairwise(_SOLVED_DELTAS)] + [_SOLVED_DELTAS[-1:]]
)
_DRIVES = np.concatenate([np.linspace(0.0, 1.6, 129), np.geomspace(1.6, MOST_OVERDRIVE, 97)[1:]])
_LOG_TAUS = np.log(np.geomspace(0.05, 100.0, 97))
_LEAST, _MOST = np.log(1e-300), np.log(690.0)


class SwitchingTable:
    """Y on a grid (delta, overdrive, ln tau); see `switching_table` for the one to use."""

    def __init__(self, y: NDArray[np.float32]) -> None:
        self._y = y

    def switched(self, overdrive: Any, tau: Any, delta: Any) -> Array:
        """Probability of having switched after a pulse that starts in thermal equilibrium.

        Parameters
        ----------
        overdrive, tau, delta : numbers or arrays that broadcast together: current over critical current (none
            is told from a current of the other sign), pulse over tau_D, barrier over k_B T

        Raises
        ------
        ValueError : a barrier outside `DELTAS`
        """
        return np.asarray(-np.expm1(-np.exp(self._look_up(overdrive, tau, delta))))

    def log_error(self, overdrive: Any, tau: Any, delta: Any) -> Array:
        """Natural logarithm of the write error, the probability of not having switched; see `switched`."""
        return np.asarray(-np.exp(self._look_up(overdrive, tau, delta)))

    def _look_up(self, overdrive: Any, tau: Any, delta: Any) -> Array:
        i, t, d = np.broadcast_arrays(*(np.asarray(x, np.float64) for x in (overdrive, tau, delta)))
        if d.size and not (d.min() >= DELTAS[0] and d.max() <= DELTAS[1]):
            raise ValueError(
                f"delta must be from {DELTAS[0]:g} to {DELTAS[1]:g} (got {d.min():g} to {d.max():g})"
            )
        with np.errstate(divide="ignore"):
            return _interpolate(self._y, d, i, np.log(np.maximum(t, 0.0)))


@lru_cache(maxsize=1)
def switching_table() -> SwitchingTable:
    """The table, from the disk where it was built before, else built in about a second and kept."""
    path = _cache_path()
    y = _read(path)
    if y is None:
        y = _build()
        _write(path, y)
    return SwitchingTable(y)


def _cache_path() -> Path:
    """In the user's cache; its name changes with whatever the numbers depend on."""
    recipe = Path(fokker_planck.__file__).read_bytes() + Path(__file__).read_bytes()
    return user_cache() / f"switching-{hashlib.sha256(recipe).hexdigest()[:16]}.npy"


def _shape() -> tuple[int, int, int]:
    return len(_DELTAS), len(_DRIVES), len(_LOG_TAUS)


def _read(path: Path) -> NDArray[np.float32] | None:
    try:
        y = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile):
        return None
    is_whole = y.shape == _shape() and y.dtype == np.float32 and bool(np.isfinite(y).all())
    return np.ascontiguousarray(y) if is_whole else None


def _write(path: Path, y: NDArray[np.float32]) -> None:
    """Complete or not at all; a folder that cannot be written is no reason to stop."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            np.save(file, y, allow_pickle=False)
        os.replace(file.name, path)
    except OSError:
        return


def _build() -> NDArray[np.float32]:
    """Solve on the coarse grid, then refine along barrier and overdrive."""
    from scipy.interpolate import PchipInterpolator

    pairs = [(i, delta) for delta in _SOLVED_DELTAS for i in _SOLVED_DRIVES]
    with ThreadPoolExecutor() as pool:
        columns: Iterable[Array] = pool.map(lambda pair: _column(*pair), pairs)
    y = np.array(list(columns)).reshape(len(_SOLVED_DELTAS), len(_SOLVED_DRIVES), len(_LOG_TAUS))
    y = PchipInterpolator(_SOLVED_DELTAS, y, axis=0)(_DELTAS)
    y = PchipInterpolator(_SOLVED_DRIVES, y, axis=1)(_DRIVES)
    for axis in (1, 2):
        y = np.maximum.accumulate(y, axis=axis)
    return np.ascontiguousarray(y, dtype=np.float32)


def _column(overdrive: float, delta: float) -> Array:
    """Y at `_LOG_TAUS`: even steps through the switching, then steps that double."""
    switching = (0.5 * np.log(4.0 * delta) + 0.6) / max(overdrive, 1.0)
    even = 2.0 * switching / 240
    steps = np.concatenate([np.full(240, even), np.repeat(even * 2.0 ** np.arange(1, 9), 16)])
    switched, kept = fokker_planck.switching_curve(overdrive, delta, steps)
    log_taus = np.log(np.cumsum(steps))
    with np.errstate(divide="ignore", invalid="ignore"):
        y = np.where(kept < 0.5, np.log(-np.log(kept)), np.log(-np.log1p(-switched)))
    is_known = (switched > 0.0) & (kept > 1e-290)
    log_taus, y = log_taus[is_known], y[is_known]
    slope = max((y[-1] - y[-2]) / (log_taus[-1] - log_taus[-2]), 0.0)
    found = np.interp(_LOG_TAUS, log_taus, y, left=_LEAST)
    found = found + slope * np.maximum(_LOG_TAUS - log_taus[-1], 0.0)
    return np.asarray(np.clip(found, _LEAST, _MOST))


def _interpolate(y: NDArray[np.float32], delta: Array, drive: Array, log_tau: Array) -> Array:
    """Linear in each axis, and on beyond the shortest and the longest pulse."""
    a, u = _cell(_DELTAS, delta)
    b, v = _cell(_DRIVES, drive)
    c, _ = _cell(_LOG_TAUS, log_tau)
    w = (np.maximum(log_tau, -40.0) - _LOG_TAUS[c]) / (_LOG_TAUS[c + 1] - _LOG_TAUS[c])
    found = np.zeros(delta.shape)
    for p, of_delta in ((a, 1.0 - u), (a + 1, u)):
        for q, of_drive in ((b, 1.0 - v), (b + 1, v)):
            weight = of_delta * of_drive
            found += weight * ((1.0 - w) * y[p, q, c] + w * y[p, q, c + 1])
    return found


def _cell(nodes: Array, x: Array) -> tuple[NDArray[np.intp], Array]:
    """The intervals of a node list that hold x, and how far along; clipped to the ends."""
    at = np.clip(np.searchsorted(nodes, x) - 1, 0, len(nodes) - 2)
    return at, np.clip((x - nodes[at]) / (nodes[at + 1] - nodes[at]), 0.0, 1.0)
