"""Design-space exploration: from one run to thousands.

The room bears the name of its function and may be called like it: ``cimsim.sweep(spec)`` is
`cimsim.sweep.run.sweep`, and ``cimsim.sweep.front`` stays a module.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

__all__ = ["sweep"]


class _Room(ModuleType):
    """A module that is called like the function `cimsim.sweep.run.sweep`."""

    def __call__(self, *args: Any, **options: Any) -> Any:
        from cimsim.sweep.run import sweep

        return sweep(*args, **options)


sweep = sys.modules[__name__]
sweep.__class__ = _Room
