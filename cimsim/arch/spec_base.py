"""The base of all models of a file, and the plain numbers they share."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from cimsim.arch.quantity import Quantity

__all__ = ["PulseTime", "Spec", "Temperature", "Volts"]

Volts = Annotated[float, Field(gt=0, le=5)]
PulseTime = Annotated[float, Field(gt=0, le=1e-6)]
Temperature = Annotated[float, Field(ge=233, le=423)]


class Spec(BaseModel):
    """Base of every model of the file: frozen, no unknown keys, no NaN or infinity."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @cached_property
    def quantities(self) -> Mapping[str, Quantity]:
        """Every sourced number in it, by path from here, in the order of the fields."""
        found: dict[str, Quantity] = {}
        for name in type(self).model_fields:
            value = getattr(self, name)
            if isinstance(value, Quantity):
                found[name] = value
            elif isinstance(value, Spec):
                found.update((f"{name}.{path}", quantity) for path, quantity in value.quantities.items())
        return found
