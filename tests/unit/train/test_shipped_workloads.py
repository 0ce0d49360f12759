"""The trained networks that ship with the package."""

from pathlib import Path

import pytest

from cimsim.workload import load_workload

WORKLOADS = Path(__file__).resolve().parents[3] / "workloads"


@pytest.mark.parametrize(("name", "p"), [("lenet", 0.2), ("lenet_deterministic", 0.0)])
def test_a_shipped_network_is_what_its_name_says(name, p):
    path = WORKLOADS / f"{name}.npz"
    graph = load_workload(path)
    assert graph.name == name and graph.dataset == "mnist5k" and graph.task == "classification"
    assert graph.classes == tuple("0123456789")
    assert [graph.n_weights(node.name) for node in graph.mac_nodes] == [500, 25_000, 204_800, 2560]
    assert [node.dropout.p for node in graph.stochastic_nodes] == ([p] * 3 if p else [])
    assert path.stat().st_size < 64_000


@pytest.mark.parametrize("name", ["lenet", "lenet_deterministic"])
def test_its_provenance_and_its_log_meet_the_targets(name):
    scores = load_workload(WORKLOADS / f"{name}.npz").provenance["scores"]
    assert scores["mnist5k"]["accuracy"] >= 0.982 and scores["mnist"]["accuracy"] >= 0.984
    assert scores["mnist5k"]["nll"] <= 0.06 and scores["mnist5k"]["ece"] <= 0.02
    log = (WORKLOADS / f"{name}.log").read_text()
    accuracy = 100 * scores["mnist5k"]["accuracy"]
    assert f"accuracy {accuracy:.2f} %, NLL {scores['mnist5k']['nll']:.4f}" in log
