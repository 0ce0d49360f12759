"""How pulses switch the device: curves, write errors, what moves the probability of a random bit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cimsim.circuits.dropout_unit import DropoutUnit
from cimsim.devices.junction import NOMINAL, Unit
from cimsim.devices.magnet import ROOM_K
from cimsim.devices.switch import Pulse, SotSwitch, SttSwitch
from cimsim.devices.switching_table import MOST_OVERDRIVE

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["operating_table", "switching_table", "temperature_table", "write_error_table"]

Array = NDArray[np.float64]

TARGETS = (0.1, 0.2, 0.5, 0.9)
"""Probabilities that operating points are told for."""

WIDTHS = (0.5, 1.0, 2.0, 5.0)
"""Pulses of the figures, times the device's own set pulse."""

_TEMPERATURES_K = (250.0, 300.0, 350.0, 400.0)
_STEP = 0.01
_BISECTIONS = 60
_MOST_V = 10.0


def switching_table(unit: DropoutUnit) -> pd.DataFrame:
    """P_sw against amplitude for pulse widths, towards antiparallel, at 300 K."""
    import pandas as pd

    rows = []
    for width_s in _widths(unit):
        low_v, high_v = (level_for(unit, p, width_s) for p in (1e-4, 0.998))
        level_v = np.linspace(low_v, np.nan_to_num(high_v, nan=_highest_v(unit)), 121)
        p = unit.switch.switched(Pulse(level_v, width_s))
        rows.append(
            pd.DataFrame(
                {"width_s": width_s, "amplitude_v": level_v, "current_a": current_a(unit, level_v), "p": p}
            )
        )
    table: pd.DataFrame = pd.concat(rows, ignore_index=True)
    return table


def write_error_table(unit: DropoutUnit) -> pd.DataFrame:
    """Error of a write to parallel against pulse width, for amplitudes up to the reset's."""
    import pandas as pd

    rows = []
    width_s = np.geomspace(0.25, 10.0, 81) * unit.reset.width_s
    for share in (0.6, 0.8, 1.0):
        amplitude_v = share * unit.reset.amplitude_v
        log_error = unit.switch.log_error(Pulse(amplitude_v, width_s, to_parallel=True))
        rows.append(
            pd.DataFrame(
                {"amplitude_v": amplitude_v, "width_s": width_s, "log10_error": log_error / np.log(10.0)}
            )
        )
    table: pd.DataFrame = pd.concat(rows, ignore_index=True)
    return table


def operating_table(unit: DropoutUnit) -> pd.DataFrame:
    """For each pulse width and p: the level, and by how much p moves when something else does.

    Columns ``dp_level``, ``dp_temperature``, ``dp_delta`` are changes of p for a level 1 % higher, a
    junction 10 K warmer, and a barrier 7.7 % higher. NaN where none does, up to ten times the critical
    current or 10 V.
    """
    import pandas as pd

    rows = []
    for width_s in _widths(unit):
        for p in TARGETS:
            level_v = level_for(unit, p, width_s)

            def moved(factor: float, t: float = ROOM_K, who: Unit = NOMINAL) -> float:
                return float(unit.switch.switched(Pulse(factor * level_v, width_s), t, who)) - p  # noqa: B023

            rows.append(
                {
                    "width_s": width_s,
                    "p": p,
                    "amplitude_v": level_v,
                    "current_a": float(current_a(unit, np.array(level_v))),
                    "set_energy_j": unit.write_supply_v
                    * float(unit.switch.charge_c(Pulse(level_v, width_s))),
                    "dp_level": moved(1.0 + _STEP),
                    "dp_temperature": moved(1.0, ROOM_K + 10.0),
                    "dp_delta": moved(1.0, who=Unit(delta=1.077)),
                }
            )
    table: pd.DataFrame = pd.DataFrame(rows)
    return table


def temperature_table(unit: DropoutUnit) -> pd.DataFrame:
    """The junction at several temperatures: states, barrier, critical currents, or the threshold."""
    import pandas as pd

    table: pd.DataFrame = pd.DataFrame([_at(unit, t) for t in _TEMPERATURES_K])
    return table


def level_for(unit: DropoutUnit, p: float, width_s: float) -> float:
    """The amplitude of a pulse to antiparallel that switches with probability p, at 300 K, or NaN."""
    low, high = 0.0, _highest_v(unit)
    if float(unit.switch.switched(Pulse(high, width_s))) < p:
        return float("nan")
    for _ in range(_BISECTIONS):
        middle = 0.5 * (low + high)
        if float(unit.switch.switched(Pulse(middle, width_s))) < p:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


def _highest_v(unit: DropoutUnit) -> float:
    """As far as levels are looked for: 10 V, or the last current that the table of switching knows."""
    if not isinstance(unit.switch, SttSwitch):
        return _MOST_V
    most_a = MOST_OVERDRIVE / (1.0 + _STEP) * float(unit.switch.magnet.barrier().to_antiparallel_a)
    return min(_MOST_V, most_a / float(current_a(unit, np.array(1.0))))


def current_a(unit: DropoutUnit, level_v: Array) -> Array:
    """Of a set pulse, before the flip."""
    if isinstance(unit.switch, SotSwitch):
        return np.asarray(level_v / unit.switch.track_ohm)
    return np.asarray(unit.switch.junction.current_a(level_v, parallel=True))


def _at(unit: DropoutUnit, temperature_k: float) -> dict[str, Any]:
    switch, junction = unit.switch, unit.switch.junction
    read_v = unit.read_v
    parallel_a, antiparallel_a = (
        float(junction.current_a(read_v, parallel=state, temperature_k=temperature_k))
        for state in (True, False)
    )
    row = {
        "temperature_k": temperature_k,
        "read_parallel_a": parallel_a,
        "read_antiparallel_a": antiparallel_a,
    }
    if isinstance(switch, SttSwitch):
        barrier = switch.magnet.barrier(temperature_k)
        return row | {
            "delta": float(barrier.delta),
            "critical_to_antiparallel_a": float(barrier.to_antiparallel_a),
            "critical_to_parallel_a": float(barrier.to_parallel_a),
            "relaxation_s": float(barrier.relaxation_s),
        }
    codes_v = np.linspace(0.2, 2.0, 2001) * unit.dac.high_v
    p = switch.switched(Pulse(codes_v, unit.set_width_s), temperature_k)
    return row | {"threshold_v": float(np.interp(0.5, p, codes_v))}


def _widths(unit: DropoutUnit) -> list[float]:
    # A sigmoid that was measured is not told below the shortest pulse of its fit.
    shortest = 1.0 if isinstance(unit.switch, SotSwitch) else 0.0
    return [factor * unit.set_width_s for factor in WIDTHS if factor >= shortest]
