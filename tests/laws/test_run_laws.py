"""Laws that every run obeys, on the shipped architectures and on every schedule."""

import hashlib
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hand_chip import lenet_like, residual

from cimsim.arch import build_chip, load_arch
from cimsim.mapping.mapper import map_network
from cimsim.sim.run import simulate
from cimsim.sim.schedule import Plan, stage_table
from cimsim.workload import load_workload, save

ARCHS = Path(__file__).resolve().parents[2] / "arch_configs"
SCHEDULES = ("sequential", "pipelined", "prefix_reuse")
GRAPHS = {
    "scale": lenet_like(bits=3),
    "affine": lenet_like(dropout="affine", bits=1),
    "element": lenet_like(dropout="element", bits=3),
    "deterministic": lenet_like(dropout=None, bits=3),
    "residual": residual(),
}


def images(graph, n=9, seed=0):
    rng, shape = np.random.default_rng(seed), (n, *graph.input.shape)
    x = rng.choice([-1, 1], shape) if graph.input.bits == 1 else rng.integers(0, 2**graph.input.bits, shape)
    return x.astype(np.int8), rng.integers(0, len(graph.classes), n)


def run(name, *overrides, arch="stt_mram", **options):
    x, y = images(GRAPHS[name])
    return simulate(load_arch(ARCHS / f"{arch}.yaml", overrides), GRAPHS[name], x=x, y=y, **options)


@pytest.fixture(scope="module", params=[(g, s, a) for g in GRAPHS for s, a in (
    *((s, "stt_mram") for s in SCHEDULES), ("sequential", "sot_mram"))])  # fmt: skip
def result(request):
    name, schedule, arch = request.param
    return run(name, f"chip.mc_schedule={schedule}", arch=arch, n_mc_samples=5)


def test_the_ledger_is_the_total(result):
    energy, summary = result.components["energy_j"], result.summary
    assert math.fsum(energy) == summary["energy_j"] > 0
    assert math.fsum(result.layers["energy_j"]) == pytest.approx(summary["energy_j"], rel=1e-14)
    assert math.fsum(result.components["area_m2"].dropna()) == summary["area_m2"] > 0
    assert summary["power_w"] * summary["latency_s"] == pytest.approx(summary["energy_j"])
    assert (energy >= 0).all() and (result.components["count"] > 0).all()


def test_the_nominal_energy_lies_within_its_range(result):
    summary = result.summary
    assert summary["energy_low_j"] < summary["energy_j"] < summary["energy_high_j"]


def test_no_resource_is_busy_beyond_its_capacity(result):
    line, servers = result.timeline, result.program.resources
    for index, name in enumerate(line.resources):
        here = line.resource == index
        start, end = line.start_fs[here], line.end_fs[here]
        assert (end > start).all()
        steps = np.concatenate(
            [np.stack([end, -np.ones_like(end)]), np.stack([start, np.ones_like(start)])], 1
        )
        in_use = np.cumsum(steps[1, np.lexsort((steps[1], steps[0]))])
        assert in_use.max(initial=0) <= servers[name]
        assert (end - start).sum() <= servers[name] * line.end_fs.max()


def test_latency_covers_every_resource_and_the_critical_path(result):
    latency_s = result.summary["latency_s"]
    assert result.components["busy_s"].max() <= latency_s * max(result.program.resources.values())
    assert result.summary["limited_by_busy"] <= 1 + 1e-12
    # A pass cannot be faster than one item of each command in its longest chain.
    program = result.program
    table, commands = stage_table(program, Plan(1, 1, {}, is_tree=False))
    first = dict(zip((c.name for c in commands), table.stages[:, 2].tolist(), strict=True))
    path = dict.fromkeys(first, 0)
    for command in program.commands:
        path[command.name] = first[command.name] + max((path[w.producer] for w in command.after), default=0)
    assert latency_s * 1e15 >= path["output.average"] * (1 - 1e-12)
    assert (result.layers["latency_s"] <= latency_s * (1 + 1e-12)).all()


def test_values_and_commands_count_the_same_cells(result):
    """The geometry of the commands gives the word lines that the values pass drove, but for dropped ones."""
    graph = result.program.graph
    drops = any(n.dropout is not None and n.dropout.kind == "element" for n in graph.nodes)
    table, plays = result.components, result.layers.set_index("layer")["n_mvm"]
    for command in result.program.commands:
        if command.kind != "mvm":
            continue
        placement = result.program.placements[command.layer]
        n_plays = plays[command.layer] / (placement.n_positions * placement.n_planes)
        geometry = {(c, a): n * n_plays for c, a, n in command.actions}
        here = table[table["layer"] == command.layer].set_index(["component", "action"])["count"]
        reads = here["cell_array", "read_parallel"] + here["cell_array", "read_antiparallel"]
        assert reads / geometry["cell_array", "read"] == pytest.approx(
            here["wordline_driver", "drive"] / geometry["wordline_driver", "drive"]
        )
        if drops and command.layer != "co1":
            assert reads < geometry["cell_array", "read"]
        else:
            assert reads == pytest.approx(geometry["cell_array", "read"])


@pytest.mark.parametrize("arch", ["stt_mram", "sot_mram"])
@pytest.mark.parametrize("name", GRAPHS)
def test_schedules_and_placement_never_change_a_prediction(name, arch):
    """Placement decides which cells a weight is kept in, so it may under spread; schedules never."""
    small = ("tile.macro.subarray.rows=32", "tile.macro.subarray.columns=16", "tile.macros=2")
    changes = [(f"chip.mc_schedule={s}",) for s in SCHEDULES[1:]]
    changes += [small, ("chip.first_layer=digital",), ("chip.conv_mapping=kernel_split",)]
    for fidelity, chosen in (("ideal", changes), ("statistical", changes[: len(SCHEDULES) - 1])):
        reference = run(name, arch=arch, n_mc_samples=5, fidelity=fidelity).predictions
        for overrides in chosen:
            other = run(name, *overrides, arch=arch, n_mc_samples=5, fidelity=fidelity).predictions
            assert (other.probabilities == reference.probabilities).all(), overrides
            assert (other.masks == reference.masks).all()


def test_exact_answers_are_the_limit_of_sampled_ones():
    exact = run("scale", n_mc_samples="exact")
    assert exact.summary["mc_schedule"] == "enumerate" and exact.summary["n_mc_samples"] == 8
    assert exact.summary["n_random_bits"] == exact.summary["n_stochastic_units"] == 0
    same = run("scale", "chip.mc_schedule=enumerate")
    assert (same.predictions.probabilities == exact.predictions.probabilities).all()
    errors = []
    for n in (8, 2048):
        sampled = run("scale", "chip.mc_schedule=prefix_reuse", n_mc_samples=n).predictions.probabilities
        errors.append(np.abs(sampled - exact.predictions.probabilities).max())
    assert errors[1] < errors[0] / 4 and errors[1] < 0.05


def test_scale_dropout_draws_one_bit_a_layer_and_pass():
    assert run("scale", n_mc_samples=5).summary["n_random_bits"] == 5 * 3
    assert run("deterministic").summary["n_random_bits"] == 0
    assert run("deterministic").summary["n_stochastic_units"] == 0
    assert run("deterministic").summary["n_mc_samples"] == 1


def test_equal_seeds_give_equal_bytes_and_others_do_not():
    first, again, other = (run("scale", seed=seed) for seed in (1, 1, 2))
    for table in ("layers", "components"):
        assert getattr(first, table).to_csv() == getattr(again, table).to_csv()
    assert first.summary == again.summary and first.manifest == again.manifest
    assert (first.timeline.start_fs == again.timeline.start_fs).all()
    assert (first.predictions.masks != other.predictions.masks).any()


def test_watching_changes_nothing():
    seen = []
    watched = run("scale", progress=lambda *call: seen.append(call))
    by_stage = {stage: [call[1:] for call in seen if call[0] == stage] for stage in ("images", "time")}
    assert [call for calls in by_stage.values() for call in calls] == [call[1:] for call in seen]
    for stage, total in (("images", 9), ("time", 1)):
        done = [call[0] for call in by_stage[stage]]
        assert done[0] == 0 and done[-1] == total and done == sorted(done)
        assert {call[1] for call in by_stage[stage]} == {total}
    pd.testing.assert_frame_equal(watched.components, run("scale").components, check_exact=True)


def test_tables_have_the_columns_that_are_promised():
    found = run("scale")
    assert list(found.layers.columns) == [
        "layer", "op", "output_shape", "macs", "weights", "subarrays", "utilization", "n_mvm",
        "n_conversions", "energy_j", "energy_low_j", "energy_high_j", "latency_s", "busy_s", "folded",
        "n_thresholds", "images_until_disturbed", "margin_sigma", "decision_errors", "wrong_sums",
        "sum_error_rms",
    ]  # fmt: skip
    assert list(found.components.columns) == [
        "component", "layer", "action", "count", "energy_j", "energy_low_j", "energy_high_j", "busy_s",
        "area_m2",
    ]  # fmt: skip
    assert found.layers["n_conversions"].sum() == found.summary["n_conversions"]


def test_nominal_and_executed_operations():
    found = run("deterministic")
    graph, summary = found.program.graph, found.summary
    macs = sum(graph.n_macs(node.name) for node in graph.mac_nodes)
    assert summary["nominal_ops_per_j"] * summary["energy_j"] == pytest.approx(2 * macs)
    cells = found.components.query(
        "component == 'cell_array' and action in ('read_parallel', 'read_antiparallel')"
    )
    assert summary["ops_per_j"] * summary["energy_j"] == pytest.approx(2 * cells["count"].sum())


def test_a_narrow_adc_is_announced():
    ideal = {"fidelity": "ideal"}
    (warning,) = run("scale", "tile.macro.adc.bits=4", **ideal).summary["warnings"]
    assert warning == (
        "tile.macro.adc.bits is 4, but 16 active rows give 17 levels (5 bits): 'ideal' still sums exactly"
    )
    assert run("scale", **ideal).summary["warnings"] == []
    assert run("scale", **ideal).summary["array_errors_modelled"] is False
    assert run("scale", "tile.macro.adc.bits=4").summary["warnings"] == []


def test_a_stream_leaks_over_its_period():
    found = run("scale", "chip.mc_schedule=pipelined", n_mc_samples=5).summary
    assert found["throughput_images_per_s"] * found["latency_s"] > 1
    assert found["energy_stream_j"] < found["energy_j"]
    found = run("scale", n_mc_samples=5).summary
    assert found["energy_stream_j"] == found["energy_j"]


def test_the_manifest_repeats_the_run():
    found = run("scale", seed=3)
    manifest = found.manifest
    assert manifest["seed"] == 3 and manifest["mc_schedule"] == "sequential"
    assert manifest["overrides"] == []
    assert manifest["architecture"]["name"] == "stt_mram"
    paths = [path for source in manifest["sources"] for path in source["quantities"]]
    assert sorted(paths) == sorted(build_chip(load_arch(ARCHS / "stt_mram.yaml")).spec.quantities)
    assert map_network(GRAPHS["scale"], build_chip(load_arch(ARCHS / "stt_mram.yaml"))).commands


def test_the_manifest_says_what_was_set():
    name = "tile.macro.adc.bit_energy_j"
    overrides = [f"{name}.value=0.2 pJ", "chip.tiles=9"]
    manifest = run("scale", *overrides, n_mc_samples=1).manifest
    assert manifest["overrides"] == overrides
    mine = {"source": f"--set {overrides[0]}", "grade": "assumed", "quantities": [name]}
    assert mine in manifest["sources"]
    assert [name in source["quantities"] for source in manifest["sources"]].count(True) == 1


def test_the_manifest_holds_the_hash_of_each_file(tmp_path):
    network, digits = tmp_path / "net.npz", tmp_path / "digits.npz"
    save(GRAPHS["scale"], network)
    x, y = images(GRAPHS["scale"])
    np.savez(digits, x=x, y=y)
    arch = ARCHS / "stt_mram.yaml"
    found = simulate(load_arch(arch), load_workload(network), data=digits, n_mc_samples=1)
    files = found.manifest["files"]
    assert files["architecture"] == entry(arch)
    assert files["workload"] == entry(network)
    assert files["data"] == [entry(digits)]


def entry(path):
    return {"path": str(path), "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
