"""The ledger: counts times costs, leakage times time, area; booked once, and the parts are the total."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from cimsim.circuits.cost import Scalar
from cimsim.mapping.draws import n_gates
from cimsim.mapping.placement import n_chip_tiles
from cimsim.mapping.program import Program
from cimsim.mapping.thresholds import constants_of
from cimsim.sim.calibration import calibration
from cimsim.sim.counts import ArrayUse, Count, count_actions
from cimsim.sim.memory import digital_weights
from cimsim.sim.timing import Times

__all__ = [
    "STOCHASTIC",
    "Ledger",
    "Row",
    "book",
    "calibration_energy_j",
    "n_instances",
    "program_energy_j",
]

STOCHASTIC = ("stochastic_unit", "trim_dac", "dropout_gate", "gaussian_sampler", "arbiter")
"""What only a network with random masks needs."""

_OPTIONAL = ("digital_mac", "weight_memory", "scale_multiplier", *STOCHASTIC)
"""Built where the network uses them."""


class Row(NamedTuple):
    """A line of ``components.csv``: one image, all its passes, mean over images."""

    component: str
    layer: str
    action: str
    count: float  # type: ignore[assignment]  # not how often a tuple holds something
    energy_j: float
    busy_s: float
    area_m2: float


@dataclass(frozen=True)
class Ledger:
    """What an image costs.

    Attributes
    ----------
    rows : actions by component, layer and action; then for each component a ``leakage`` row (count: its
        instances) and an ``area`` row. Both belong to no layer. Only ``area`` rows have an area, others NaN
    leakage_w : of the whole chip
    """

    rows: tuple[Row, ...]
    leakage_w: float

    @property
    def energy_j(self) -> float:
        """The correctly rounded sum of all rows."""
        return math.fsum(row.energy_j for row in self.rows)

    @property
    def area_m2(self) -> float:
        return math.fsum(row.area_m2 for row in self.rows if row.action == "area")

    def count(self, *actions: tuple[str, str], layer: str | None = None) -> float:
        """How often (component, action) happens, in one layer or in all."""
        return math.fsum(
            row.count
            for row in self.rows
            if (row.component, row.action) in actions and layer in (None, row.layer)
        )

    def energy_of_j(self, components: Collection[str]) -> float:
        """Energy of some components, their leakage included."""
        return math.fsum(row.energy_j for row in self.rows if row.component in components)

    def area_of_m2(self, components: Collection[str]) -> float:
        return math.fsum(r.area_m2 for r in self.rows if r.action == "area" and r.component in components)

    def layer_energy_j(self, layer: str) -> float:
        return math.fsum(row.energy_j for row in self.rows if row.layer == layer)


def book(program: Program, times: Times, uses: Mapping[str, ArrayUse], blocks: Mapping[str, int]) -> Ledger:
    """Book every action, the leakage over the latency of an image, and the area.

    Parameters
    ----------
    uses : what happened on the arrays of each layer, mean over images
    blocks : memory blocks on the chip, by component
    """
    counts = _merged(program, count_actions(program, times, uses))
    components = program.chip.components
    rows = []
    for c in counts:
        energy_j = c.count * float(components[c.component].actions[c.action].energy_j)
        rows.append(Row(c.component, c.layer, c.action, c.count, energy_j, c.busy_s, math.nan))
    leakage_w = []
    for name, n in n_instances(program, counts, blocks).items():
        power_w = n * float(components[name].leakage_w)
        leakage_w.append(power_w)
        rows.append(Row(name, "", "leakage", float(n), power_w * times.latency_s, 0.0, math.nan))
        rows.append(Row(name, "", "area", float(n), 0.0, 0.0, n * float(components[name].area_m2)))
    return Ledger(tuple(rows), math.fsum(leakage_w))


def n_instances(program: Program, counts: Sequence[Count], blocks: Mapping[str, int]) -> dict[str, int]:
    """How many of each component the chip has.

    A digital first layer and what draws random bits are built where the network uses them, memories and
    sources of random bits as many as it needs.
    """
    geometry = program.chip.geometry
    n_tiles = n_chip_tiles(program.placements, geometry)
    n_macros = n_tiles * geometry.macros_per_tile
    n_units = {
        "chip": 1,
        "tile": n_tiles,
        "macro": n_macros,
        "subarray": n_macros * geometry.subarrays_per_macro,
    }
    used = {count.component for count in counts}
    needed = {
        **blocks,
        "stochastic_unit": sum(program.modules.values()),
        "trim_dac": sum(map(program.chip.n_levels, program.modules.values())),
        "dropout_gate": n_gates(program.graph, program.placements),
    }
    return {
        name: needed.get(name, component.n_per_unit * n_units[component.unit])
        for name, component in program.chip.components.items()
        if name in used or name not in _OPTIONAL
    }


def program_energy_j(program: Program) -> Scalar:
    """Writing every weight (each replica and variant) and every threshold, wherever it is kept, once.

    Reference columns are written in the rows that hold weights.
    Write pulses that fail are repeated, as the architecture says. On a chip of draws (n_draws,).
    """
    components = program.chip.components
    n_references = program.chip.geometry.reference_columns
    cells = sum(
        p.rows * (p.columns + p.column_tiles * n_references) * p.groups * p.n_variants * p.replicas
        for p in program.placements.values()
        if p.n_macros
    )
    bits = sum(
        constants_of(program.graph, program.chip, f, p).stored_bits * p.spread.threshold_copies
        for f in program.folds.values()
        for p in (program.placements[f.mac],)
    )
    write, write_bit = (
        components["cell_array"].actions["write"],
        components["threshold_sram"].actions["write_bit"],
    )
    energy_j = cells * _write_energy_j(program, write.energy_j) + bits * write_bit.energy_j
    if weights := digital_weights(program):
        energy_j = energy_j + weights * components["weight_memory"].actions["write_bit"].energy_j
    return energy_j


def _write_energy_j(program: Program, pulses_j: Scalar) -> Scalar:
    """Of one cell: the mean number of pulses; where they may be repeated, a read follows each."""
    components, physics = program.chip.components, program.chip.cells
    if physics is None:
        return pulses_j
    energy_j = physics.mean_pulses() * pulses_j
    if physics.max_pulses > 1:
        cell = components["cell_array"].actions
        readout = components["adc" if "adc" in components else "sense_amp"].actions["convert"]
        read_j = (cell["read_parallel"].energy_j + cell["read_antiparallel"].energy_j) / 2.0
        energy_j = energy_j + physics.mean_pulses() * physics.n_junctions * (read_j + readout.energy_j)
    return energy_j


def calibration_energy_j(program: Program) -> Scalar:
    """Drawing the bits that trim every level once; CMOS needs no trimming. On a chip of draws (n_draws,)."""
    draw = program.chip.components["stochastic_unit"].actions["draw"]
    return calibration(program).bits * draw.energy_j


def _merged(program: Program, counts: Sequence[Count]) -> list[Count]:
    """One entry per component, layer and action, in the order of the chip, the commands and the actions."""
    found: dict[tuple[str, str, str], list[Count]] = {}
    for count in counts:
        found.setdefault((count.component, count.layer, count.action), []).append(count)
    layers = list(dict.fromkeys(command.layer for command in program.commands))
    return [
        Count(name, layer, action, math.fsum(c.count for c in same), math.fsum(c.busy_s for c in same))
        for name, component in program.chip.components.items()
        for layer in layers
        for action in component.actions
        if (same := found.get((name, layer, action))) is not None
    ]
