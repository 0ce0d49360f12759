"""The table of a network, with weights and MACs counted by hand."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from cimsim.workload import build_graph, describe, totals

Parts = tuple[dict[str, Any], dict[str, NDArray[Any]]]


def test_rows(parts: Parts) -> None:
    rows = [tuple(row.values()) for row in describe(build_graph(*parts))]
    assert rows == [
        ("conv1", "conv2d", "4x8x8", 72, 72 * 64, ""),
        ("bn1", "batchnorm", "4x8x8", 0, 0, "scale p=0.15"),
        ("act1", "sign", "4x8x8", 0, 0, ""),
        ("pool1", "maxpool2d", "4x4x4", 0, 0, ""),
        ("flat", "flatten", "64", 0, 0, ""),
        ("fc1", "linear", "5", 320, 320, ""),
        ("act2", "threshold", "5", 0, 0, ""),
        ("fc2", "linear", "3", 15, 15, ""),
    ]
    assert list(describe(build_graph(*parts))[0]) == [
        "layer",
        "op",
        "output_shape",
        "weights",
        "macs",
        "dropout",
    ]


def test_totals(parts: Parts) -> None:
    assert totals(build_graph(*parts)) == {"nodes": 8, "weights": 407, "macs": 4943, "draws": 1}


def test_dropout_in_words(parts: Parts) -> None:
    spec, arrays = parts
    spec["nodes"][2]["dropout"] = {"kind": "element", "p": 0.2, "rescale": True}
    spec["nodes"][7]["dropout"] = {"kind": "instances"}
    arrays["fc2.weight"] = arrays["fc2.weight"][None].repeat(4, axis=0)
    words = {row["layer"]: row["dropout"] for row in describe(build_graph(spec, arrays))}
    assert words["act1"] == "element p=0.2 rescaled"
    assert words["fc2"] == "instances of 4"
