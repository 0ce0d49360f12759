"""The trained networks that ship with the package."""

from pathlib import Path

import numpy as np
import pytest

from cimsim.compare.methods import METHODS, method_of
from cimsim.workload import load_workload

WORKLOADS = Path(__file__).resolve().parents[3] / "workloads"
LENETS = {
    "lenet": "scale",
    "lenet_deterministic": "",
    "lenet_element": "element",
    "lenet_element_redraw": "element_redraw",
    "lenet_spatial": "spatial",
    "lenet_affine": "affine",
    "lenet_gaussian_scale": "gaussian_scale",
    "lenet_instances": "instances",
    "lenet_ensemble": "ensemble",
    "lenet_deep_ensemble": "deep_ensemble",
}
SEEDS = [
    f"seeds/lenet{method}_seed{seed}"
    for method in ("", "_deterministic", "_element", "_spatial")
    for seed in (1, 2)
]


@pytest.mark.parametrize("name", [*LENETS, *SEEDS])
def test_a_shipped_lenet_is_what_its_name_says(name):
    path = WORKLOADS / f"{name}.npz"
    graph = load_workload(path)
    assert graph.name == path.stem and graph.dataset == "mnist5k" and graph.task == "classification"
    assert graph.classes == tuple("0123456789")
    members = 4 if name in ("lenet_instances", "lenet_deep_ensemble") else 1
    sizes = [graph.n_weights(node.name) for node in graph.mac_nodes]
    assert sizes == [members * n for n in (500, 25_000, 204_800, 2560)]
    method = LENETS.get(name, LENETS.get(path.stem.rpartition("_")[0], ""))
    assert method_of(graph) == METHODS[method]
    ps = {node.dropout.p for node in graph.stochastic_nodes}
    assert ps == (
        {0.2} if method in ("scale", "element", "element_redraw", "spatial", "affine") else ps & {0.0}
    )
    assert path.stat().st_size < members * 70_000


def test_every_method_has_a_lenet():
    assert set(LENETS.values()) == set(METHODS)


@pytest.mark.parametrize(
    "name", [name for name in (*LENETS, *SEEDS) if "redraw" not in name and "deep" not in name]
)
def test_its_provenance_and_its_log_agree_and_meet_the_targets(name):
    scores = load_workload(WORKLOADS / f"{name}.npz").provenance["scores"]
    assert scores["mnist5k"]["accuracy"] >= 0.982 and scores["mnist"]["accuracy"] >= 0.984
    assert scores["mnist5k"]["nll"] <= 0.08 and scores["mnist5k"]["ece"] <= 0.04
    log = (WORKLOADS / f"{name}.log").read_text()
    accuracy = 100 * scores["mnist5k"]["accuracy"]
    assert f"accuracy {accuracy:.2f} %, NLL {scores['mnist5k']['nll']:.4f}" in log


def test_members_of_the_deep_ensemble_are_the_deterministic_networks():
    deep = load_workload(WORKLOADS / "lenet_deep_ensemble.npz")
    names = ["lenet_deterministic", *(f"seeds/lenet_deterministic_seed{k}" for k in (1, 2, 3))]
    for k, name in enumerate(names):
        member = load_workload(WORKLOADS / f"{name}.npz")
        for node in member.nodes:
            for key, array in node.params.items():
                np.testing.assert_array_equal(deep.node(node.name).params[key][k], array)


@pytest.mark.parametrize(
    ("name", "dataset", "floor"),
    [
        ("fashion_lenet", "fashion-mnist", 0.88),
        ("fashion_lenet_deterministic", "fashion-mnist", 0.88),
        ("vgg_w16", "cifar10", 0.64),
        ("vgg_w16_deterministic", "cifar10", 0.63),
        ("vgg_w32", "cifar10", 0.70),
        ("vgg_w32_deterministic", "cifar10", 0.69),
    ],
)
def test_networks_on_other_data(name, dataset, floor):
    graph = load_workload(WORKLOADS / f"{name}.npz")
    assert graph.dataset == dataset and len(graph.classes) == 10
    assert graph.provenance["scores"][dataset]["accuracy"] >= floor
    assert bool(graph.stochastic_nodes) == ("deterministic" not in name)


def test_the_two_layers_of_the_validation_are_what_their_log_says():
    path = WORKLOADS / "mlp_deterministic.npz"
    graph = load_workload(path)
    assert [graph.n_weights(node.name) for node in graph.mac_nodes] == [50_176, 640]
    scores = graph.provenance["scores"]["mnist5k"]
    assert 0.94 < scores["accuracy"] < 0.96 and not graph.stochastic_nodes
    assert f"accuracy {100 * scores['accuracy']:.2f} %" in path.with_suffix(".log").read_text()
