"""From spintronic device physics to the decisions of a Bayesian neural network, in one run.

>>> import cimsim
>>> result = cimsim.simulate(cimsim.load_arch("arch_configs/stt_mram.yaml"),
...                          cimsim.load_workload("workloads/lenet.npz"))  # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cimsim.arch import load_arch
    from cimsim.arch.loader import load_device
    from cimsim.characterize.run import Characterization, characterize
    from cimsim.compare.run import Comparison, compare
    from cimsim.sim.result import RunResult
    from cimsim.sim.run import simulate
    from cimsim.sweep.run import sweep
    from cimsim.workload import load_workload

__all__ = [
    "Characterization",
    "Comparison",
    "RunResult",
    "__version__",
    "characterize",
    "compare",
    "load_arch",
    "load_device",
    "load_workload",
    "simulate",
    "sweep",
]

__version__ = "0.1.0"

_HOMES = {
    "Characterization": "cimsim.characterize.run",
    "Comparison": "cimsim.compare.run",
    "RunResult": "cimsim.sim.result",
    "characterize": "cimsim.characterize.run",
    "compare": "cimsim.compare.run",
    "load_arch": "cimsim.arch",
    "load_device": "cimsim.arch.loader",
    "load_workload": "cimsim.workload",
    "simulate": "cimsim.sim.run",
    "sweep": "cimsim.sweep",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for, so that ``import cimsim`` costs nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module 'cimsim' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
