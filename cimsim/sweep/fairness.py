"""Axes that a fidelity cannot feel, and answers it gives away for nothing: refused, not swept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from cimsim.arch.loader import load_arch
from cimsim.arch.spec import ArchSpec
from cimsim.arch.spec_array import MacroSpec
from cimsim.errors import SpecError
from cimsim.sweep.plan import Plan

__all__ = ["ANSWERS", "FELT", "check_fair"]

_CELL = "tile.macro.subarray.cell"
_ARRAY = ("statistical", "cell", "circuit")
FELT: dict[str, tuple[str, ...]] = {
    f"{_CELL}.errors": _ARRAY,
    f"{_CELL}.errors.*": _ARRAY,
    f"{_CELL}.device.spread.resistance_cv": _ARRAY,
    f"{_CELL}.device.spread.resistance_cv.*": _ARRAY,
    f"{_CELL}.device.spread.tmr_cv": _ARRAY,
    f"{_CELL}.device.spread.tmr_cv.*": _ARRAY,
    "tile.macro.adc.errors": _ARRAY,
    "tile.macro.adc.errors.*": _ARRAY,
    "tile.macro.sense_amp.errors": _ARRAY,
    "tile.macro.sense_amp.errors.*": _ARRAY,
    "tile.macro.subarray.wires": ("circuit",),
    "tile.macro.subarray.wires.*": ("circuit",),
}
"""Paths that only errors of the arrays depend on: the fidelities that model them."""

ANSWERS = ("accuracy", "nll", "ece", "brier_score", "aurc", "predictive_entropy_nats", "rmse", "mean_iou")
"""Scores of the network's answers, which a lossy read-out spoils."""


def check_fair(plan: Plan) -> None:
    """Refuse what could only look like a result.

    Raises
    ------
    SpecError : an axis that changes nothing at this fidelity; a lossy converter whose losses are not modelled
    """
    fidelity = plan.spec.fidelity
    for axis in plan.axes:
        for path in axis.paths:
            for pattern, felt in FELT.items():
                if fidelity not in felt and fnmatchcase(path, pattern):
                    where = f"axes.{axis.name}"
                    rule = f"{path} is not felt at fidelity {fidelity}"
                    cure = f"leave it out, or choose fidelity {' or '.join(felt)}"
                    raise SpecError(plan.spec.origin(where).place(where), rule, cure=cure)
    if fidelity == "ideal" and plan.spec.sampler.budget is None:
        _check_converters(plan)


def _check_converters(plan: Plan) -> None:
    """At ideal a converter reads all sums apart, or nothing that it spoils is asked for."""
    wanted = [name for name in plan.spec.objectives if name.startswith(ANSWERS)]
    paths = {"tile.macro.adc.bits", "tile.macro.rows_active"}
    if not wanted or not paths & set(plan.columns):
        return
    context, settings = plan.context, (point.settings for point in plan.points())
    bases = {name: load_arch(path, context.overrides) for name, path in context.architectures.items()}
    for bits, rows in _read_outs(bases, plan.spec.architecture, settings):
        needed = rows.bit_length()
        if bits < needed:
            where = "axes.tile.macro.adc.bits"
            rule = (
                f"must be at least {needed} for {rows} rows where {wanted[0]} is an objective: "
                "fidelity ideal models no loss"
            )
            raise SpecError(
                plan.spec.origin(where).place(where), rule, str(bits), "choose fidelity statistical"
            )


def _read_outs(
    bases: Mapping[str, ArchSpec], default: str, settings: Iterable[Mapping[str, Any]]
) -> Iterator[tuple[int, int]]:
    """Bits and rows of each different read-out that has a converter."""
    seen = set()
    for each in settings:
        macro: MacroSpec = bases[each.get("architecture", default)].tile.macro
        own = None if macro.adc is None else macro.adc.bits
        bits = each.get("tile.macro.adc.bits", own)
        rows = each.get("tile.macro.rows_active", macro.rows_active)
        if bits is not None and (bits, rows) not in seen:
            seen.add((bits, rows))
            yield bits, rows
