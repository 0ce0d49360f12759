"""Writing and reading back: nothing changes, the same graph gives the same bytes, graphs stay as they are."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from cimsim.errors import WorkloadError
from cimsim.workload import WorkloadGraph, build_graph, load_workload, save
from cimsim.workload.dropout import DROPOUTS
from cimsim.workload.ops import OPS

Parts = tuple[dict[str, Any], dict[str, NDArray[Any]]]


def assert_same(one: WorkloadGraph, two: WorkloadGraph) -> None:
    for key in (
        "name",
        "task",
        "input",
        "output",
        "shapes",
        "domains",
        "divisors",
        "classes",
        "dataset",
        "provenance",
    ):
        assert getattr(one, key) == getattr(two, key), key
    for a, b in zip(one.nodes, two.nodes, strict=True):
        assert (a.name, a.op, a.inputs, dict(a.attrs), a.dropout) == (
            b.name,
            b.op,
            b.inputs,
            dict(b.attrs),
            b.dropout,
        )
        assert list(a.params) == list(b.params)
        for key in a.params:
            assert a.params[key].dtype == b.params[key].dtype
            np.testing.assert_array_equal(a.params[key], b.params[key])


def test_defaults_are_filled_in(parts: Parts) -> None:
    graph = build_graph(*parts)
    assert graph.node("conv1").attrs == {
        "stride": (1, 1),
        "padding": (1, 1),
        "groups": 1,
        "pad_value": 0.0,
        "weight_bits": 1,
    }
    assert graph.node("pool1").attrs == {"kernel": (2, 2), "stride": (2, 2), "padding": (0, 0)}
    assert graph.node("bn1").attrs == {"eps": 1e-5}
    assert (graph.input.signed, graph.input.scale, graph.input.offset) == (False, 1.0, 0.0)
    assert graph.input.binarize_at == 128


def test_round_trip(parts: Parts, tmp_path: Path) -> None:
    graph = build_graph(*parts)
    save(graph, tmp_path / "one.npz")
    again = load_workload(tmp_path / "one.npz")
    assert_same(graph, again)
    save(again, tmp_path / "two.npz")
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.npz", "two.npz"]


@st.composite
def networks(draw: st.DrawFn) -> Parts:
    """A random chain of convolutions and the operations around them, ending in a linear layer."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    channels, side, last = draw(st.integers(1, 3)), draw(st.integers(5, 8)), "input"
    nodes: list[dict[str, Any]] = []
    arrays: dict[str, Any] = {}
    shape = [channels, side, side]
    is_rescaled = draw(st.booleans())
    pad_values = [0] if is_rescaled else [-1, 0, 1.0]
    for k in range(draw(st.integers(1, 3))):
        out = draw(st.integers(1, 4))
        settings_of = {"padding": [1, 1], "pad_value": draw(st.sampled_from(pad_values))}
        nodes += [
            {"name": f"c{k}", "op": "conv2d", "inputs": [last], **settings_of},
            {"name": f"b{k}", "op": "batchnorm", "inputs": [f"c{k}"], "eps": draw(st.floats(1e-9, 1.0))},
            {"name": f"s{k}", "op": "sign", "inputs": [f"b{k}"]},
        ]
        arrays[f"c{k}.weight"] = rng.choice(np.array([-1, 1], np.int8), (out, channels, 3, 3))
        arrays |= {f"b{k}.{key}": rng.random(out) for key in ("gamma", "beta", "mean", "var")}
        if draw(st.booleans()):
            nodes[-2]["dropout"] = {
                "kind": draw(st.sampled_from(["scale", "affine"])),
                "p": draw(st.floats(0, 1)),
            }
        if draw(st.booleans()):
            nodes[-1]["dropout"] = {"kind": "element", "p": draw(st.floats(0, 0.99)), "rescale": is_rescaled}
        channels, last = out, f"s{k}"
    nodes += [
        {"name": "f", "op": "flatten", "inputs": [last]},
        {"name": "l", "op": "linear", "inputs": ["f"]},
    ]
    arrays["l.weight"] = rng.choice(np.array([-1, 1], np.int8), (2, channels * side * side))
    fed = {
        "shape": shape,
        "bits": draw(st.integers(1, 8)),
        "signed": draw(st.booleans()),
        "scale": 1 / 3,
        "offset": -0.1,
    }
    head = {"format": "cimsim-workload/1", "name": "random", "task": "classification", "input": fed}
    return {**head, "nodes": nodes, "output": "l", "provenance": {"note": draw(st.text(max_size=9))}}, arrays


@settings(max_examples=40, deadline=None)
@given(parts=networks())
def test_random_networks_round_trip(tmp_path_factory: pytest.TempPathFactory, parts: Parts) -> None:
    path = tmp_path_factory.mktemp("round") / "x.npz"
    graph = build_graph(*parts)
    save(graph, path)
    assert_same(graph, load_workload(path))


def test_building_leaves_its_arguments_alone(parts: Parts) -> None:
    spec, arrays = copy.deepcopy(parts)
    graph = build_graph(spec, arrays)
    assert spec == parts[0]
    arrays["bn1.gamma"][:] = 9.0
    spec["provenance"]["seed"] = 8
    np.testing.assert_array_equal(graph.node("bn1").params["gamma"], parts[1]["bn1.gamma"])
    assert graph.provenance == {"seed": 7, "recipe": "none"}


def test_parameters_cannot_be_written(parts: Parts) -> None:
    graph = build_graph(*parts)
    with pytest.raises(ValueError, match="read-only"):
        graph.node("bn1").params["gamma"][0] = 1.0


def test_graphs_survive_pickling(parts: Parts) -> None:
    graph = build_graph(*parts)
    assert_same(graph, pickle.loads(pickle.dumps(graph)))


def test_a_graph_that_breaks_a_rule_is_not_written(parts: Parts, tmp_path: Path) -> None:
    graph = build_graph(*parts)
    object.__setattr__(graph, "task", "guessing")
    with pytest.raises(WorkloadError, match="unknown task"):
        save(graph, tmp_path / "x.npz")
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_write_leaves_the_old_file(
    parts: Parts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.npz"
    path.write_bytes(b"old")

    def full_disk(file: Any, **arrays: Any) -> None:
        file.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez_compressed", full_disk)
    with pytest.raises(WorkloadError) as raised:
        save(build_graph(*parts), path)
    assert str(raised.value) == f"{path}: must be a file that can be written (got No space left on device)"
    assert path.read_bytes() == b"old"
    assert [each.name for each in tmp_path.iterdir()] == ["x.npz"]


def test_every_operation_and_dropout_round_trips(tmp_path: Path) -> None:
    """One graph with all operations and all kinds of dropout."""
    spec, arrays = everything()
    graph = build_graph(spec, arrays)
    assert {node.op for node in graph.nodes} == set(OPS)
    assert {node.dropout.kind for node in graph.nodes if node.dropout} == set(DROPOUTS)
    save(graph, tmp_path / "all.npz")
    assert_same(graph, load_workload(tmp_path / "all.npz"))


def everything() -> Parts:
    rng = np.random.default_rng(3)

    def signs(*shape: int) -> NDArray[np.int8]:
        return rng.choice(np.array([-1, 1], np.int8), shape)

    def node(name: str, op: str, *inputs: str, **settings: Any) -> dict[str, Any]:
        return {"name": name, "op": op, "inputs": list(inputs), **settings}

    nodes = [
        node("c1", "conv2d", "input", padding=[1, 1], pad_value=0.5),
        node("bn", "batchnorm", "c1", dropout={"kind": "scale", "p": 0.1}),
        node("s1", "sign", "bn", dropout={"kind": "spatial", "p": 0.2, "rescale": True}),
        node("c2", "conv2d", "s1", padding=[1, 1], groups=2, dropout={"kind": "instances"}),
        node("inv", "affine", "c2", dropout={"kind": "affine", "p": 0.3}),
        node("in", "instancenorm", "inv"),
        node("sc", "scale", "in", dropout={"kind": "gaussian_scale"}),
        node("sum", "add", "sc", "bn"),
        node("th", "threshold", "sum", dropout={"kind": "ensemble"}),
        node("mp", "maxpool2d", "th", kernel=[2, 2]),
        node("up", "upsample2d", "mp", factor=2),
        node("cat", "concat", "up", "th"),
        node("id", "identity", "cat", dropout={"kind": "element_redraw", "p": 0.1}),
        node("c3", "conv2d", "id"),
        node("ap", "avgpool2d", "c3", kernel=[2, 2]),
        node("ht", "hardtanh", "ap"),
        node("s2", "sign", "ht"),
        node("fl", "flatten", "s2", dropout={"kind": "element", "p": 0.5}),
        node("fc", "linear", "fl"),
    ]
    arrays = {
        "c1.weight": signs(4, 2, 3, 3),
        **{f"bn.{key}": rng.random(4) for key in ("gamma", "beta", "mean", "var", "dropped_alpha")},
        "c2.weight": signs(3, 4, 2, 3, 3),
        "c2.bias": rng.random(4),
        "inv.gamma": rng.random(4),
        "inv.beta": rng.random(4),
        "sc.alpha": rng.random(4),
        "sc.alpha_std": rng.random(4),
        "th.threshold": rng.random((5, 4)),
        "th.direction": signs(5, 4),
        "c3.weight": signs(2, 8, 3, 3),
        "fc.weight": signs(3, 8),
        "fc.bias": rng.random(3),
    }
    fed = {"shape": [2, 6, 6], "bits": 8, "signed": True, "scale": 1 / 128}
    head = {"format": "cimsim-workload/1", "name": "all", "task": "classification", "input": fed}
    return {**head, "nodes": nodes, "output": "fc"}, arrays
