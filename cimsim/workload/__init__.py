"""What a network is; knows nothing of hardware."""

from cimsim.workload.derived import deep_ensemble, with_bits_redrawn, without_dropout
from cimsim.workload.describe import describe, totals
from cimsim.workload.graph import Dropout, InputSpec, Node, WorkloadGraph
from cimsim.workload.reader import build_graph, load_workload
from cimsim.workload.writer import save

__all__ = [
    "Dropout",
    "InputSpec",
    "Node",
    "WorkloadGraph",
    "build_graph",
    "deep_ensemble",
    "describe",
    "load_workload",
    "save",
    "totals",
    "with_bits_redrawn",
    "without_dropout",
]
