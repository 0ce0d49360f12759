"""A network ready for any images: all its passes, and a single one with nothing dropped beside them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cimsim.mapping.folding import fold
from cimsim.mapping.program import Fold
from cimsim.mapping.randomness import is_drawn
from cimsim.mapping.states import scalar_nodes
from cimsim.sim.inputs import Samples
from cimsim.sim.values import Values, run_values
from cimsim.workload import without_dropout
from cimsim.workload.graph import WorkloadGraph

__all__ = ["Network"]

Progress = Callable[[str, int, int], None]
