"""How LeNet ages on resistive memories that drift: ``python docs/age_study.py``, some five minutes.

Writes ``reports/lenet_arrays``: ages.csv and the table of docs/arrays.md.
"""

import json
from pathlib import Path

import pandas as pd

import cimsim
from cimsim.reporting.quantities import percent

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "reports" / "lenet_arrays"
N_IMAGES, N_CHIPS = 500, 3
AGES = {"as written": 0.0, "an hour": 3.6e3, "a month": 2.6e6, "ten years": 3.2e8}
CELL = {
    "area_m2": 3.8e-13,
    "gate_capacitance_f": 1.5e-16,
    "drain_capacitance_f": 1e-16,
    "access_resistance_ohm": 3000,
}
PCM = "Nandakumar et al., ICECS 2019, as AIHWKit has it (PCMLikeNoiseModel)"
CMO = "Falcone et al., arXiv 2502.04524, as AIHWKit has it (ReRamCMONoiseModel)"
MEMORIES = {
    "phase change": (4e4, 2e6, 20.0, {"low": (0.049, 0.008), "high": (0.1, 0.045)}, "fitted", PCM),
    "oxide": (1.1e4, 1e5, 1.0, {"low": (0.001, 0.0005), "high": (0.009, 0.004)}, "loose_fit", CMO),
}
"""Low and high resistance, when drift begins, mean and deviation of nu, and how well that is known."""


def number(value: float, grade: str = "assumed", source: str = "study") -> dict[str, object]:
    return {"value": value, "grade": grade, "source": source}


def overrides(memory: str, references: str, age_s: float) -> list[str]:
    """The cell of `stt_mram` exchanged for two resistive memories."""
    low_ohm, high_ohm, start_s, exponents, grade, source = MEMORIES[memory]
    drift = {
        f"{name}_{state}": number(value, grade, source)
        for state, values in exponents.items()
        for name, value in zip(("exponent", "deviation"), values, strict=True)
    }
    cell = {
        "type": "rram_2t2r",
        **{name: number(value) for name, value in CELL.items()},
        "resistance_low_ohm": number(low_ohm),
        "resistance_high_ohm": number(high_ohm),
        "write": {"supply_v": 1.8, "width_s": 1e-7, "current_a": number(1e-4)},
        "errors": {"signal_cv": number(0.05), "age_s": age_s, "drift": {"start_s": start_s, **drift}},
    }
    return [
        f"tile.macro.subarray.cell={json.dumps(cell)}",
        f"tile.macro.adc.errors.references={references}",
    ]


def row(memory: str, references: str, age: str) -> dict[str, object]:
    arch = cimsim.load_arch(ROOT / "arch_configs" / "stt_mram.yaml", overrides(memory, references, AGES[age]))
    lenet = cimsim.load_workload(ROOT / "workloads" / "lenet.npz")
    result = cimsim.simulate(arch, lenet, n_images=N_IMAGES, n_instances=N_CHIPS)
    layers = result.layers.set_index("layer")
    return {
        "memory": memory,
        "references": references,
        "age": age,
        "age_s": AGES[age],
        "accuracy": result.chips["accuracy"].mean(),
        "nll": result.chips["nll"].mean(),
        "margin_sigma": layers["margin_sigma"].min(),
        "decision_errors": layers["decision_errors"].max(),
        "wrong_sums": layers["wrong_sums"]["conv2"],
    }


def markdown(table: pd.DataFrame) -> str:
    lines = [
        "| memory | references | age | accuracy | NLL | margin | wrong codes | wrong sums, conv2 |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for r in table.itertuples():
        scores = [percent(r.accuracy), f"{r.nll:.3f}", f"{r.margin_sigma:.2f} sigma"]
        cells = [r.memory, r.references, r.age, *scores, percent(r.decision_errors), percent(r.wrong_sums)]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    found = [
        row(memory, references, age)
        for memory in MEMORIES
        for references in ("linear", "calibrated")
        for age in AGES
    ]
    table = pd.DataFrame(found)
    table.to_csv(FOLDER / "ages.csv", index=False, lineterminator="\n")
    (FOLDER / "ages.md").write_text(markdown(table), encoding="utf-8")


if __name__ == "__main__":
    main()
