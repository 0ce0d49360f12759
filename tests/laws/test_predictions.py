"""What a run keeps of its answers, where its data came from, and that it travels between processes."""

import gzip
import hashlib
import pickle
from pathlib import Path

import numpy as np
import pytest
from hand_chip import lenet_like

from cimsim.arch import load_arch
from cimsim.sim.run import simulate
from cimsim.workload import build_graph

ARCH = load_arch(Path(__file__).resolve().parents[2] / "arch_configs" / "stt_mram.yaml")
X, Y = np.random.default_rng(0).integers(0, 8, (4, 1, 8, 8)), np.arange(4)


def run(graph=None, **options):
    return simulate(ARCH, lenet_like(bits=3) if graph is None else graph, **{"x": X, "y": Y, **options})


def test_weights_of_an_exact_run_are_the_probabilities_of_its_masks():
    result = run(n_mc_samples="exact")
    dropout = [node.dropout.p for node in result.program.graph.stochastic_nodes]
    masks, weights = result.predictions.masks[0], result.predictions.weights
    expected = [np.prod(np.where(mask, dropout, 1.0 - np.array(dropout))) for mask in masks]
    np.testing.assert_allclose(weights, expected, rtol=1e-12)
    assert weights.sum() == pytest.approx(1.0) and weights.min() < weights.max()


def test_sampled_passes_count_equally():
    assert run(n_mc_samples=5).predictions.weights.tolist() == [0.2] * 5


def test_a_result_can_be_pickled():
    result = run(n_mc_samples=3)
    again = pickle.loads(pickle.dumps(result))
    assert again.summary == result.summary and again.manifest == result.manifest
    assert again.program.chip.components.keys() == result.program.chip.components.keys()
    assert again.components.equals(result.components) and again.layers.equals(result.layers)
    np.testing.assert_array_equal(again.predictions.probabilities, result.predictions.probabilities)


def test_every_data_file_has_its_hash(tmp_path):
    arrays = {
        "t10k-images-idx3-ubyte.gz": np.random.default_rng(0).integers(0, 256, (3, 28, 28)),
        "t10k-labels-idx1-ubyte.gz": np.array([0, 1, 2]),
    }
    expected = []
    for name, array in arrays.items():
        path = tmp_path / "mnist" / name
        path.parent.mkdir(exist_ok=True)
        head = bytes([0, 0, 8, array.ndim]) + b"".join(n.to_bytes(4, "big") for n in array.shape)
        path.write_bytes(gzip.compress(head + array.astype(np.uint8).tobytes()))
        expected.append({"path": str(path), "sha256": hashlib.sha256(path.read_bytes()).hexdigest()})
    spec = {"format": "cimsim-workload/1", "name": "one", "task": "classification", "output": "out",
            "nodes": [{"name": "out", "op": "linear", "inputs": ["input"]}],
            "input": {"shape": [784], "bits": 1}}  # fmt: skip
    graph = build_graph(spec, {"out.weight": np.ones((10, 784), np.int8)})
    result = run(graph, x=None, y=None, data="mnist", data_dir=tmp_path)
    assert result.manifest["files"]["data"] == expected
    assert run(n_mc_samples=1).manifest["files"]["data"] == [{"path": "<memory>", "sha256": None}]
