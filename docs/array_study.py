"""What LeNet needs of its arrays: ``python docs/array_study.py [axes] [plane] [cells]``, or all.

Writes ``reports/lenet_arrays``: the tables and pictures of docs/arrays.md. Some ten minutes.
"""

import sys
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

import cimsim
from cimsim.reporting.figures import save_drawings
from cimsim.reporting.figures.canvas import PALETTE, new_figure
from cimsim.reporting.quantities import percent

ROOT = Path(__file__).resolve().parent.parent
N_IMAGES, N_CHIPS = 500, 3
JUNCTION = "tile.macro.subarray.cell.device.junction"
SPREAD = "tile.macro.subarray.cell.device.spread"
ADC = "tile.macro.adc"


def assumed(path: str, value: float) -> str:
    return f"{path}={{value: {value}, grade: assumed, source: study}}"


def tmr(value: float) -> list[str]:
    return [assumed(f"{JUNCTION}.tmr_zero_bias", value)]


def spread(value: float) -> list[str]:
    return [assumed(f"{SPREAD}.resistance_cv", value)]


def rows(n: int) -> list[str]:
    bits = max(1, n.bit_length())
    return [f"tile.macro.rows_active={n}", f"{ADC}.bits={bits}"]


def coarse(bits: int) -> list[str]:
    return [f"{ADC}.bits={bits}"]


def around_half(bits: int, full_scale: int) -> list[str]:
    """All rows of a subarray at once, codes over some counts around half of them; a digital first layer."""
    return [
        "tile.macro.rows_active=128",
        f"{ADC}.bits={bits}",
        f"{ADC}.errors.full_scale={full_scale}",
        "chip.first_layer=digital",
    ]


AXES = {
    "TMR": [(v, tmr(v)) for v in (0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0)],
    "spread of R_P (%)": [(100 * v, spread(v)) for v in (0.0, 0.02, 0.05, 0.07, 0.1, 0.15, 0.2)],
    "active rows": [(n, rows(n)) for n in (4, 8, 16, 32, 64, 128)],
    "ADC bits, all counts": [(b, coarse(b)) for b in (1, 2, 3, 4, 5)],
    "ADC bits, 128 rows, 32 counts": [(b, around_half(b, 32)) for b in (1, 2, 3, 4, 5)],
    "one bit, 128 rows: counts apart": [(n, around_half(1, n)) for n in (12, 24, 48, 128)],
}
PLANE = [(n, v) for n in (8, 16, 32, 64) for v in (0.0, 0.05, 0.1, 0.15)]
CELLS = [(cell, n) for n in (16, 32) for cell in ("stt_mram", "stt_1t1mtj")]


def run(overrides: list[str], chip: str = "stt_mram", **options: object) -> cimsim.RunResult:
    arch = cimsim.load_arch(ROOT / "arch_configs" / f"{chip}.yaml", overrides)
    lenet = cimsim.load_workload(ROOT / "workloads" / "lenet.npz")
    settings = {"n_images": N_IMAGES, "n_instances": N_CHIPS, **options}
    return cimsim.simulate(arch, lenet, **settings)


def row(result: cimsim.RunResult) -> dict[str, float]:
    """Scores over chips, the worst margin of the layers, what it costs."""
    chips, layers = result.chips, result.layers
    return {
        "accuracy": chips["accuracy"].mean(),
        "accuracy_low": chips["accuracy"].min(),
        "accuracy_high": chips["accuracy"].max(),
        "nll": chips["nll"].mean(),
        "margin_sigma": layers["margin_sigma"].min(),
        "decision_errors": layers["decision_errors"].max(),
        "wrong_sums": layers.set_index("layer")["wrong_sums"]["conv2"],
        "energy_j": result.summary["energy_j"],
        "latency_s": result.summary["latency_s"],
    }


def along_axes() -> pd.DataFrame:
    found = [
        {"axis": axis, "value": value, **row(run(overrides))}
        for axis, points in AXES.items()
        for value, overrides in points
    ]
    return pd.DataFrame(found)


def plane() -> pd.DataFrame:
    return pd.DataFrame(
        [{"rows_active": n, "resistance_cv": v, **row(run([*rows(n), *spread(v)]))} for n, v in PLANE]
    )


def cells() -> pd.DataFrame:
    """Two junctions a weight against one, at as many rows."""
    found = []
    for chip, n in CELLS:
        result = run(rows(n), chip)
        costs = {name: result.summary[name] for name in ("area_m2", "program_energy_j")}
        found.append({"chip": chip, "rows_active": n, **row(result), **costs})
    return pd.DataFrame(found)


def curves(table: pd.DataFrame) -> Figure:
    figure = new_figure(5.2, width=11.0)
    for axes, axis in zip(figure.subplots(2, 3).flat, AXES, strict=True):
        shown = table[table["axis"] == axis]
        axes.fill_between(
            shown["value"],
            100 * shown["accuracy_low"],
            100 * shown["accuracy_high"],
            color=PALETTE[0],
            alpha=0.2,
        )
        axes.plot(shown["value"], 100 * shown["accuracy"], color=PALETTE[0], marker=".")
        axes.set(title=axis, ylabel="accuracy (%)")
        if axis in ("active rows", "one bit, 128 rows: counts apart"):
            axes.set_xscale("log", base=2)
            axes.set_xticks(shown["value"], [f"{v:g}" for v in shown["value"]])
        axes.grid(visible=True)
    return figure


def map_of(table: pd.DataFrame) -> Figure:
    figure = new_figure(3.6, width=7.0)
    axes = figure.subplots()
    for color, (n, shown) in zip(PALETTE, table.groupby("rows_active"), strict=False):
        x, y = 100 * shown["resistance_cv"], 100 * shown["accuracy"]
        axes.plot(x, y, color=color, marker=".", label=f"{n} rows")
    axes.set(xlabel="spread of R_P (%)", ylabel="accuracy (%)", title="rows summed at once")
    axes.legend()
    axes.grid(visible=True)
    return figure


def markdown(table: pd.DataFrame) -> str:
    lines = [
        "| what | value | accuracy | lowest to highest | NLL | margin | wrong codes | energy | latency |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for r in table.itertuples():
        cells = [
            r.axis,
            f"{r.value:g}",
            percent(r.accuracy),
            f"{percent(r.accuracy_low)} to {percent(r.accuracy_high)}",
            f"{r.nll:.3f}",
            f"{r.margin_sigma:.2f} sigma",
            percent(r.decision_errors),
            f"{1e6 * r.energy_j:.3g} µJ",
            f"{1e3 * r.latency_s:.3g} ms",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def markdown_cells(table: pd.DataFrame) -> str:
    lines = [
        "| chip | rows | accuracy | NLL | margin | wrong sums, conv2 | energy | latency | area | to write |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for r in table.itertuples():
        cells = [
            f"`{r.chip}`",
            f"{r.rows_active}",
            percent(r.accuracy),
            f"{r.nll:.3f}",
            f"{r.margin_sigma:.2f} sigma",
            percent(r.wrong_sums),
            f"{1e6 * r.energy_j:.3g} µJ",
            f"{1e3 * r.latency_s:.3g} ms",
            f"{1e6 * r.area_m2:.3g} mm²",
            f"{1e6 * r.program_energy_j:.2f} µJ",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    folder = ROOT / "reports" / "lenet_arrays"
    folder.mkdir(parents=True, exist_ok=True)
    builders = {"axes": along_axes, "plane": plane, "cells": cells}
    for name in sys.argv[1:] or builders:
        builders[name]().to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")
    tables = {name: pd.read_csv(folder / f"{name}.csv") for name in builders}
    (folder / "tables.md").write_text(markdown(tables["axes"]), encoding="utf-8")
    (folder / "cells.md").write_text(markdown_cells(tables["cells"]), encoding="utf-8")
    drawings = {"axes": lambda: curves(tables["axes"]), "plane": lambda: map_of(tables["plane"])}
    save_drawings(drawings, folder / "figures")


if __name__ == "__main__":
    main()
