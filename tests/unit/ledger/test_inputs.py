"""What a run is asked for, and one message for what it cannot do."""

import numpy as np
import pytest
from hand_chip import lenet_like

from cimsim.errors import CimsimError
from cimsim.sim.inputs import check_fidelity, check_seed, choose_passes, load_images
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
            lambda: check_fidelity("cells"),
            "fidelity: must be one of ideal, statistical, cell, circuit (got 'cells'); did you mean 'cell'?",
        ),
        (
            lambda: choose_passes(GRAPH, "sequential", 0),
            "n_mc_samples: must be an integer from 1 to 100000, or 'exact' (got 0)",
        ),
        (
            lambda: choose_passes(GRAPH, "sequential", "all"),
            "n_mc_samples: must be an integer from 1 to 100000, or 'exact' (got 'all')",
        ),
        (
            lambda: choose_passes(GRAPH, "sequential", 99999999999999),
            "n_mc_samples: must be an integer from 1 to 100000, or 'exact' (got 99999999999999)",
        ),
        (lambda: check_seed(-1), "seed: must be an integer from 0 (got -1)"),
        (lambda: check_seed(1.5), "seed: must be an integer from 0 (got 1.5)"),
        (lambda: check_seed(True), "seed: must be an integer from 0 (got True)"),
        (
            lambda: choose_passes(GRAPH, "enumerate", 20),
            "n_mc_samples: must be left out where chip.mc_schedule is enumerate, which plays every mask "
            "(got 20); leave it out, or choose another schedule",
        ),
        (ask, "<memory>: names no data set; say which one with data (--data)"),
        (lambda: ask(n_images=0), "n_images: must be an integer from 1 (got 0)"),
        (lambda: ask(n_images=2.5, x=X, y=Y), "n_images: must be an integer from 1 (got 2.5)"),
        (
            lambda: ask(n_images=6, x=X, y=Y),
            "<memory>: the number of images must be from 1 to 5 (got 6)",
        ),
        (lambda: ask(x=X), "x, y: must be given together"),
        (lambda: ask(x=X, y=Y, data="digits"), "data: must be left out where x and y are given (got digits)"),
        (lambda: ask(x=X + 0.5, y=Y), "<memory>: x: must hold integers (got dtype float64)"),
        (
            lambda: ask(x=X[:, 0], y=Y),
            "<memory>: x: the network's input needs the shape (n, 1, 8, 8) (got (5, 8, 8))",
        ),
        (
            lambda: ask(x=X + 8, y=Y),
            "<memory>: x[0, 0, 0, 0]: must be from 0 to 7, as the network's input (got 8)",
        ),
        (lambda: ask(x=X, y=Y[:4]), "<memory>: y: must hold 5 labels, one per image (got shape (4,))"),
        (
            lambda: ask(x=X, y=Y + 4),
            "<memory>: y: labels must be integers from 0 to 3 (got 4 to 4)",
        ),
    ],
)
def test_one_message_for_what_cannot_be_done(call, message):
    with pytest.raises(CimsimError) as caught:
        call()
    assert str(caught.value) == message


def test_signs_have_no_zero():
    expected = r"^<memory>: x\[0, 0, 0, 0\]: must hold only -1 and \+1 \(got 0\)$"
    with pytest.raises(CimsimError, match=expected):
        load_images(lenet_like(bits=1), **{**NOTHING, "x": X, "y": Y})


def test_the_first_images_of_given_arrays():
    images = ask(x=X, y=Y, n_images=3)
    assert len(images) == 3 and images.classes == GRAPH.classes


def test_the_data_set_of_the_workload(tmp_path):
    np.savez(tmp_path / "mine.npz", x=X, y=Y)
    assert len(ask(data=tmp_path / "mine.npz")) == 5


def test_numpy_integers_are_integers():
    assert choose_passes(GRAPH, "sequential", np.int64(7)) == (7, "sequential")
    assert check_seed(np.uint8(3)) == 3
    assert len(ask(x=X, y=Y, n_images=np.int32(2))) == 2


def one_layer(task):
    """Three maps of 4 x 4, or three values."""
    is_map = task == "segmentation"
    spec = {"format": "cimsim-workload/1", "name": "one", "task": task,
            "nodes": [{"name": "out", "op": "conv2d" if is_map else "linear", "inputs": ["input"]}],
            "input": {"shape": [1, 4, 4] if is_map else [6], "bits": 2}, "output": "out"}  # fmt: skip
    return build_graph(spec, {"out.weight": np.ones((3, 1, 1, 1) if is_map else (3, 6), np.int8)})


@pytest.mark.parametrize("is_file", [False, True])
@pytest.mark.parametrize(
    ("task", "y", "message"),
    [
        ("segmentation", np.zeros((7, 1, 4, 4), int),
         "a segmentation needs the shape (7, 4, 4) (got (7, 1, 4, 4))"),
        ("segmentation", np.zeros((7, 2, 2), int),
         "a segmentation needs the shape (7, 4, 4) (got (7, 2, 2))"),
        ("segmentation", np.zeros(7, int), "a segmentation needs the shape (7, 4, 4) (got (7,))"),
        ("segmentation", np.zeros((7, 4, 4)), "labels must be integers from 0 to 2 (got dtype float64)"),
        ("segmentation", np.full((7, 4, 4), 3), "labels must be integers from 0 to 2 (got 3 to 3)"),
        ("regression", np.zeros(7), "a regression needs the shape (7, 3) (got (7,))"),
        ("regression", np.zeros((7, 4)), "a regression needs the shape (7, 3) (got (7, 4))"),
        ("regression", np.zeros((7, 3, 1)), "a regression needs the shape (7, 3) (got (7, 3, 1))"),
        ("regression", np.full((7, 3), np.inf), "must be finite"),
        ("classification", np.zeros(7), "labels must be integers from 0 to 2 (got dtype float64)"),
        ("classification", np.zeros((7, 1), int), "a classification needs the shape (7,) (got (7, 1))"),
        ("classification", np.arange(7) - 1, "labels must be integers from 0 to 2 (got -1 to 5)"),
    ],
)  # fmt: skip
def test_targets_that_do_not_fit_the_task(tmp_path, task, y, message, is_file):
    graph, source = one_layer(task), "<memory>"
    given = {"x": np.zeros((7, *graph.input.shape), int), "y": y}
    if is_file:
        source = str(tmp_path / "mine.npz")
        np.savez(source, **given)
        given = {"data": source}
    with pytest.raises(CimsimError) as caught:
        load_images(graph, **{**NOTHING, **given})
    assert str(caught.value) == f"{source}: y: {message}"


@pytest.mark.parametrize("y", [np.arange(21).reshape(7, 3) - 10, np.linspace(-1, 1, 21).reshape(7, 3)])
def test_targets_of_a_regression_may_be_negative(y):
    graph = one_layer("regression")
    images = load_images(graph, **{**NOTHING, "x": np.zeros((7, 6), int), "y": y})
    assert np.array_equal(images.y, y)
