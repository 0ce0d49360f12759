"""Design-space exploration: from one run to thousands. Called, the room is its function ``sweep``."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

__all__: list[str] = []


class _Room(ModuleType):
    """``cimsim.sweep(spec)`` works whatever part of the room was imported before."""

    def __call__(self, *args: Any, **options: Any) -> Any:
        from cimsim.sweep.run import sweep

        return sweep(*args, **options)


sys.modules[__name__].__class__ = _Room
