"""Writing a workload file: the same graph gives the same bytes, complete or not at all."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cimsim.errors import WorkloadError
from cimsim.workload.dropout import DROPOUTS
from cimsim.workload.graph import Dropout, InputSpec, Node, WorkloadGraph
from cimsim.workload.header import FORMAT
from cimsim.workload.reader import build_graph

__all__ = ["save", "to_arrays", "to_spec"]


def save(graph: WorkloadGraph, path: str | os.PathLike[str]) -> None:
    """Write ``graph`` to ``path`` as ``cimsim-workload/1``, replacing the file only when all is written.

    Raises
    ------
    WorkloadError : the graph breaks a rule of the format (no file is written that could not be read), or the
        file cannot be written
    """
    target = Path(path)
    spec, arrays = to_spec(graph), to_arrays(graph)
    build_graph(spec, arrays, graph.source)
    members: Mapping[str, Any] = {"spec": np.array(json.dumps(spec, ensure_ascii=False)), **arrays}
    draft = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        with draft.open("wb") as file:
            np.savez_compressed(file, **members)
        draft.replace(target)
    except OSError as error:
        raise WorkloadError(str(target), "must be a file that can be written", error.strerror or "") from None
    finally:
        draft.unlink(missing_ok=True)


def to_spec(graph: WorkloadGraph) -> dict[str, Any]:
    """The JSON object of a graph; settings that stand at their default are written out too."""
    spec: dict[str, Any] = {"format": FORMAT, "name": graph.name, "task": graph.task}
    if graph.classes:
        spec["classes"] = list(graph.classes)
    spec["input"] = _input_spec(graph.input)
    if graph.dataset is not None:
        spec["dataset"] = graph.dataset
    spec["nodes"] = [_node_spec(node) for node in graph.nodes]
    spec["output"] = graph.output
    if graph.provenance:
        spec["provenance"] = dict(graph.provenance)
    return spec


def to_arrays(graph: WorkloadGraph) -> dict[str, NDArray[Any]]:
    """The arrays of a graph by ``<node>.<param>``, in the order of the nodes."""
    return {f"{node.name}.{key}": array for node in graph.nodes for key, array in node.params.items()}


def _input_spec(fed: InputSpec) -> dict[str, Any]:
    return {
        "shape": list(fed.shape),
        "bits": fed.bits,
        "signed": fed.signed,
        "scale": fed.scale,
        "offset": fed.offset,
        "binarize_at": fed.binarize_at,
    }


def _node_spec(node: Node) -> dict[str, Any]:
    spec: dict[str, Any] = {"name": node.name, "op": node.op, "inputs": list(node.inputs)}
    for key, value in node.attrs.items():
        spec[key] = list(value) if isinstance(value, tuple) else value
    if node.dropout is not None:
        spec["dropout"] = _dropout_spec(node.dropout)
    return spec


def _dropout_spec(dropout: Dropout) -> dict[str, Any]:
    kind = DROPOUTS[dropout.kind]
    spec: dict[str, Any] = {"kind": dropout.kind}
    if kind.has_p:
        spec["p"] = dropout.p
    if kind.is_elementwise:
        spec["rescale"] = dropout.rescale
    return spec
