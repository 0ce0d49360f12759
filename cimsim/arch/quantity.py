"""A physical number with its source, and how to pick from its spread."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PrivateAttr, model_validator

from cimsim.devices.scalar import Scalar
from cimsim.rng import stream
from cimsim.units import short

__all__ = [
    "GRADE_FACTOR",
    "Anisotropy",
    "Area",
    "Attempt",
    "Barrier",
    "Capacitance",
    "Curie",
    "Current",
    "Deviation",
    "Draws",
    "Energy",
    "Exponent",
    "FixedArea",
    "FixedEnergy",
    "Fraction",
    "Leakage",
    "Length",
    "LineCapacitance",
    "Loss",
    "Magnetisation",
    "Pick",
    "Quantity",
    "Ratio",
    "Resistance",
    "ResistanceArea",
    "RuleBroken",
    "Slope",
    "Time",
    "Tmr",
    "Vcma",
    "Voltage",
    "WireResistance",
    "nominal",
]

GRADE_FACTOR = {"measured": 1.1, "fitted": 1.2, "loose_fit": 1.5, "assumed": 2.0, "recalled": 3.0}
"""Spread where a source gives none: the 5 % point is value / factor, the 95 % point value * factor."""

_Z95 = 1.6448536269514722


class RuleBroken(ValueError):
    """A broken rule at ``path``, relative to the model that found it."""

    def __init__(self, path: str, rule: str, value: str = "", cure: str = "") -> None:
        super().__init__(path, rule, value, cure)
        self.path, self.rule, self.value, self.cure = path, rule, value, cure


class _Placed(NamedTuple):
    """Where a quantity stands, and its numbers there."""

    path: str
    factor: float
    nominal: float
    interval: tuple[float, float]


class Quantity(BaseModel):
    """A number out of the world: its value, where it comes from and how far to trust it.

    ``low`` and ``high`` are the 5 % and 95 % points of a two-piece log-normal distribution whose median is
    ``value``; left out, the grade sets them (`GRADE_FACTOR`). They and the value are those of the source.
    Where it says its ``node_m`` (and for an energy ``voltage_v``), the chip has ``factor`` times as much.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    value: float = Field(ge=0)
    low: float | None = Field(default=None, ge=0)
    high: float | None = Field(default=None, ge=0)
    grade: Literal["measured", "fitted", "loose_fit", "assumed", "recalled"]
    source: str = Field(min_length=1, max_length=500)
    node_m: float | None = Field(default=None, gt=0)
    voltage_v: float | None = Field(default=None, gt=0, le=5)
    _placed: _Placed | None = PrivateAttr(default=None)

    @model_validator(mode="after")
    def _ordered(self) -> Quantity:
        # Architectures share quantities, and a model checks those that it is given once more.
        if self._placed is None:
            self.placed("")
        low, high = self.interval
        if not low <= self.value <= high:
            rule = "must hold low <= value <= high"
            raise RuleBroken("", rule, f"{short(low)}, {short(self.value)}, {short(high)}")
        if self.value > 0 and low == 0:
            raise RuleBroken("low", "must be above 0 where the value is", "0")
        return self

    @property
    def _here(self) -> _Placed:
        # Every cost of every chip passes here: past the slow look-up of pydantic's private attributes.
        assert self.__pydantic_private__ is not None
        placed: _Placed = self.__pydantic_private__["_placed"]
        return placed

    @property
    def nominal(self) -> float:
        """The value at the node and the supply of the chip."""
        return self._here.nominal

    @property
    def interval(self) -> tuple[float, float]:
        """The 5 % and 95 % points, at the node and the supply of the chip."""
        return self._here.interval

    @property
    def factor(self) -> float:
        """From the node and supply of the source to those of the chip; 1 where it does not say them."""
        return self._here.factor

    @property
    def path(self) -> str:
        """Where it stands in the architecture, for example ``tile.macro.adc.bit_energy_j``."""
        return self._here.path

    def placed(self, path: str, factor: float = 1.0) -> None:
        """Told once by the `ArchSpec` it belongs to: the path names the stream of its draws."""
        spread = GRADE_FACTOR[self.grade]
        low = self.value / spread if self.low is None else self.low
        high = self.value * spread if self.high is None else self.high
        self._placed = _Placed(path, factor, self.value * factor, (low * factor, high * factor))


Pick = Callable[[Quantity], Scalar]
"""Nominal value or draws of a quantity: cost formulas serve both."""


def nominal(quantity: Quantity) -> float:
    """The value itself, at the node and the supply of the chip."""
    return quantity.nominal


@dataclass(frozen=True)
class Draws:
    """``Draws(seed, n)(quantity)``: (n,) values, each quantity from its own stream, independent of others.

    Two-piece log-normal: ``nominal * exp(z * s)``, with ``s`` from the 5 % and 95 % points of the interval.
    """

    seed: int
    n_draws: int

    def __call__(self, quantity: Quantity) -> Scalar:
        if quantity.value == 0:
            return np.zeros(self.n_draws)
        return _drawn(self.seed, self.n_draws, quantity.path, quantity.nominal, *quantity.interval)


@lru_cache(maxsize=4096)
def _drawn(seed: int, n: int, path: str, middle: float, low: float, high: float) -> NDArray[np.float64]:
    """(n,) draws of the quantity at a path; read-only, chips of a sweep share them."""
    z = stream(seed, "sources", path=path).standard_normal(n)
    below, above = math.log(middle / low) / _Z95, math.log(high / middle) / _Z95
    draws = np.asarray(middle * np.exp(z * np.where(z < 0, below, above)), dtype=np.float64)
    draws.flags.writeable = False
    return draws


@dataclass(frozen=True)
class Within:
    """Plausible bounds of a quantity: they catch a forgotten 1e-12, not a bold design.

    ``scales``: whether it may follow the node as digital logic does.
    """

    least: float
    most: float
    scales: bool = False

    def __call__(self, quantity: Quantity) -> Quantity:
        if not self.scales and (quantity.node_m, quantity.voltage_v) != (None, None):
            name = "voltage_v" if quantity.node_m is None else "node_m"
            rule = "must be left out: only energies and areas of digital logic are scaled with the node"
            raise RuleBroken(name, rule)
        for name in ("value", "low", "high"):
            number = getattr(quantity, name)
            if number is not None and not self.least <= number <= self.most:
                rule = f"must be a number from {short(self.least)} to {short(self.most)}"
                raise RuleBroken(name, rule, short(number))
        return quantity


Energy = Annotated[Quantity, AfterValidator(Within(0, 1e-6, scales=True))]
Area = Annotated[Quantity, AfterValidator(Within(0, 1e-5, scales=True))]
FixedEnergy = Annotated[Quantity, AfterValidator(Within(0, 1e-6))]
FixedArea = Annotated[Quantity, AfterValidator(Within(0, 1e-5))]
Leakage = Annotated[Quantity, AfterValidator(Within(0, 1))]
Time = Annotated[Quantity, AfterValidator(Within(0, 1e-3))]
Resistance = Annotated[Quantity, AfterValidator(Within(1, 1e9))]
ResistanceArea = Annotated[Quantity, AfterValidator(Within(1e-14, 1e-6))]
Length = Annotated[Quantity, AfterValidator(Within(1e-9, 1e-6))]
Voltage = Annotated[Quantity, AfterValidator(Within(1e-3, 10))]
Current = Annotated[Quantity, AfterValidator(Within(1e-9, 1e-1))]
Capacitance = Annotated[Quantity, AfterValidator(Within(0, 1e-12))]
LineCapacitance = Annotated[Quantity, AfterValidator(Within(1e-12, 1e-8))]
Ratio = Annotated[Quantity, AfterValidator(Within(0, 100))]
Fraction = Annotated[Quantity, AfterValidator(Within(0, 0.99))]
Barrier = Annotated[Quantity, AfterValidator(Within(1, 120))]
Tmr = Annotated[Quantity, AfterValidator(Within(0.01, 100))]
Deviation = Annotated[Quantity, AfterValidator(Within(0, 100))]
WireResistance = Annotated[Quantity, AfterValidator(Within(0, 1e6))]
Loss = Annotated[Quantity, AfterValidator(Within(0, 0.5))]
Slope = Annotated[Quantity, AfterValidator(Within(1, 1e7))]
Attempt = Annotated[Quantity, AfterValidator(Within(1e-12, 1e-6))]
Curie = Annotated[Quantity, AfterValidator(Within(500, 3000))]
Exponent = Annotated[Quantity, AfterValidator(Within(0.5, 5))]
Magnetisation = Annotated[Quantity, AfterValidator(Within(1e4, 5e6))]
Anisotropy = Annotated[Quantity, AfterValidator(Within(1e-5, 1e-2))]
Vcma = Annotated[Quantity, AfterValidator(Within(1e-16, 1e-11))]
