"""All tables of a device and its dropout unit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cimsim.arch.loader import is_device, load_arch, load_device
from cimsim.arch.sources import ageing_after, build_dropout_unit, build_trimmed_source
from cimsim.arch.spec import ArchSpec
from cimsim.characterize.switching import (
    operating_table,
    switching_table,
    temperature_table,
    write_error_table,
)
from cimsim.characterize.unit import calibration_table, drift_table, unit_table
from cimsim.circuits.dropout_unit import DropoutUnit
from cimsim.errors import SpecError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Characterization", "characterize"]

_HEADROOM_V = 0.1


@dataclass(frozen=True, eq=False)
class Characterization:
    """Tables of a device, by the name of their file, and the unit they describe."""

    unit: DropoutUnit
    arch: ArchSpec
    tables: Mapping[str, pd.DataFrame]
    settings: Mapping[str, Any]


def characterize(
    path: Path,
    circuits: Path,
    *,
    overrides: Sequence[str] = (),
    n_units: int = 200,
    seed: int = 0,
    progress: Callable[[str, int, int], None] | None = None,
) -> Characterization:
    """Switching, write error, operating points, the unit's p, its trimming and its drift.

    Parameters
    ----------
    path : an architecture, or a device, which then takes the place of the one in ``circuits``
    circuits : the architecture whose drivers, converter and read-out a bare device gets
    n_units : chips drawn from the fabrication spread

    Raises
    ------
    SpecError : a file breaks a rule, or the device does not say how it makes a random bit
    """
    arch = _architecture(path, circuits, overrides)
    unit, source = build_dropout_unit(arch), build_trimmed_source(arch)
    assert source is not None
    steps: dict[str, Callable[[], pd.DataFrame]] = {
        "temperature.csv": lambda: temperature_table(unit),
        "operating.csv": lambda: operating_table(unit),
        "switching.csv": lambda: switching_table(unit),
        "write_error.csv": lambda: write_error_table(unit),
        "unit.csv": lambda: unit_table(unit, source, n_units, seed),
        "calibration.csv": lambda: calibration_table(unit, source, n_units, seed),
        "drift.csv": lambda: drift_table(source, partial(ageing_after, arch), n_units, seed),
    }
    tables = {}
    for k, (name, build) in enumerate(steps.items()):
        tables[name] = build()
        if progress is not None:
            progress("device", k + 1, len(steps))
    settings = {"file": str(path), "n_units": n_units, "seed": seed, "overrides": list(overrides)}
    return Characterization(unit, arch, tables, settings)


def _architecture(path: Path, circuits: Path, overrides: Sequence[str]) -> ArchSpec:
    """With its written junction as the source of bits."""
    written = "chip.random_source=mtj"
    if not is_device(path):
        return load_arch(path, [*overrides, written])
    bit = load_device(path).random_bit
    if bit is None:
        rule = "must say how it makes a random bit (random_bit)"
        raise SpecError(str(path), rule, cure="add reset, set, read, relax_s and access_resistance_ohm")
    needed_v = max(bit.reset.amplitude_v, bit.set.high_v) + _HEADROOM_V
    place = [
        f"chip.stochastic_unit.device={path.resolve()}",
        f"chip.stochastic_unit.write_supply_v={needed_v:g}",
    ]
    return load_arch(circuits, [*place, *overrides, written])
