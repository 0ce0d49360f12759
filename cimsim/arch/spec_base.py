"""The base of all models of a file, and the plain numbers they share."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["PulseTime", "Spec", "Temperature", "Volts"]

Volts = Annotated[float, Field(gt=0, le=5)]
PulseTime = Annotated[float, Field(gt=0, le=1e-6)]
Temperature = Annotated[float, Field(ge=233, le=423)]


class Spec(BaseModel):
    """Base of every model of the file: frozen, no unknown keys, no NaN or infinity."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
