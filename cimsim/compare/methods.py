"""What a network's way of being Bayesian is called, read off its dropout."""

from __future__ import annotations

from collections.abc import Mapping

from cimsim.workload.graph import WorkloadGraph

__all__ = ["METHODS", "REFERENCE", "method_of"]

METHODS: Mapping[str, str] = {
    "": "deterministic",
    "scale": "Scale Dropout",
    "element": "SpinDrop",
    "element_redraw": "SpinDrop, redrawn",
    "spatial": "Spatial-SpinDrop",
    "affine": "affine dropout",
    "gaussian_scale": "sub-set VI",
    "instances": "SpinBayes",
    "ensemble": "Tiny Deep Ensemble",
    "deep_ensemble": "deep ensemble",
}
"""By kind of dropout, in the order of tables and figures."""

REFERENCE = METHODS["scale"]
"""The method that the others are compared with."""


def method_of(graph: WorkloadGraph) -> str:
    """The method of a network; several kinds of dropout are joined by a plus."""
    return " + ".join(METHODS[kind] for kind in METHODS if kind in _kinds(graph))


def _kinds(graph: WorkloadGraph) -> set[str]:
    kinds = {node.dropout.kind for node in graph.nodes if node.dropout is not None}
    if any(node.dropout is not None and node.dropout.kind == "ensemble" for node in graph.mac_nodes):
        kinds = kinds - {"ensemble"} | {"deep_ensemble"}
    return kinds or {""}
