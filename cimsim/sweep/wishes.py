"""What a sweep wants, read and compared with the columns there can be before a point is computed."""

from __future__ import annotations

from itertools import product

from cimsim.errors import InputError, closest
from cimsim.sweep.constraints import Constraint, parse_constraint
from cimsim.sweep.plan import Plan
from cimsim.sweep.spec import SweepSpec

__all__ = ["SUMMARY", "check_wishes", "constraints_of"]

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
    spec, columns = plan.spec, SUMMARY.union(plan.columns)
    asked = [(f"objectives.{name}", name) for name in spec.objectives]
    asked += [(f"constraints.{i}", limit.column) for i, limit in enumerate(constraints_of(spec))]
    for where, name in asked:
        if name not in columns and name.partition(".")[0] not in SUMMARY:
            place, cure = spec.origin(where).place(where), closest(name, sorted(columns))
            raise InputError(place, f"{name} is no column of the results", cure=cure)
