"""What axes are where a point leaves them alone: the values of its architecture and of the sweep."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from cimsim.arch.loader import load_arch
from cimsim.arch.quantity import Quantity
from cimsim.sweep.paths import SETTINGS
from cimsim.sweep.plan import Plan

__all__ = ["Base"]


class Base:
    """Values by path for the axes of a plan."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._of = lru_cache(maxsize=None)(self._values)

    def left_alone(self, settings: dict[str, Any]) -> dict[str, Any]:
        """Values of the axes that the settings do not name; None where the architecture has none."""
        missing = tuple(path for path in self._plan.columns if path not in settings)
        name = settings.get("architecture", self._plan.spec.architecture)
        return self._of(name, missing) if missing else {}

    def _values(self, name: str, paths: tuple[str, ...]) -> dict[str, Any]:
        context = self._plan.context
        arch = load_arch(context.architectures[name], context.overrides)
        return {
            path: getattr(context, path, None) if path in SETTINGS else _value(arch, path) for path in paths
        }


def _value(model: Any, path: str) -> Any:
    for key in path.split("."):
        model = model.get(key) if isinstance(model, dict) else getattr(model, key, None)
    if isinstance(model, Quantity):
        return model.value
    return model if isinstance(model, int | float | str) else None
