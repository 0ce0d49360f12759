"""A RunResult made by hand: three layers, ten components, two passes; every number is known."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from cimsim.sim.result import Predictions, RunResult, Timeline
from cimsim.workload.graph import InputSpec, WorkloadGraph

LAYERS = ("conv1", "conv2", "fc1")
ENERGY_PJ = {
    ("cell_array", "read_parallel"): (40.0, 300.0, 30.0),
    ("cell_array", "read_antiparallel"): (20.0, 150.0, 15.0),
    ("wordline_driver", "drive"): (10.0, 90.0, 8.0),
    ("bitline", "charge"): (15.0, 100.0, 9.0),
    ("adc", "convert"): (80.0, 700.0, 60.0),
    ("shift_add", "add"): (5.0, 45.0, 4.0),
    ("adder_tree", "add"): (0.0, 12.0, 3.0),
    ("threshold_unit", "compare"): (1.0, 2.0, 0.5),
    ("tile_buffer", "read_bit"): (4.0, 25.0, 2.0),
    ("stochastic_unit", "draw"): (0.5, 0.5, 0.0),
    ("adc", "leakage"): (0.0, 0.0, 30.0),
    ("tile_buffer", "leakage"): (0.0, 0.0, 20.0),
}

ENERGY_OF_LAYER_J = 1e-12 * np.array([175.5, 1424.5, 131.5, 50.0])


def components() -> pd.DataFrame:
    rows = [
        (component, layer, action, 100.0 * (i + 1), *energies_j(energy), energy * 1e-9, np.nan)
        for (component, action), energies in ENERGY_PJ.items()
        for i, (layer, energy) in enumerate(zip(LAYERS, energies, strict=True))
        if energy and action != "leakage"
    ]
    rows += [
        (c, "", a, 1.0, *energies_j(sum(e)), 0.0, np.nan) for (c, a), e in ENERGY_PJ.items() if a == "leakage"
    ]
    rows += [("adc", "", "area", 64.0, *energies_j(0.0), 0.0, 3e-7)]
    rows += [("cell_array", "", "area", 4.0, *energies_j(0.0), 0.0, 5e-8)]
    energies = ["energy_j", "energy_low_j", "energy_high_j"]
    columns = ["component", "layer", "action", "count", *energies, "busy_s", "area_m2"]
    return pd.DataFrame(rows, columns=columns)


def energies_j(energy_pj: float) -> tuple[float, float, float]:
    return energy_pj * 1e-12, 0.7 * energy_pj * 1e-12, 1.6 * energy_pj * 1e-12


def spread(key: str, value: float) -> dict[str, float]:
    """A cost from 0.7 to 1.6 times itself."""
    stem, unit = key.removesuffix("_per_j"), "per_j"
    if stem == key:
        stem, unit = key.rsplit("_", 1)
    return {key: value, f"{stem}_low_{unit}": 0.7 * value, f"{stem}_high_{unit}": 1.6 * value}


def parts() -> dict[str, dict[str, float]]:
    energies: dict[str, float] = {}
    for (component, action), energy in ENERGY_PJ.items():
        name = "leakage" if action == "leakage" else component
        energies[name] = energies.get(name, 0.0) + sum(energy) * 1e-12
    return {
        name: spread("energy_j", energy) for name, energy in sorted(energies.items(), key=lambda e: -e[1])
    }


def sources(total_j: float) -> pd.DataFrame:
    """Fourteen of them, each next one with half the effect."""
    half = total_j * 0.5 ** np.arange(1, 15)
    return pd.DataFrame(
        {
            "path": ["tile.macro.adc.bit_energy_j", *(f"chip.block{i}.energy_j" for i in range(13))],
            "value": 1e-12, "low": 0.5e-12, "high": 2e-12, "grade": "loose_fit",
            "energy_low_j": total_j - 0.5 * half, "energy_high_j": total_j + half,
        }
    )  # fmt: skip


def timeline(n_passes: int = 2) -> Timeline:
    """Each layer drives (1 us) then converts (3 us), four times; conv2 and fc1 share a read-out."""
    names = tuple(f"{layer}.{kind}" for layer in LAYERS for kind in ("mvm", "convert"))
    resources = ("conv1.array", "conv1.readout", "conv2.array", "tile1.readout", "fc1.array")
    where = {0: (0, 1), 1: (2, 3), 2: (4, 3)}
    stage, resource, start, end = [], [], [], []
    now = 0
    for _ in range(n_passes):
        for layer in range(3):
            for _ in range(4):
                for kind, length in ((0, 10**9), (1, 3 * 10**9)):
                    stage.append(2 * layer + kind)
                    resource.append(where[layer][kind])
                    start.append(now)
                    now += length
                    end.append(now)
    ints = np.int64
    return Timeline(
        names,
        resources,
        np.array(stage, np.int32),
        np.array(resource, np.int32),
        np.array(start, ints),
        np.array(end, ints),
    )


def predictions(n: int = 200) -> Predictions:
    rng = np.random.default_rng(0)
    labels = np.arange(n) % 10
    logits = rng.normal(size=(n, 10)) + 6.0 * np.eye(10)[labels]
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    entropy = -(p * np.log(p)).sum(axis=1)
    masks = rng.integers(0, 2, (n, 2, 2)).astype(np.uint8)
    return Predictions(p, entropy, 0.1 * entropy, labels, masks, np.full(2, 0.5))


def summary(total_j: float, latency_s: float) -> dict:
    return {
        "accuracy": 0.98, "accuracy_low": 0.9496, "accuracy_high": 0.9922, "nll": 0.071, "ece": 0.0123,
        "brier_score": 0.03, "n_images": 200, "n_mc_samples": 2, "n_instances": 1, "fidelity": "ideal",
        "mc_schedule": "sequential", "array_errors_modelled": False, "latency_s": latency_s,
        "throughput_images_per_s": 1 / latency_s, **spread("energy_j", total_j),
        **spread("energy_stream_j", 0.95 * total_j), **spread("program_energy_j", 4.2e-9),
        "energy_by_component": parts(),
        "latency_p5_s": latency_s, "latency_p95_s": latency_s, "limited_by": "tile1.readout",
        "limited_by_busy": 0.5, "dataset": "digits", "warnings": [],
        **spread("power_w", total_j / latency_s), **spread("area_m2", 3.5e-7),
        "n_random_bits": 4.0, "n_stochastic_units": 1,
        "dropout_p": {"bn1": 0.2, "bn2": 0.15},
        "n_conversions": 600.0, **spread("ops_per_j", 5.1e12), **spread("nominal_ops_per_j", 5.4e12),
        "seed": 0,
    }  # fmt: skip


@pytest.fixture
def result() -> RunResult:
    table, line = components(), timeline()
    graph = WorkloadGraph(
        name="toy", task="classification", input=InputSpec((1, 8, 8), 1), nodes=(), output="fc1",
        shapes={}, domains={}, classes=tuple("0123456789"), dataset="digits",
    )  # fmt: skip
    chip = SimpleNamespace(spec=SimpleNamespace(name="demo_chip"))
    commands = [SimpleNamespace(name=name, layer=name.split(".")[0]) for name in line.names]
    resources = dict.fromkeys(line.resources, 1)
    shapes = {"conv1": (2, 1, 20), "conv2": (2, 1, 30)}
    folds = {name: SimpleNamespace(thresholds=np.zeros(shape, np.int32)) for name, shape in shapes.items()}
    program = SimpleNamespace(graph=graph, chip=chip, resources=resources, commands=commands, folds=folds)
    layers = pd.DataFrame(
        {
            "layer": [*LAYERS, "chip"],
            "op": ["conv2d", "conv2d", "linear", "leakage"],
            "energy_j": ENERGY_OF_LAYER_J,
            "energy_low_j": 0.7 * ENERGY_OF_LAYER_J,
            "energy_high_j": 1.6 * ENERGY_OF_LAYER_J,
            "latency_s": [1.6e-5] * 3 + [9.6e-5],
        }
    )
    total = float(table["energy_j"].sum())
    latency_s = float(line.end_fs.max()) * 1e-15
    manifest = {"cimsim_version": "0.1.0", "seed": 0}
    tables = {"layers": layers, "components": table, "sources": sources(total)}
    return RunResult(
        summary(total, latency_s), **tables, predictions=predictions(), timeline=line, manifest=manifest,
        program=program,
    )  # fmt: skip
