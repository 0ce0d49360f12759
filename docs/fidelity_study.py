"""Does the noise of a sum stand for that of its cells? ``python docs/fidelity_study.py``, on LeNet.

Twenty chips, each with masks and noise of its own, the same ones for both fidelities. Writes
``reports/lenet_arrays``: fidelities.csv and the table of docs/arrays.md. A quarter of an hour, nearly all of
it the cells' noise, so the passes are few: one on the first digits, many on the hardest ones.
"""

from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import chi2, t

import cimsim
from cimsim.arch import build_chip
from cimsim.bayes.passes import Passes
from cimsim.data import Dataset, load_dataset
from cimsim.mapping.mapper import map_network
from cimsim.mapping.program import Program
from cimsim.reporting.quantities import percent
from cimsim.sim.analog_layer import array_chip
from cimsim.sim.instances import as_drawn
from cimsim.sim.values import Values, run_values

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "reports" / "lenet_arrays"
ADC, CELL = "tile.macro.adc.errors", "tile.macro.subarray.cell.errors"
LEVELS = [(0.01, 0.05), (0.03, 0.1), (0.06, 0.2)]
FIDELITIES = ("statistical", "cell")
N_CHIPS, N_FIRST, N_FROM, N_HARD, N_PASSES = 20, 60, 500, 6, 20
LENET = cimsim.load_workload(ROOT / "workloads" / "lenet.npz")

Scores = dict[str, float]


def program_of(read_noise: float, steps: float) -> Program:
    noise = {f"{CELL}.read_noise": read_noise, f"{ADC}.noise_steps": steps}
    overrides = [f"{path}={{value: {value}, grade: assumed, source: study}}" for path, value in noise.items()]
    arch = cimsim.load_arch(ROOT / "arch_configs" / "stt_mram.yaml", overrides)
    return map_network(LENET, build_chip(arch))


def hardest(program: Program, digits: Dataset) -> NDArray[np.int64]:
    """The digits that exact sums, averaged over all masks, give the least probability."""
    exact = run_values(LENET, program.folds, digits.x, n_mc_samples="exact")
    given = exact.probabilities[np.arange(len(digits)), digits.y]
    return np.sort(np.argsort(given, kind="stable")[:N_HARD])


def answers(
    program: Program, fidelity: str, chip: int, digits: Dataset, picks: NDArray[np.int64], passes: int
) -> Values:
    return run_values(
        as_drawn(LENET, program.chip),
        program.folds,
        digits.x[picks],
        n_mc_samples=passes,
        seed=chip,
        source=program.chip.bit_source,
        arrays=array_chip(program, "sequential", fidelity, chip, 0),
    )


def of_chip(program: Program, digits: Dataset, hard: NDArray[np.int64], fidelity: str, chip: int) -> Scores:
    first = np.arange(N_FIRST)
    once = answers(program, fidelity, chip, digits, first, 1)
    often = answers(program, fidelity, chip, digits, hard, N_PASSES)
    y = digits.y[hard]
    assert isinstance(often.passes, Passes)
    single = often.passes.probabilities[often.passes.row_of].argmax(axis=2) == y[:, None]
    many = often.probabilities.argmax(axis=1) == y
    return {
        f"accuracy, {N_FIRST} digits, T = 1": (once.probabilities.argmax(axis=1) == digits.y[first]).mean(),
        f"accuracy, {N_HARD} hard digits, T = 1": single.mean(),
        f"accuracy, {N_HARD} hard digits, T = {N_PASSES}": many.mean(),
        f"gain, {N_HARD} hard digits, T = 1 to {N_PASSES}": many.mean() - single.mean(),
        "wrong sums, conv2": often.sum_errors["conv2"].wrong,
        "wrong sums, fc1": often.sum_errors["fc1"].wrong,
    }


def scores() -> pd.DataFrame:
    """Of every chip, a row for each level of noise, fidelity and score."""
    digits = load_dataset(LENET.dataset, LENET.input, n_images=N_FROM)
    rows = []
    for noise, steps in LEVELS:
        program = program_of(noise, steps)
        found = partial(of_chip, program, digits, hardest(program, digits))
        for chip in range(N_CHIPS):
            for fidelity in FIDELITIES:
                rows += [
                    {"read_noise": noise, "noise_steps": steps, "chip": chip, "fidelity": fidelity}
                    | {"what": what, "value": value}
                    for what, value in found(fidelity, chip).items()
                ]
    return pd.DataFrame(rows)


def interval(values: NDArray[np.float64]) -> tuple[float, float]:
    """Mean and half of its 95 % interval, by Student's t over chips."""
    half = t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / len(values) ** 0.5
    return float(values.mean()), float(half)


def deviation(values: NDArray[np.float64]) -> str:
    """Deviation over chips with its 95 % interval, as of normal numbers (chi-square)."""
    n, std = len(values) - 1, values.std(ddof=1)
    low, high = (std * (n / chi2.ppf(q, n)) ** 0.5 for q in (0.975, 0.025))
    return f"{percent(std)} ({percent(low)} to {percent(high)})"


def markdown(table: pd.DataFrame) -> str:
    """Means with 95 % intervals over chips, cell less statistical chip by chip, deviations of chips."""
    header = (
        "read noise",
        "converter",
        "what",
        *FIDELITIES,
        "cell less statistical",
        "deviation of chips, statistical",
        "of chips, cell",
    )
    lines = [header, ("---",) * len(header)]
    for (noise, steps, what), rows in table.groupby(["read_noise", "noise_steps", "what"], sort=False):
        of = {name: rows.loc[rows["fidelity"] == name, "value"].to_numpy() for name in FIDELITIES}
        means = (interval(values) for values in (*of.values(), of["cell"] - of["statistical"]))
        shown = [f"{100 * mean:.2f} ± {100 * half:.2f} %" for mean, half in means]
        lines.append((percent(noise), f"{steps:g} steps", what, *shown, *map(deviation, of.values())))
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def main() -> None:
    path = FOLDER / "fidelities.csv"
    scores().to_csv(path, index=False, lineterminator="\n")
    (FOLDER / "fidelities.md").write_text(markdown(pd.read_csv(path)), encoding="utf-8")


if __name__ == "__main__":
    main()
