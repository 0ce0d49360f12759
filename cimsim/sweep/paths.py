"""What an axis may be named by: settings of the run, and paths of the architecture with their types."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from cimsim.arch.convert import Reader
from cimsim.arch.describe import expected, inner_field, keys_of, kind_of, models_of
from cimsim.arch.include import KEY as DEVICE
from cimsim.arch.loader import read_arch
from cimsim.arch.quantity import Quantity, RuleBroken
from cimsim.arch.spec import ArchSpec
from cimsim.arch.tree import Origin
from cimsim.errors import SpecError, closest
from cimsim.sweep.nodes import node_of
from cimsim.sweep.spec import SweepSpec
from cimsim.units import unit_of

__all__ = ["SETTINGS", "Paths"]

_FIELDS = SweepSpec.model_fields
SETTINGS: dict[str, FieldInfo] = {
    "architecture": _FIELDS["architecture"],
    "workload": _FIELDS["architecture"],
    "n_mc_samples": _FIELDS["n_mc_samples"],
    "n_instances": _FIELDS["n_instances"],
    "seed": _FIELDS["seed"],
}
"""Axes that are no path of the architecture, and what their values are."""


class Paths:
    """The settings that one architecture has, with what it says itself about unions and devices.

    Parameters
    ----------
    path, overrides : as of `cimsim.load_arch`
    """

    def __init__(self, path: Path, overrides: Sequence[str] = ()) -> None:
        self._reader = read_arch(path, overrides)[1]
        self._fields: dict[str, FieldInfo | None] = {}
        self._adapters: dict[str, TypeAdapter[Any]] = {}

    def read(self, path: str, value: Any, origin: Origin, where: str) -> Any:
        """A plain value as the type that the path has, in its range; parameters and errors as `convert`."""
        typed = self.convert(path, value, origin, where)
        if not isinstance(typed, dict) and (field := self._asked(path, typed)) is not None:
            self._check(path, field, typed, origin, where)
        return typed

    def convert(self, path: str, value: Any, origin: Origin, where: str) -> Any:
        """A plain value as the type that the path has; ``origin`` and ``where`` name it in messages.

        Raises
        ------
        SpecError : there is no such path, or no value of this type can stand there
        """
        if path not in self._fields:
            self._fields[path] = self._field(path, origin, where)
        field = self._asked(path, value)
        if field is None:
            return value
        kind, keys = kind_of(field.annotation), path.split(".")
        if kind in {"model", "quantity"} and isinstance(value, dict):
            return value
        if kind == "quantity":
            field = Quantity.model_fields["value"]
        name = keys[-1] if unit_of(keys[-1]) or len(keys) == 1 else keys[-2]
        return _typed(value, field, name, origin, where)

    def _asked(self, path: str, value: Any) -> FieldInfo | None:
        """The field of a path; None where the run itself will tell: the name of a device, an open mapping."""
        is_name = path.rpartition(".")[2] == DEVICE and isinstance(value, str)
        return None if is_name else self._fields[path]

    def is_integer(self, path: str) -> bool:
        """Whether only whole numbers can stand there; asked after `read`."""
        field = self._fields[path]
        return field is not None and kind_of(field.annotation).startswith("integer")

    def _field(self, path: str, origin: Origin, where: str) -> FieldInfo | None:
        """What may stand at a path; None below a mapping that the architecture does not have."""
        if path in SETTINGS:
            return SETTINGS[path]
        model: type[BaseModel] | None = ArchSpec
        field, here = None, ""
        for key in path.split("."):
            if field is not None and kind_of(field.annotation) == "table":
                field, here = inner_field(field.annotation), f"{here}.{key}"
                continue
            if field is not None:
                model = self._below(field, here)
                if model is None and models_of(field.annotation):
                    return None
            known = {} if model is None else keys_of(model)
            if key not in known:
                cure = closest(key, [*known, *(() if here else SETTINGS)]) if known else "nothing is below it"
                name = f"{here}.{key}" if here else key
                raise SpecError(origin.place(where), f"{name} is no setting of the architecture", cure=cure)
            field, here = known[key], f"{here}.{key}" if here else key
        return field

    def _below(self, field: FieldInfo, path: str) -> type[BaseModel] | None:
        if kind_of(field.annotation) == "quantity":
            return Quantity
        models = models_of(field.annotation)
        return self._reader.models.get(path) or (models[0] if len(models) == 1 else None)

    def _check(self, path: str, field: FieldInfo, value: Any, origin: Origin, where: str) -> None:
        if path not in self._adapters:
            adapted: Any = Annotated[(field.annotation, field)]
            self._adapters[path] = TypeAdapter(adapted)
        is_quantity = kind_of(field.annotation) == "quantity"
        whole = {"value": value, "grade": "assumed", "source": path} if is_quantity else value
        try:
            self._adapters[path].validate_python(whole)
        except ValidationError as error:
            broken = error.errors(include_url=False)[0].get("ctx", {}).get("error")
            rule = broken.rule if isinstance(broken, RuleBroken) else expected(field)
            raise SpecError(origin.place(where), rule, str(node_of(value, origin))) from error


def _typed(value: Any, field: FieldInfo, name: str, origin: Origin, where: str) -> Any:
    reader = Reader()
    typed = reader.entry(node_of(value, origin), field, name, where)
    if reader.problems:
        problem = reader.problems[0]
        raise SpecError(origin.place(where), problem.rule, problem.value, problem.cure)
    return typed
