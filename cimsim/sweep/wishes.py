"""What a sweep wants, read and compared with the columns there can be before a point is computed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from typing import Any

from cimsim.arch.registry import COMPONENTS
from cimsim.errors import InputError, closest
from cimsim.sweep.constraints import Constraint, parse_constraint
from cimsim.sweep.plan import Plan
from cimsim.sweep.spec import SweepSpec

__all__ = ["SUMMARY", "check_answers", "check_table", "check_wishes", "constraints_of"]

_SETTINGS = (
    "architecture", "workload", "dataset", "fidelity", "n_images", "n_mc_samples", "n_instances",
    "mc_schedule", "seed", "dropout_p", "array_errors_modelled", "warnings",
)  # fmt: skip
_COSTS = (
    "latency_s", "latency_p5_s", "latency_p95_s", "throughput_images_per_s", "limited_by", "limited_by_busy",
    "energy_by_component", "write_error_rate", "write_pulses", "calibration_bits", "calibration_s",
    "read_overdrive", "images_until_disturbed", "retention_s", "memory_bits", "n_random_bits",
    "n_stochastic_units", "n_conversions",
)  # fmt: skip
_RANGES = {
    "j": ("energy", "energy_stream", "energy_stochastic", "program_energy", "calibration_energy"),
    "w": ("power", "leakage_power"),
    "m2": ("area", "area_stochastic"),
    "per_j": ("ops", "nominal_ops"),
}
_OF_CHIPS = ("accuracy", "nll", "ece", "mean_iou", "pixel_accuracy", "rmse")
_SCORES = (
    *_OF_CHIPS, "accuracy_low", "accuracy_high", "brier_score", "aurc", "predictive_entropy_nats",
    "mutual_information_nats", "accuracy_mc_se", "nll_mc_se", "ece_mc_se", "baseline_accuracy",
    "baseline_nll", "baseline_ece", "baseline_brier_score", "baseline_aurc",
)  # fmt: skip

SUMMARY: frozenset[str] = frozenset(
    [
        *_SETTINGS,
        *_COSTS,
        *_SCORES,
        *(
            f"{name}{end}_{unit}"
            for unit, of in _RANGES.items()
            for name in of
            for end in ("", "_low", "_high")
        ),
        *(f"{name}_chips_{word}" for name, word in product(_OF_CHIPS, ("mean", "min", "max"))),
    ]
)
"""Keys of ``summary.json``, of all tasks; a column of the table is one of them, or ``key.more``."""

_WORDS = frozenset(
    ["architecture", "workload", "dataset", "fidelity", "mc_schedule", "limited_by", "warnings"]
)
_PARTS = {"energy_by_component": "energy_by_component.adc.energy_j", "dropout_p": "dropout_p.bn1"}
"""Keys that hold more than a number, and how one of theirs is named."""
_CONSUMERS = (*(kind.name for kind in COMPONENTS), "leakage")


def constraints_of(spec: SweepSpec) -> list[Constraint]:
    """The limits of a sweep.

    Raises
    ------
    InputError : with the line of one that cannot be read
    """
    places = (f"constraints.{i}" for i in range(len(spec.constraints)))
    return [
        parse_constraint(text, spec.origin(where).place(where))
        for where, text in zip(places, spec.constraints, strict=True)
    ]


def check_wishes(plan: Plan) -> None:
    """Refuse objectives and constraints that no point could answer.

    Raises
    ------
    InputError : with the line of one that cannot be read, or names what no point has
    """
    known, words = SUMMARY.union(plan.columns), _words(plan)
    for place, name, is_number in _asked(plan.spec):
        if name not in known and name.partition(".")[0] not in _PARTS:
            raise _no_column(place, name, known)
        key, _, part = name.partition(".")
        if key == "energy_by_component" and part and part.partition(".")[0] not in _CONSUMERS:
            raise _no_column(place, name, [f"{key}.{consumer}.energy_j" for consumer in _CONSUMERS])
        if name in _PARTS:
            raise InputError(place, f"{name} is not a number but has parts", cure=f"such as {_PARTS[name]}")
        if is_number and name in words:
            raise _no_number(place, name)


def check_answers(plan: Plan, summary: Mapping[str, Any]) -> None:
    """Refuse scores that the answers do not have, given the first summary there is.

    Nothing is said where points may differ in what scores they have.

    Raises
    ------
    InputError : with the line of one that is not there
    """
    if not {"workload", "n_instances"}.isdisjoint(plan.columns):
        return
    for place, name, _ in _asked(plan.spec):
        if name in SUMMARY and name not in (*_SETTINGS, *_COSTS, *summary):
            raise _no_column(place, name, summary)


def check_table(plan: Plan, types: Mapping[str, type]) -> None:
    """Refuse what no point of a whole table has, or has as text.

    Parameters
    ----------
    types : of the columns

    Raises
    ------
    InputError : with the line of it
    """
    for place, name, is_number in _asked(plan.spec):
        if name not in types:
            raise _no_column(place, name, types)
        if is_number and types[name] is str:
            raise _no_number(place, name)


def _words(plan: Plan) -> set[str]:
    """Columns that hold text, as far as that is known beforehand."""
    choices = [dict(zip(axis.paths, choice, strict=True)) for axis in plan.axes for choice in axis.choices]
    of_axes = {path for each in choices for path, value in each.items() if isinstance(value, str | Mapping)}
    return of_axes | _WORDS.difference(plan.columns)


def _asked(spec: SweepSpec) -> Iterator[tuple[str, str, bool]]:
    """Place and column of every wish, and whether it takes a number."""
    for name in spec.objectives:
        where = f"objectives.{name}"
        yield spec.origin(where).place(where), name, True
    for i, limit in enumerate(constraints_of(spec)):
        where = f"constraints.{i}"
        yield spec.origin(where).place(where), limit.column, not isinstance(limit.limit, str)


def _no_number(place: str, name: str) -> InputError:
    return InputError(place, f"must name a number, which {name} is not")


def _no_column(place: str, name: str, known: Iterable[str]) -> InputError:
    return InputError(place, f"{name} is no column of the results", cure=closest(name, known))
