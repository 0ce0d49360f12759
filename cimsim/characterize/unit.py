"""The dropout unit on many chips: p of each code, what trimming finds, what moves p afterwards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cimsim.circuits.dropout_unit import Condition, DropoutUnit
from cimsim.circuits.trimming import TrimmedSource
from cimsim.devices.junction import NOMINAL
from cimsim.rng import stream

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["TRIMMED_FOR", "calibration_table", "drift_table", "unit_table"]

TRIMMED_FOR = (0.1, 0.2, 0.5)
"""Probabilities that chips are trimmed for."""

_HOT_K, _COLD_K = 400.0, 250.0
_COUNTS = (0, 16, 64, 256, 1024, 4096, 16384)
_LEVEL_ERRORS = tuple(k / 100 for k in range(-10, 11))
_TEMPERATURES_K = tuple(10.0 * k for k in range(25, 41))
_AGES_S = tuple(3600.0 * 10.0**k for k in range(6))


def unit_table(unit: DropoutUnit, source: TrimmedSource, n_units: int, seed: int) -> pd.DataFrame:
    """For each code: level, p, its band over chips, p cold and hot, energy and correlation of a bit."""
    import pandas as pd

    codes, room = unit.dac.codes, Condition()
    generator = stream(seed, "units")
    units = source.spread.draw(generator, n_units)
    column = type(units)(**{name: np.reshape(x, (-1, 1)) for name, x in vars(units).items()})
    gains = source.gain_spread * generator.standard_normal((n_units, 1))
    p = unit.probability(codes, Condition(level_error=gains), column)
    low, high = np.quantile(p, (0.05, 0.95), axis=0)
    table: pd.DataFrame = pd.DataFrame(
        {
            "code": codes,
            "level_v": unit.dac.level_v(codes),
            "p": unit.probability(codes, room),
            "p_low": low,
            "p_high": high,
            "p_cold": unit.probability(codes, Condition(_COLD_K)),
            "p_hot": unit.probability(codes, Condition(_HOT_K)),
            "energy_j": unit.energy_j(codes, room),
            "correlation": unit.correlation(codes, room, NOMINAL),
        }
    )
    return table


def calibration_table(unit: DropoutUnit, source: TrimmedSource, n_units: int, seed: int) -> pd.DataFrame:
    """Error of p over chips against the bits counted, with what counting costs for one p."""
    import pandas as pd

    fair_j = float(unit.energy_j(np.array(unit.code_for(0.5, Condition())), Condition()))
    rows = []
    for bits in _COUNTS:
        trimmed = replace(source, n_bits=bits, used=source.trimmed)
        found = _chips(trimmed, n_units, seed)
        n = trimmed.bits_per_level
        for k, p in enumerate(TRIMMED_FOR):
            error = np.sqrt(np.mean((found[:, k] - p) ** 2))
            rows.append(
                {
                    "bits_counted": bits, "p": p, "error_rms": float(error),
                    "p_mean": float(found[:, k].mean()),
                    "bits_in_all": n, "time_s": n * unit.cycle_s, "energy_j": n * fair_j,
                }
            )  # fmt: skip
    table: pd.DataFrame = pd.DataFrame(rows)
    return table


def drift_table(
    source: TrimmedSource, ageing: Callable[[float], float], n_units: int, seed: int
) -> pd.DataFrame:
    """p after trimming, as level, temperature or age move away: mean and 5 to 95 % band over chips.

    ``again`` rows are trimmed anew where they stand; ``ageing`` gives the rise of the threshold after some
    use.
    """
    import pandas as pd

    rows = []
    start = source.trimmed
    moves = {
        "level_error": {value: replace(start, level_error=value) for value in _LEVEL_ERRORS},
        "temperature_k": {value: replace(start, temperature_k=value) for value in _TEMPERATURES_K},
        "age_s": {value: replace(start, ageing=ageing(value)) for value in _AGES_S},
    }
    for cause, conditions in moves.items():
        for value, now in conditions.items():
            for again in (False, True):
                moved = replace(source, used=now, trimmed=now if again else start)
                found = _chips(moved, n_units, seed)
                low, high = np.quantile(found, (0.05, 0.95), axis=0)
                for k, p in enumerate(TRIMMED_FOR):
                    rows.append(
                        {
                            "cause": cause, "value": float(value), "trimmed": "again" if again else "before",
                            "p": p, "p_mean": float(found[:, k].mean()), "p_low": float(low[k]),
                            "p_high": float(high[k]),
                        }
                    )  # fmt: skip
    table: pd.DataFrame = pd.DataFrame(rows)
    return table


def _chips(source: TrimmedSource, n_units: int, seed: int) -> NDArray[np.float64]:
    return source.chips(list(TRIMMED_FOR), [1] * len(TRIMMED_FOR), n_units, stream(seed, "chips"))
