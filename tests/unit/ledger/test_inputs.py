"""What a run is asked for, and one message for what it cannot do."""

import numpy as np
import pytest
from hand_chip import lenet_like

from cimsim.errors import CimsimError
from cimsim.sim.inputs import check_fidelity, choose_passes, load_images
from cimsim.workload import build_graph

GRAPH = lenet_like(bits=3)
X, Y = np.zeros((5, 1, 8, 8), np.int8), np.zeros(5, np.int64)
NOTHING = {"data": None, "data_dir": None, "n_images": None, "download": False, "x": None, "y": None}


def ensemble(n_members, kind="ensemble"):
    spec = {"format": "cimsim-workload/1", "name": "many", "task": "regression",
            "nodes": [{"name": "fc", "op": "linear", "inputs": ["input"], "dropout": {"kind": kind}}],
            "input": {"shape": [6], "bits": 1}, "output": "fc"}  # fmt: skip
    return build_graph(spec, {"fc.weight": np.ones((n_members, 5, 6), np.int8)})


@pytest.mark.parametrize(
    ("graph", "schedule", "asked", "given"),
    [
        (GRAPH, "sequential", None, (20, "sequential")),
        (GRAPH, "prefix_reuse", 7, (7, "prefix_reuse")),
        (GRAPH, "pipelined", "exact", ("exact", "enumerate")),
        (GRAPH, "enumerate", None, ("exact", "enumerate")),
        (GRAPH, "enumerate", "exact", ("exact", "enumerate")),
        (lenet_like(dropout=None), "sequential", None, (1, "sequential")),
        (ensemble(4), "sequential", None, (4, "sequential")),
        (ensemble(4, "instances"), "sequential", None, (20, "sequential")),
    ],
)
def test_passes_and_schedule(graph, schedule, asked, given):
    assert choose_passes(graph, schedule, asked) == given


def ask(**changes):
    return load_images(GRAPH, **{**NOTHING, **changes})


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: check_fidelity("cell"),
            "fidelity: must be 'ideal' in this version (got 'cell'); leave it out",
        ),
        (
            lambda: choose_passes(GRAPH, "sequential", 0),
            "n_mc_samples: must be an integer from 1, or 'exact' (got 0)",
        ),
        (
            lambda: choose_passes(GRAPH, "sequential", "all"),
            "n_mc_samples: must be an integer from 1, or 'exact' (got 'all')",
        ),
        (
            lambda: choose_passes(GRAPH, "enumerate", 20),
            "n_mc_samples: must be left out where chip.mc_schedule is enumerate, which plays every mask "
            "(got 20); leave it out, or choose another schedule",
        ),
        (ask, "<memory>: names no data set; say which one with data (--data)"),
        (lambda: ask(n_images=0), "n_images: must be at least 1 (got 0)"),
        (lambda: ask(x=X), "x, y: must be given together"),
        (lambda: ask(x=X, y=Y, data="digits"), "data: must be left out where x and y are given (got digits)"),
        (lambda: ask(x=X + 0.5, y=Y), "x: must hold integers (got dtype float64)"),
        (
            lambda: ask(x=X[:, 0], y=Y),
            "x: the network's input needs the shape (n, 1, 8, 8) (got (5, 8, 8))",
        ),
        (lambda: ask(x=X + 8, y=Y), "x: must hold integers from 0 to 7 (got 8 to 8)"),
        (lambda: ask(x=X, y=Y[:4]), "y: must hold 5 labels, one per image (got shape (4,))"),
        (
            lambda: ask(x=X, y=Y + 4),
            "<memory>: y: labels must be integers from 0 to 3, one per image (got 4 to 4)",
        ),
    ],
)
def test_one_message_for_what_cannot_be_done(call, message):
    with pytest.raises(CimsimError) as caught:
        call()
    assert str(caught.value) == message


def test_signs_have_no_zero():
    with pytest.raises(CimsimError, match=r"^x: must hold -1 and \+1 \(got 0 to 0\)$"):
        load_images(lenet_like(bits=1), **{**NOTHING, "x": X, "y": Y})


def test_the_first_images_of_given_arrays():
    images = ask(x=X, y=Y, n_images=3)
    assert len(images) == 3 and images.classes == GRAPH.classes


def test_the_data_set_of_the_workload(tmp_path):
    np.savez(tmp_path / "mine.npz", x=X, y=Y)
    assert len(ask(data=tmp_path / "mine.npz")) == 5
