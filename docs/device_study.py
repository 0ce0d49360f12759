"""What moves the dropout probability, and what LeNet feels of it: ``python docs/device_study.py``.

Writes ``reports/lenet_device``: the tables and the picture of docs/device.md. Some six minutes.
"""

from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

import cimsim
from cimsim.reporting.figures import save_drawings
from cimsim.reporting.figures.canvas import PALETTE, new_figure
from cimsim.reporting.quantities import percent

ROOT = Path(__file__).resolve().parent.parent
DEVICES = {
    "smtj_pbnn_2025": ["chip.stochastic_unit.device=smtj_pbnn_2025"],
    "foundry_stt": ["chip.stochastic_unit.device=foundry_stt", "chip.stochastic_unit.write_supply_v=1.6"],
}
CAUSES = {
    "level error (%)": ("chip.stochastic_unit.level_error={}", [k / 50 for k in range(-5, 6)], 100.0),
    "temperature (K)": (
        "technology.temperature_k={}",
        [250.0, 275.0, 300.0, 325.0, 350.0, 375.0, 400.0],
        1.0,
    ),
}
TRIM_HERE = {
    "level error (%)": "chip.stochastic_unit.calibration.level_error={}",
    "temperature (K)": "chip.stochastic_unit.calibration.temperature_k={}",
}
UNTRIMMED = "chip.stochastic_unit.calibration.bits=0"
SPREADS = ("resistance_cv", "tmr_cv", "track_cv", "critical_cv")
ONLY_DELTA = [f"chip.stochastic_unit.device.spread.{name}.value=0" for name in SPREADS]
NO_GAIN = "chip.trim_dac.gain_spread.value=0"
N_CHIPS = 20
SCORES = ("accuracy", "nll", "ece")
FORMS = (("accuracy (fraction)", "accuracy"), ("NLL (nats)", "nll"), ("ECE (fraction)", "ece"))


def run(*overrides: str, chips: int = 1) -> cimsim.RunResult:
    arch = cimsim.load_arch(ROOT / "arch_configs" / "stt_mram.yaml", list(overrides))
    lenet = cimsim.load_workload(ROOT / "workloads" / "lenet.npz")
    return cimsim.simulate(arch, lenet, n_instances=chips, fidelity="ideal")


def drift(device: str, base: list[str]) -> pd.DataFrame:
    """p and scores as the level and the temperature move, trimmed before at 300 K, or trimmed there."""
    rows = []
    for cause, (override, values, scale) in CAUSES.items():
        for value in values:
            now = override.format(value)
            moved = {"before": [now], "there": [now, TRIM_HERE[cause].format(value)]}
            for trimmed, overrides in moved.items():
                summary = run(*base, *overrides).summary
                p = next(iter(summary["dropout_p"].values()))
                rows.append(
                    {"device": device, "cause": cause, "value": scale * value, "trimmed": trimmed, "p": p}
                    | {name: summary[name] for name in SCORES}
                )
    return pd.DataFrame(rows)


def spread(device: str, base: list[str]) -> pd.DataFrame:
    """Chips out of the spread: of the barrier alone, and of everything; untrimmed and trimmed."""
    only = ONLY_DELTA if device == "smtj_pbnn_2025" else [x for x in ONLY_DELTA if "track" not in x]
    tables = []
    for what, limits in (("Delta 7.7 %", [*only, NO_GAIN]), ("everything", [])):
        for trimmed, overrides in (("no", [UNTRIMMED]), ("yes", [])):
            found = run(*base, *limits, *overrides, chips=N_CHIPS).chips
            found = found.rename(columns={found.columns[1]: "p"})[["instance", "p", *SCORES]]
            tables.append(found.assign(device=device, spread=what, trimmed=trimmed))
    return pd.concat(tables, ignore_index=True)


def drawing(table: pd.DataFrame, device: str) -> Figure:
    """p, accuracy, NLL and ECE: a row of panels for each cause."""
    figure = new_figure(5.2, width=11.0)
    grid = figure.subplots(len(CAUSES), 4, sharey="col")
    for panels, cause in zip(grid, CAUSES, strict=True):
        rows = table[(table["device"] == device) & (table["cause"] == cause)]
        for axes, (label, name) in zip(panels, (("p", "p"), *FORMS), strict=True):
            for color, word in zip(PALETTE, ("before", "there"), strict=False):
                shown = rows[rows["trimmed"] == word]
                axes.plot(shown["value"], shown[name], color=color, marker=".", label=f"trimmed {word}")
            axes.set(xlabel=cause, title=label)
            axes.grid(visible=True)
    grid[0, 0].legend(loc="upper left", fontsize=7.5)
    return figure


def markdown(table: pd.DataFrame, chips: pd.DataFrame) -> str:
    lines = [
        "| device | what moves | trimmed | p | accuracy | NLL | ECE |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    ends = {"level error (%)": (-10.0, 10.0), "temperature (K)": (250.0, 400.0)}
    for device in DEVICES:
        mine = table[table["device"] == device]
        for cause, values in ends.items():
            for value in values:
                for row in mine[(mine["cause"] == cause) & (mine["value"].round(6) == value)].itertuples():
                    what = f"level {row.value:+.0f} %" if "level" in cause else f"{row.value:.0f} K"
                    lines.append(
                        f"| {device} | {what} | {row.trimmed} | {row.p:.3f} | {percent(row.accuracy)} "
                        f"| {row.nll:.4f} | {percent(row.ece)} |"
                    )
        for (what, trimmed), rows in chips[chips["device"] == device].groupby(
            ["spread", "trimmed"], sort=False
        ):
            spans = [f"{rows['p'].min():.3f} to {rows['p'].max():.3f}"]
            spans += [f"{percent(rows[n].min())} to {percent(rows[n].max())}" for n in ("accuracy",)]
            spans += [f"{rows['nll'].min():.4f} to {rows['nll'].max():.4f}"]
            spans += [f"{percent(rows['ece'].min())} to {percent(rows['ece'].max())}"]
            lines.append(
                f"| {device} | {N_CHIPS} chips, spread of {what} | {trimmed} | {' | '.join(spans)} |"
            )
    return "\n".join(lines) + "\n"


def main() -> None:
    folder = ROOT / "reports" / "lenet_device"
    folder.mkdir(parents=True, exist_ok=True)
    table = pd.concat([drift(*item) for item in DEVICES.items()], ignore_index=True)
    chips = pd.concat([spread(*item) for item in DEVICES.items()], ignore_index=True)
    table.to_csv(folder / "drift.csv", index=False, lineterminator="\n")
    chips.to_csv(folder / "chips.csv", index=False, lineterminator="\n")
    (folder / "tables.md").write_text(markdown(table, chips), encoding="utf-8")
    save_drawings({name: lambda name=name: drawing(table, name) for name in DEVICES}, folder / "figures")


if __name__ == "__main__":
    main()
