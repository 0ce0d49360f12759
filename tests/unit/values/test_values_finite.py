"""Parameters that take values beyond float64: one message that names the node, no warning, no answer."""

import numpy as np
import pytest

from cimsim.errors import WorkloadError
from cimsim.mapping.folding import fold
from cimsim.sim.values import run_values
from cimsim.workload import build_graph


def answer(task, *scales):
    """A linear layer with these scales behind it, for one image whose sums are 6 and -6."""
    nodes, arrays, last = [{"name": "fc", "op": "linear", "inputs": ["input"]}], {}, "fc"
    for k, alpha in enumerate(scales):
        nodes.append({"name": f"scale{k}", "op": "scale", "inputs": [last]})
        arrays[f"scale{k}.alpha"], last = np.array(alpha, dtype=float), f"scale{k}"
    spec = {"format": "cimsim-workload/1", "name": "large", "task": task, "nodes": nodes, "output": last,
            "input": {"shape": [6], "bits": 1}}  # fmt: skip
    signs = np.repeat(np.array([[1], [-1]], np.int8), 6, axis=1)
    graph = build_graph(spec, {"fc.weight": signs, **arrays})
    return run_values(graph, fold(graph), np.ones((1, 6), np.int8), n_mc_samples=1).probabilities


@pytest.mark.parametrize(
    ("task", "scales", "message"),
    [
        ("regression", [[1e308, 1.0]], "node scale0: must give finite values (got inf)"),
        ("classification", [[1.0, 1e308]], "node scale0: must give finite values (got -inf)"),
        ("regression", [[1e308, 1.0], [0.0, 1.0]], "node scale0: must give finite values (got inf)"),
    ],
)
def test_values_beyond_float64_name_their_node(task, scales, message):
    with pytest.raises(WorkloadError) as caught:
        answer(task, *scales)
    assert str(caught.value) == f"<memory>: {message}; scale its parameters down"


def test_large_values_that_float64_holds_are_answers():
    assert answer("regression", [2e307, 2e307]).tolist() == [[6 * 2e307, -6 * 2e307]]
    assert answer("classification", [2e307, 2e307]).tolist() == [[1.0, 0.0]]


def test_sums_that_overflow_in_front_of_a_sign_keep_it():
    """Warnings are errors in the tests."""
    nodes = [
        ("fc", "linear", "input"),
        ("norm", "batchnorm", "fc"),
        ("act", "sign", "norm"),
        ("out", "linear", "act"),
    ]
    spec = {"format": "cimsim-workload/1", "name": "large", "task": "regression", "output": "out",
            "nodes": [{"name": name, "op": op, "inputs": [read]} for name, op, read in nodes],
            "input": {"shape": [6], "bits": 1}}  # fmt: skip
    signs = np.repeat(np.array([[1], [-1]], np.int8), 6, axis=1)
    norm = {"gamma": [1e308, 1e308], "beta": [0.0, 0.0], "mean": [0.0, 0.0], "var": [1.0, 1.0]}
    arrays = {f"norm.{key}": np.array(value) for key, value in norm.items()}
    arrays |= {"fc.weight": signs, "out.weight": np.array([[1, -1]], np.int8)}
    graph = build_graph(spec, arrays)
    values = run_values(graph, fold(graph), np.ones((1, 6), np.int8), n_mc_samples=1)
    assert values.probabilities.tolist() == [[2.0]]
