"""What is not ideal about cells, converters and wires; left out, it is."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from cimsim.arch.quantity import Current, Deviation, Fraction, RuleBroken, WireResistance
from cimsim.arch.spec_base import Spec
from cimsim.units import short

__all__ = ["AdcErrors", "CellErrors", "DriftSpec", "RramErrors", "SenseErrors", "WireSpec"]


class CellErrors(Spec):
    """How cells differ beyond the spread that their device file tells.

    ``signal_cv`` is that of resistive memories (both values) and of capacitors. ``stuck_*`` are shares of the
    junctions. ``age_s`` is the time since the weights were written, at ``technology.temperature_k``.
    """

    access_cv: Fraction | None = None
    signal_cv: Fraction | None = None
    read_noise: Fraction | None = None
    stuck_parallel: Fraction | None = None
    stuck_antiparallel: Fraction | None = None
    age_s: float = Field(default=0.0, ge=0, le=1e10)

    @model_validator(mode="after")
    def _shares(self) -> CellErrors:
        stuck = [
            0.0 if part is None else part.value for part in (self.stuck_parallel, self.stuck_antiparallel)
        ]
        if sum(stuck) > 1.0:
            rule = "must be at most 1 together with stuck_parallel"
            raise RuleBroken("stuck_antiparallel", rule, short(stuck[1]))
        return self


class DriftSpec(Spec):
    """Conductances fall as (``age_s`` / ``start_s``)**-nu, from ``start_s`` after they were written on.

    Mean and deviation of nu over devices, at the low and at the high resistance.
    """

    start_s: float = Field(gt=0, le=1e10)
    exponent_low: Fraction
    exponent_high: Fraction
    deviation_low: Fraction | None = None
    deviation_high: Fraction | None = None


class RramErrors(CellErrors):
    """Resistive memories also drift."""

    drift: DriftSpec | None = None


class AdcErrors(Spec):
    """Deviations of converters, in steps between codes, and where their references lie.

    ``full_scale`` is what the codes cover, in counts: all of ``rows_active``, or fewer around half of the
    driven rows. ``calibrated`` references follow the mean cells of each subarray, and a converter's offset
    and gain error are trimmed out.
    """

    references: Literal["linear", "calibrated"] = "linear"
    full_scale: int | None = Field(default=None, ge=1, le=4096)
    offset_steps: Deviation | None = None
    gain_cv: Fraction | None = None
    inl_steps: Deviation | None = None
    noise_steps: Deviation | None = None


class SenseErrors(Spec):
    """Deviations of sense amplifiers, as current at their input."""

    offset_a: Current | None = None
    noise_a: Current | None = None


class WireSpec(Spec):
    """Bit line and source line of a column, for fidelity ``circuit``."""

    segment_ohm: WireResistance
    driver_ohm: WireResistance | None = None
    sense_ohm: WireResistance | None = None
    sensed_at: Literal["driver", "far_end"] = "driver"
