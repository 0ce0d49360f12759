"""Each way a spec or its arrays can be wrong gives one message that says where, what and how to mend it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from cimsim.errors import WorkloadError
from cimsim.workload import build_graph

Spec = dict[str, Any]
Arrays = dict[str, Any]
Spoil = Callable[[Spec, Arrays], Any]

CONV, BN, ACT1, POOL, FLAT, FC1, ACT2, FC2 = range(8)


def put(place: str, value: Any) -> Spoil:
    """Set a value deep in the spec; numbers in the path index lists."""
    *path, last = (int(part) if part.isdigit() else part for part in place.split("/"))

    def spoil(spec: Spec, arrays: Arrays) -> None:
        target: Any = spec
        for part in path:
            target = target[part]
        target[last] = value

    return spoil


def drop(key: str) -> Spoil:
    return lambda spec, arrays: spec.pop(key)


def array(key: str, value: Any) -> Spoil:
    return lambda spec, arrays: arrays.__setitem__(key, value)


def no_array(key: str) -> Spoil:
    return lambda spec, arrays: arrays.pop(key)


def insert(index: int, node: Spec) -> Spoil:
    return lambda spec, arrays: spec["nodes"].insert(index, node)


def both(*spoils: Spoil) -> Spoil:
    def spoil(spec: Spec, arrays: Arrays) -> None:
        for each in spoils:
            each(spec, arrays)

    return spoil


def with_value(shape: tuple[int, ...], value: float, dtype: Any = np.int8) -> Any:
    spoiled = np.ones(shape, dtype)
    spoiled.flat[-1] = value
    return spoiled


HEADER = [
    (
        put("format", "cimsim-workload/2"),
        "spec: format: must be 'cimsim-workload/1' (got 'cimsim-workload/2')",
    ),
    (drop("task"), "spec: must have the key 'task'"),
    (
        put("task", "clasification"),
        "spec: task: unknown task (got 'clasification'); did you mean 'classification'?",
    ),
    (put("datset", "mnist"), "spec: unknown key (got 'datset'); did you mean 'dataset'?"),
    (put("name", "../x"), "spec: name: must be 1 to 64 letters, digits, '_', '.' or '-' (got '../x')"),
    (put("dataset", 3), "spec: dataset: must be 1 to 64 letters, digits, '_', '.' or '-' (got 3)"),
    (put("provenance", "me"), "spec: provenance: must be an object (got 'me')"),
    (put("classes", "abc"), "spec: classes: must be a list of names (got 'abc')"),
    (put("classes", ["a", "b", "a"]), "spec: classes: must not repeat a name (got 'a')"),
    (put("classes", ["a", 1]), "spec: classes[1]: must be a string of 1 to 200 characters (got 1)"),
    (
        put("classes", ["a", "b"]),
        "spec: classes: must name every class of the output (got 2 names, fc2 (3,))",
    ),
    (put("input", [2, 8, 8]), "spec: input: must be an object (got [2, 8, 8])"),
    (
        put("input/shape", [2, 8]),
        "spec: input: shape: must be [channels, rows, columns] or [features] (got [2, 8])",
    ),
    (put("input/shape", [2, 0, 8]), "spec: input: shape: must be an integer of at least 1 (got 0)"),
    (
        put("input/shape", [2**31]),
        "spec: input: shape: must have at most 1073741824 values (got [2147483648])",
    ),
    (put("input/bits", 9), "spec: input: bits: must be an integer from 1 to 8 (got 9)"),
    (put("input/bits", True), "spec: input: bits: must be an integer from 1 to 8 (got True)"),
    (put("input/signed", 1), "spec: input: signed: must be true or false (got 1)"),
    (put("input/scale", 0), "spec: input: scale: must not be zero"),
    (put("input/offset", 10**400), f"spec: input: offset: must be a finite number (got 1{'0' * 56}...)"),
    (put("input/offset", "1"), "spec: input: offset: must be a finite number (got '1')"),
    (put("input/binarize_at", 256), "spec: input: binarize_at: must be an integer from 0 to 255 (got 256)"),
    (put("input/bit", 8), "spec: input: unknown key (got 'bit'); did you mean 'bits'?"),
    (put("output", "fc3"), "spec: output: must name a node (got 'fc3'); did you mean 'fc2'?"),
    (put("output", "act2"), "spec: output: must be real values, not signs (got act2)"),
    (
        put("output", "bn1"),
        "spec: output: a classification needs shape (classes,) with at least 2 classes (got bn1 (4, 8, 8))",
    ),
    (
        put("task", "segmentation"),
        "spec: output: a segmentation needs shape (classes, rows, columns) with at least 2 classes"
        " (got fc2 (3,))",
    ),
    (
        put("provenance", {"loss": float("nan")}),
        "spec: must hold finite numbers, valid text and no cycles",
    ),
    (
        put("provenance", {"by": "\ud800"}),
        "spec: must hold finite numbers, valid text and no cycles",
    ),
    (
        put("provenance", {"loss": object}),
        "spec: must hold JSON values only (got 'Object of type type is not JSON serializable')",
    ),
]

NODES = [
    (put("nodes", []), "spec: nodes: must be a list of at least one node (got [])"),
    (
        put("nodes", [{"name": "x"}] * 10_001),
        "spec: nodes: must have at most 10000 nodes (got 10001)",
    ),
    (put("nodes/0", "conv1"), "spec: nodes[0]: must be an object with a 'name' (got 'conv1')"),
    (put("nodes/1/name", "conv1"), "spec: nodes[1]: name: must be unique (got 'conv1')"),
    (
        put("nodes/1/name", "input"),
        "spec: nodes[1]: name: must not be 'input', the name of the network input (got 'input')",
    ),
    (
        put("nodes/1/name", "b\x1b[31m"),
        "spec: nodes[1]: name: must be 1 to 64 letters, digits, '_', '.' or '-' (got 'b\\x1b[31m')",
    ),
    (put("nodes/0/op", "conv"), "node conv1: op: unknown op (got 'conv'); did you mean 'conv2d'?"),
    (put("nodes/0/strid", [1, 1]), "node conv1: unknown key (got 'strid'); did you mean 'stride'?"),
    (lambda spec, arrays: spec["nodes"][ACT1].pop("inputs"), "node act1: must have the key 'inputs'"),
    (lambda spec, arrays: spec["nodes"][POOL].pop("kernel"), "node pool1: must have the key 'kernel'"),
    (put("nodes/0/inputs", "input"), "node conv1: inputs: must be a list of node names (got 'input')"),
    (put("nodes/2/inputs", ["bn1", "bn1"]), "node act1: inputs: sign takes one input (got 2)"),
    (
        put("nodes/2/inputs", ["bn"]),
        "node act1: inputs: must name earlier nodes or 'input' (got 'bn'); did you mean 'bn1'?",
    ),
    (
        put("nodes/2/inputs", ["fc1"]),
        "node act1: inputs: must name earlier nodes or 'input' (got 'fc1');"
        " list the nodes in order of execution",
    ),
    (
        put("nodes/0/stride", [0, 1]),
        "node conv1: stride: must be two integers [rows, columns] from 1 to 1048576 (got [0, 1])",
    ),
    (
        put("nodes/0/padding", 1),
        "node conv1: padding: must be two integers [rows, columns] from 0 to 1048576 (got 1)",
    ),
    (
        put("nodes/0/groups", 3),
        "node conv1: groups: must divide the input and output channels (got 3 with 2 in and 4 out)",
    ),
    (put("nodes/0/pad_value", "x"), "node conv1: pad_value: must be a finite number (got 'x')"),
    (put("nodes/1/eps", -1e-5), "node bn1: eps: must not be negative (got -1e-05)"),
    (
        put("nodes/0/weight_bits", 4),
        "node conv1: weight_bits: multi-bit weights are not simulated in this version (got 4);"
        " binarize the weights to -1/+1",
    ),
    (put("nodes/0/weight_bits", 9), "node conv1: weight_bits: must be an integer from 1 to 8 (got 9)"),
    (
        put("nodes/3/kernel", [9, 9]),
        "node pool1: kernel [9, 9] must fit the padded input (got input (4, 8, 8), padding [0, 0])",
    ),
    (
        put("nodes/3/padding", [2, 0]),
        "node pool1: padding: must be at most half of the kernel [2, 2] (got [2, 0])",
    ),
    (
        insert(FC1, {"name": "more", "op": "add", "inputs": ["flat", "flat"]}),
        "node more: must lead to the output 'fc2'; remove it or read it in a later node",
    ),
    (
        insert(FC1, {"name": "both", "op": "add", "inputs": ["flat"]}),
        "node both: inputs: add takes at least 2 inputs (got 1)",
    ),
    (
        insert(FC1, {"name": "both", "op": "add", "inputs": ["flat", "pool1"]}),
        "node both: inputs: must have equal shapes (got (64,), (4, 4, 4))",
    ),
    (
        insert(FLAT, {"name": "both", "op": "concat", "inputs": ["act1", "pool1"]}),
        "node both: inputs: must agree in all but the channel axis (got (4, 8, 8), (4, 4, 4))",
    ),
    (
        insert(FLAT, {"name": "up", "op": "upsample2d", "inputs": ["pool1"], "factor": 10**6}),
        "node up: must have at most 1073741824 output values (got shape (4, 4000000, 4000000))",
    ),
    (
        insert(FC1, {"name": "up", "op": "upsample2d", "inputs": ["flat"], "factor": 2}),
        "node up: inputs: must have shape (channels, rows, columns) (got (64,))",
    ),
    (
        insert(ACT1, {"name": "inorm", "op": "instancenorm", "inputs": ["bn1"], "eps": 0}),
        "node inorm: eps: must be positive (got 0)",
    ),
    (
        put("nodes/5/inputs", ["pool1"]),
        "node fc1: inputs: must have shape (features,) (got (4, 4, 4)); put a flatten before it",
    ),
]

ARRAYS = [
    (no_array("conv1.weight"), "node conv1: must have the array 'conv1.weight'"),
    (
        array("conv1.wieght", np.ones(1)),
        "node conv1: unknown parameter of conv2d (got 'wieght'); did you mean 'weight'?",
    ),
    (array("act1.alpha", np.ones(4)), "node act1: unknown parameter of sign (got 'alpha'); sign has none"),
    (array("fc3.weight", np.ones(1)), "array 'fc3.weight': must belong to a node; did you mean 'fc2'?"),
    (array("extra", np.ones(1)), "array 'extra': must belong to a node; name arrays <node>.<param>"),
    (array("conv1.weight", with_value((4, 2, 3, 3), 0)), "node conv1: weight: must be -1 or +1 (got 0)"),
    (array("conv1.weight", with_value((4, 2, 3, 3), 127)), "node conv1: weight: must be -1 or +1 (got 127)"),
    (array("conv1.weight", np.ones((4, 2, 3, 3))), "node conv1: weight: must be int8 (got float64)"),
    (
        array("conv1.weight", np.ones((4, 2, 0, 3), np.int8)),
        "node conv1: weight: must not be empty (got shape (4, 2, 0, 3))",
    ),
    (
        array("conv1.weight", np.ones((4, 18), np.int8)),
        "node conv1: weight: must have axes (c_out, c_in/groups, rows, columns) (got shape (4, 18))",
    ),
    (
        array("conv1.weight", np.ones((4, 3, 3, 3), np.int8)),
        "node conv1: weight: must have 2 input channels on axis 1 (got shape (4, 3, 3, 3))",
    ),
    (
        array("conv1.weight", np.ones((4, 2, 11, 3), np.int8)),
        "node conv1: kernel [11, 3] must fit the padded input (got input (2, 8, 8), padding [1, 1])",
    ),
    (
        array("fc1.weight", np.ones((5, 63), np.int8)),
        "node fc1: weight: must have shape (n_out, 64) (got (5, 63))",
    ),
    (
        array("fc2.bias", np.ones(4)),
        "node fc2: bias: must have shape (3,), one value per channel (got (4,))",
    ),
    (
        array("bn1.gamma", np.ones(3)),
        "node bn1: gamma: must have shape (4,), one value per channel (got (3,))",
    ),
    (array("bn1.beta", with_value((4,), np.nan, float)), "node bn1: beta: must be finite (got nan)"),
    (array("bn1.mean", with_value((4,), np.inf, float)), "node bn1: mean: must be finite (got inf)"),
    (
        array("bn1.var", with_value((4,), -1.0, float)),
        "node bn1: var: var + eps must be positive (got -0.99999)",
    ),
    (
        array("bn1.gamma", np.ones(4, complex)),
        "node bn1: gamma: must be real numbers of at most 64 bits (got complex128)",
    ),
    (
        array("bn1.gamma", np.array([None] * 4)),
        "node bn1: gamma: must be real numbers of at most 64 bits (got object)",
    ),
    (array("act2.direction", with_value((5,), 0)), "node act2: direction: must be -1 or +1 (got 0)"),
    (
        both(
            put("input/shape", [1, 4000, 4000]), array("conv1.weight", np.ones((1, 1, 3000, 3000), np.int8))
        ),
        "node conv1: weight: must have at most 4194304 weights per output (got 9000000)",
    ),
]

DOMAINS = [
    (
        put("nodes/3/inputs", ["bn1"]),
        "node fc1: inputs: must carry signs or the network input (got real values of 'flat');"
        " put a sign or threshold node between",
    ),
    (
        both(
            insert(POOL, {"name": "both", "op": "concat", "inputs": ["act1", "bn1"]}),
            put("nodes/4/inputs", ["both"]),
            array("fc1.weight", np.ones((5, 128), np.int8)),
        ),
        "node fc1: inputs: must carry signs or the network input (got real values of 'flat');"
        " put a sign or threshold node between",
    ),
    (
        both(
            insert(FLAT, {"name": "conv2", "op": "conv2d", "inputs": ["pool1"], "pad_value": 0.5}),
            array("conv2.weight", np.ones((4, 4, 1, 1), np.int8)),
        ),
        "node conv2: pad_value: must be -1, 0 or 1 where the input is signs (got 0.5)",
    ),
    (
        both(
            put("nodes/2/dropout", {"kind": "element", "p": 0.5, "rescale": True}),
            insert(FLAT, {"name": "conv2", "op": "conv2d", "inputs": ["pool1"], "pad_value": -1}),
            array("conv2.weight", np.ones((4, 4, 1, 1), np.int8)),
        ),
        "node conv2: pad_value: must be 0 where dropout rescales the input (got -1)",
    ),
]

DROPOUT = [
    (put("nodes/1/dropout", 0.1), "node bn1: dropout: must be an object (got 0.1)"),
    (put("nodes/1/dropout", {"p": 0.1}), "node bn1: dropout: must have the key 'kind'"),
    (
        put("nodes/1/dropout/kind", "scales"),
        "node bn1: dropout: kind: unknown kind (got 'scales'); did you mean 'scale'?",
    ),
    (put("nodes/1/dropout/q", 1), "node bn1: dropout: unknown key (got 'q'); known: kind, p, rescale"),
    (put("nodes/1/dropout", {"kind": "scale"}), "node bn1: dropout: must have the key 'p'"),
    (put("nodes/1/dropout/p", 1.5), "node bn1: dropout: p: must be a probability from 0 to 1 (got 1.5)"),
    (
        put("nodes/1/dropout/rescale", True),
        "node bn1: dropout: kind 'scale' has no 'rescale' (got True); remove it",
    ),
    (
        put("nodes/0/dropout", {"kind": "scale", "p": 0.1}),
        "node conv1: dropout: kind: 'scale' must sit on scale or batchnorm (got conv2d)",
    ),
    (
        put("nodes/2/dropout", {"kind": "element", "p": 1, "rescale": True}),
        "node act1: dropout: rescale: must not be used with p = 1: nothing is kept to divide by 1 - p",
    ),
    (
        put("nodes/1/dropout", {"kind": "element_redraw", "p": 0.1}),
        "node bn1: dropout: 'element_redraw' acts on word lines: it must sit on a node that gives signs",
    ),
    (
        put("nodes/2/dropout", {"kind": "element_redraw", "p": 0.1}),
        "node act1: dropout: 'element_redraw' must be read by conv2d or linear nodes only (got pool1)",
    ),
    (
        both(put("nodes/0/dropout", {"kind": "instances"}), array("conv1.weight", np.int8(1))),
        "node conv1: weight: must have a leading axis of members (got a scalar)",
    ),
    (
        put("nodes/0/dropout", {"kind": "instances", "p": 0.5}),
        "node conv1: dropout: kind 'instances' has no 'p' (got 0.5); remove it",
    ),
    (
        both(
            put("nodes/7/dropout", {"kind": "ensemble"}),
            array("fc2.weight", np.ones((2, 3, 5), np.int8)),
            array("fc2.bias", np.ones((3, 3))),
        ),
        "node fc2: arrays must have equally many members (got weight 2, bias 3)",
    ),
    (
        both(
            put("nodes/5/dropout", {"kind": "ensemble"}),
            array("fc1.weight", np.ones((3, 5, 64), np.int8)),
            put("nodes/6/dropout", {"kind": "ensemble"}),
            array("act2.threshold", np.ones((2, 5))),
        ),
        "ensemble nodes must have equally many members (got fc1 3, act2 2)",
    ),
    (
        array("bn1.dropped_alpha", np.ones((2, 2))),
        "node bn1: dropped_alpha: must have shape (4,), one value per channel (got (2, 2))",
    ),
    (
        both(
            insert(
                ACT1, {"name": "s", "op": "scale", "inputs": ["bn1"], "dropout": {"kind": "gaussian_scale"}}
            ),
            array("s.alpha", np.ones(4)),
            array("s.alpha_std", -np.ones(4)),
        ),
        "node s: alpha_std: must not be negative (got -1)",
    ),
]


@pytest.mark.parametrize(("spoil", "message"), HEADER + NODES + ARRAYS + DOMAINS + DROPOUT)
def test_message(parts: tuple[Spec, Arrays], spoil: Spoil, message: str) -> None:
    spec, arrays = parts
    spoil(spec, arrays)
    with pytest.raises(WorkloadError) as raised:
        build_graph(spec, arrays, "workloads/small.npz")
    assert str(raised.value) == f"workloads/small.npz: {message}"


def test_long_values_are_cut(parts: tuple[Spec, Arrays]) -> None:
    spec, arrays = parts
    spec["task"] = "x" * 10_000
    with pytest.raises(WorkloadError) as raised:
        build_graph(spec, arrays)
    assert len(str(raised.value)) < 200
