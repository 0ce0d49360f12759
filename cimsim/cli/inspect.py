"""``cimsim inspect``: a file as a table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cimsim.cli.table import print_line, print_table

if TYPE_CHECKING:
    from cimsim.arch.chip import Chip
    from cimsim.arch.spec import ArchSpec
    from cimsim.circuits.cost import Scalar

__all__ = ["inspect"]

_EPILOG = """\b
Examples:
  cimsim inspect lenet
  cimsim inspect arch_configs/stt_mram.yaml
  cimsim inspect arch_configs/devices/ref40.yaml
"""


@click.command(epilog=_EPILOG)
@click.argument("file")
def inspect(file: str) -> None:
    """Show what is in a workload (.npz), an architecture or a device (.yaml)."""
    from cimsim.arch.loader import is_device
    from cimsim.cli.locate import find_either

    path, kind = find_either(file)
    if kind == "workload":
        _show_workload(path)
    elif is_device(path):
        _show_device(path)
    else:
        _show_architecture(path)


def _show_workload(path: Path) -> None:
    from cimsim.reporting.quantities import things
    from cimsim.workload import describe, load_workload, totals

    graph = load_workload(path)
    shape = "x".join(map(str, graph.input.shape))
    sign = "signed" if graph.input.signed else "unsigned"
    encoding = "-1/+1" if graph.input.bits == 1 else f"{graph.input.bits}-bit {sign}"
    print_line(f"{graph.name}: {graph.task}, input {shape} {encoding}, output of {graph.output}")
    rows = [
        (
            row["layer"],
            row["op"],
            row["output_shape"],
            f"{row['weights']:,}",
            f"{row['macs']:,}",
            row["dropout"],
        )
        for row in describe(graph)
    ]
    sums = totals(graph)
    last = (
        "total",
        "",
        "",
        f"{sums['weights']:,}",
        f"{sums['macs']:,}",
        f"{things(sums['draws'], 'draw')} a pass",
    )
    print_table(("layer", "op", "output shape", "weights", "MACs", "dropout"), [*rows, last], right=(3, 4))
    print_line("MACs of one image and pass; 1 MAC = 2 ops")


def _show_device(path: Path) -> None:
    from cimsim.arch.loader import load_device

    spec = load_device(path)
    print_line(f"{spec.name}: {spec.description}")
    rows = [(where, f"{q.value:g}", q.grade, q.source) for where, q in spec.quantities.items()]
    print_table(("quantity", "SI value", "grade", "source"), rows, right=(1,))


def _show_architecture(path: Path) -> None:
    from cimsim.arch import build_chip, load_arch
    from cimsim.reporting.quantities import quantity, things

    chip = build_chip(load_arch(path))
    shape, timing = chip.geometry, chip.timing
    tiles = "as many tiles as the network needs" if shape.n_tiles is None else things(shape.n_tiles, "tile")
    print_line(f"{chip.spec.name}: {tiles}, {things(shape.macros_per_tile, 'macro')} a tile")
    print_line(
        f"{things(shape.subarrays_per_macro, 'subarray')} a macro, "
        f"{shape.n_rows} x {shape.n_columns} cells each"
    )
    shared = f"one {shape.readout} for {things(shape.columns_per_readout, 'column')}"
    print_line(f"{things(shape.rows_active, 'row')} summed at once, {shared}")
    print_line(
        f"clock {quantity(1 / timing.clock_s, 'Hz')}, conversion {quantity(timing.convert_s, 's')}, "
        f"random bit {quantity(timing.draw_s, 's')}, schedule {chip.mc_schedule}"
    )
    _show_components(chip)
    _show_scaling(chip.spec)


def _show_components(chip: Chip) -> None:
    """Costs at nominal values, and how far their sources leave them open."""
    from cimsim.arch import Draws, build_chip
    from cimsim.reporting.quantities import ranged
    from cimsim.sim.price import N_COST_DRAWS
    from cimsim.sim.ranges import ends

    drawn = build_chip(chip.spec, Draws(0, N_COST_DRAWS)).components

    def cost(value: Scalar, draws: Scalar, unit: str) -> str:
        return ranged(float(value), *ends(draws), unit)

    rows = [
        (
            part.name,
            f"{part.n_per_unit} per {part.unit}",
            cost(part.area_m2, drawn[part.name].area_m2, "m²"),
            cost(part.leakage_w, drawn[part.name].leakage_w, "W"),
            ", ".join(
                f"{name} {cost(action.energy_j, drawn[part.name].actions[name].energy_j, 'J')}"
                for name, action in part.actions.items()
            ),
        )
        for part in chip.components.values()
    ]
    print_table(("component", "number", "area of one", "leakage", "energy per action"), rows, right=(2, 3))
    print_line("in brackets: 5-95 % of the sources")


def _show_scaling(spec: ArchSpec) -> None:
    """Factors from the nodes of the sources to that of the chip, and how many numbers each one moves."""
    from cimsim.reporting.quantities import things

    found: dict[tuple[str, str, float], int] = {}
    for path, q in spec.quantities.items():
        if q.node_m is not None:
            kind, supply = ("energy", f", {q.voltage_v:g} V") if path.endswith("_j") else ("area", "")
            key = (kind, f"{1e9 * q.node_m:g} nm{supply}", q.factor)
            found[key] = found.get(key, 0) + 1
    if found:
        technology = spec.technology
        print_line(f"scaled to {1e9 * (technology.node_m or 0.0):g} nm, {technology.supply_v:g} V")
        rows = [
            (kind, source, f"x{factor:.4g}", things(n, "number"))
            for (kind, source, factor), n in sorted(found.items())
        ]
        print_table(("what", "from", "factor", "used by"), rows, right=(2, 3))
