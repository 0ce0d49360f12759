"""Reading a workload: from a file or from a spec with arrays to a validated graph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from cimsim.errors import WorkloadError, closest
from cimsim.npz import NpzReader
from cimsim.workload import checks
from cimsim.workload.dropout import n_members, redraw_readers
from cimsim.workload.graph import WorkloadGraph
from cimsim.workload.header import Header, check_output, parse_header, parse_spec, plain_spec
from cimsim.workload.nodes import NodeTable, declared_names

__all__ = ["build_graph", "load_workload"]

_READER = NpzReader(WorkloadError, "cimsim.workload.save or np.savez_compressed", max_mib={"spec": 16})


def load_workload(path: str | PathLike[str]) -> WorkloadGraph:
    """Read a workload file of format ``cimsim-workload/1``.

    Raises
    ------
    WorkloadError : the file is missing, damaged, pickled or too large, or what it says breaks a rule
    """
    source = str(path)
    arrays = dict(_READER.read(Path(path)))
    if "spec" not in arrays:
        raise WorkloadError(source, "must have the array 'spec'", "", "is it another kind of .npz?")
    return build_graph(_spec_of(f"{source}: spec", arrays.pop("spec")), arrays, source)


def build_graph(
    spec: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]], source: str = "<memory>"
) -> WorkloadGraph:
    """A validated graph.

    Parameters
    ----------
    spec : the JSON object of the format, as Python values
    arrays : ``<node>.<param>`` to array; copied
    source : shown in messages

    Raises
    ------
    WorkloadError : naming the place, the rule, what was found and, where there is one, the cure
    """
    spec = plain_spec(f"{source}: spec", spec)
    header = parse_header(source, spec)
    names = declared_names(source, spec["nodes"])
    grouped = _group(source, names, arrays)
    table = NodeTable(source, header.input, names)
    for raw in spec["nodes"]:
        table.add(raw, grouped[raw["name"]])
    graph = _assemble(source, header, table, _output(source, spec["output"], names))
    _check_use(graph)
    _check_redraw(graph)
    _check_members(graph)
    return graph


def _spec_of(place: str, array: NDArray[Any]) -> Any:
    if array.shape != () or array.dtype.kind != "U":
        got = f"shape {array.shape}, type {array.dtype}"
        raise WorkloadError(place, "must be a 0-d string array holding JSON", got)
    try:
        text = array.astype(array.dtype.newbyteorder("<")).tobytes().decode("utf-32-le").rstrip("\0")
    except UnicodeDecodeError:
        raise WorkloadError(place, "must be valid Unicode text") from None
    return parse_spec(place, text)


def _group(
    source: str, names: Sequence[str], arrays: Mapping[str, NDArray[Any]]
) -> dict[str, dict[str, NDArray[Any]]]:
    grouped: dict[str, dict[str, NDArray[Any]]] = {name: {} for name in names}
    for key, array in arrays.items():
        node, dot, param = key.rpartition(".")
        if not dot or node not in grouped:
            cure = closest(node, names) if dot else "name arrays <node>.<param>"
            raise WorkloadError(f"{source}: array {checks.show(key)}", "must belong to a node", "", cure)
        grouped[node][param] = array
    return grouped


def _output(source: str, raw: Any, names: Sequence[str]) -> str:
    if not isinstance(raw, str) or raw not in names:
        raise WorkloadError(
            f"{source}: spec: output", "must name a node", checks.show(raw), closest(str(raw), names)
        )
    return raw


def _assemble(source: str, header: Header, table: NodeTable, output: str) -> WorkloadGraph:
    check_output(source, header, output, table.shapes[output], table.contents[output])
    return WorkloadGraph(
        name=header.name,
        task=header.task,
        input=header.input,
        nodes=tuple(table.nodes),
        output=output,
        shapes=table.shapes,
        domains={name: content.kind for name, content in table.contents.items()},
        divisors={name: content.divisor for name, content in table.contents.items()},
        classes=header.classes,
        dataset=header.dataset,
        provenance=header.provenance,
        source=source,
    )


def _check_use(graph: WorkloadGraph) -> None:
    """Every node contributes to the output: anything else would cost hardware for nothing."""
    used = {graph.output}
    for node in reversed(graph.nodes):
        if node.name not in used:
            place = f"{graph.source}: node {node.name}"
            raise WorkloadError(
                place, f"must lead to the output {graph.output!r}", "", "remove it or read it in a later node"
            )
        used.update(node.inputs)


def _check_redraw(graph: WorkloadGraph) -> None:
    for node in graph.nodes:
        if node.dropout is not None and node.dropout.kind == "element_redraw":
            for reader in redraw_readers(graph, node.name):
                if not reader.is_mac:
                    place = f"{graph.source}: node {node.name}: dropout"
                    raise WorkloadError(
                        place, "'element_redraw' must be read by conv2d or linear nodes only", reader.name
                    )


def _check_members(graph: WorkloadGraph) -> None:
    counts = {
        n.name: n_members(n) for n in graph.nodes if n.dropout is not None and n.dropout.kind == "ensemble"
    }
    if len(set(counts.values())) > 1:
        got = ", ".join(f"{name} {count}" for name, count in counts.items())
        raise WorkloadError(graph.source, "ensemble nodes must have equally many members", got)
