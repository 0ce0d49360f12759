"""The trained LeNet on real digits against the interpreter, every mask."""

from pathlib import Path

import numpy as np
import pytest
from naive.watched import check_against_interpreter

from cimsim.data import load_dataset
from cimsim.mapping.folding import fold
from cimsim.sim.masks import enumerate_masks
from cimsim.sim.values import run_values
from cimsim.workload import load_workload

WORKLOADS = Path(__file__).parents[3] / "workloads"


@pytest.mark.parametrize("name, n_masks", [("lenet", 8), ("lenet_deterministic", 1)])
def test_every_mask_equals_the_interpreter(name, n_masks):
    graph = load_workload(WORKLOADS / f"{name}.npz")
    masks, weights = enumerate_masks(graph)
    assert len(masks) == n_masks
    x = load_dataset("mnist5k", graph.input, n_images=2).x
    logits = check_against_interpreter(graph, x, np.broadcast_to(masks, (len(x), *masks.shape)))
    exponentials = np.exp(logits - logits.max(axis=-1, keepdims=True))
    each = exponentials / exponentials.sum(axis=-1, keepdims=True)
    values = run_values(graph, fold(graph), x, n_mc_samples="exact")
    np.testing.assert_allclose(
        values.probabilities, np.einsum("t,itc->ic", weights, each), rtol=0, atol=1e-12
    )


def test_hidden_layers_of_lenet_fold():
    graph = load_workload(WORKLOADS / "lenet.npz")
    assert set(fold(graph)) == {node.name for node in graph.mac_nodes[:-1]}
