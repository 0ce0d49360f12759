"""Axes that a fidelity cannot feel, and answers it gives away for nothing: refused, not swept."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from itertools import islice
from typing import Any

from cimsim.arch.vary import Variations
from cimsim.errors import SpecError
from cimsim.sweep.context import Context
from cimsim.sweep.plan import Plan
from cimsim.sweep.samplers import points_of
from cimsim.sweep.spec import SweepSpec
from cimsim.sweep.wishes import constraints_of

__all__ = ["ANSWERS", "FELT", "check_fair"]

_CELL = "tile.macro.subarray.cell"
_BITS, _ROWS = "tile.macro.adc.bits", "tile.macro.rows_active"
_MAX_COMBINATIONS = 100_000
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
    if fidelity == "ideal":
        _check_converters(plan)


def _check_converters(plan: Plan) -> None:
    """At ideal a converter reads all sums apart, or nothing that it spoils is asked for."""
    wanted, axes = _wanted(plan.spec), [axis for axis in plan.axes if any(map(_sets_read_out, axis.paths))]
    if not wanted or not axes:
        return
    for bits, rows in _read_outs(plan.context, plan.spec.architecture, _settings(plan)):
        needed = rows.bit_length()
        if bits < needed:
            of_bits = (axis for axis in axes if any(_covers(path, _BITS) for path in axis.paths))
            where = f"axes.{next(of_bits, axes[0]).name}"
            rule = f"must be at least {needed} for {rows} rows where {wanted}: fidelity ideal models no loss"
            if not where.endswith(_BITS):
                rule = f"{_BITS} {rule}"
            raise SpecError(
                plan.spec.origin(where).place(where), rule, str(bits), "choose fidelity statistical"
            )


def _wanted(spec: SweepSpec) -> str:
    """The first objective or limit that lossy sums would spoil, in words; empty where there is none."""
    found = [f"{name} is an objective" for name in spec.objectives if name.startswith(ANSWERS)]
    limits = [limit.column for limit in constraints_of(spec)]
    found += [f"{name} has a limit" for name in limits if name.startswith(ANSWERS)]
    return next(iter(found), "")


def _covers(path: str, target: str) -> bool:
    """Whether a setting is the target, or a part of the chip (or all of it) that holds the target."""
    return path == "architecture" or f"{target}.".startswith(f"{path}.")


def _sets_read_out(path: str) -> bool:
    return _covers(path, _BITS) or _covers(path, _ROWS)


def _settings(plan: Plan) -> Iterator[Mapping[str, Any]]:
    """Of all points; of a search what it may ask of the axes that matter, ends for ranges."""
    if plan.spec.sampler.budget is None:
        yield from (point.settings for point in plan.points())
        return
    asked = {path for axis in plan.axes for path in axis.when}
    axes = [
        axis if axis.span is None else replace(axis, choices=((axis.span.at(0),), (axis.span.at(1),)))
        for axis in plan.axes
        if any(path in asked or _sets_read_out(path) for path in axis.paths)
    ]
    yield from islice(points_of("grid", axes, None, 0), _MAX_COMBINATIONS)


def _read_outs(
    context: Context, default: str, settings: Iterable[Mapping[str, Any]]
) -> Iterator[tuple[int, int]]:
    """Bits and rows of each different read-out that has a converter."""
    seen = set()
    around = {name: Variations(path, context.overrides) for name, path in context.architectures.items()}
    for each in settings:
        chip = each.get("architecture", default)
        parts = {path: value for path, value in each.items() if _sets_read_out(path)}
        key = json.dumps([chip, parts], sort_keys=True)
        if key not in seen:
            seen.add(key)
            yield from _read_out(around[chip], {k: v for k, v in parts.items() if k != "architecture"})


def _read_out(around: Variations, settings: Mapping[str, Any]) -> Iterator[tuple[int, int]]:
    """Bits and rows of a chip; none where it has no converter or cannot be."""
    own = {path: value for path, value in settings.items() if path in (_BITS, _ROWS)}
    try:
        macro = around.at({path: value for path, value in settings.items() if path not in own}).tile.macro
    except SpecError:
        return
    bits = own.get(_BITS, None if macro.adc is None else macro.adc.bits)
    if bits is not None:
        yield bits, own.get(_ROWS, macro.rows_active)
