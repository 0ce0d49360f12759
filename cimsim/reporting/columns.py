"""Columns of tables as people read them: what a name says, its unit, a value of it."""

from __future__ import annotations

from numbers import Real
from typing import Any

from cimsim.reporting.quantities import area, percent, printable, quantity

__all__ = ["label_of", "shown", "unit_sign"]

_SIGNS = {
    "j": "J", "s": "s", "w": "W", "v": "V", "a": "A", "m": "m", "m2": "m²", "hz": "Hz", "ohm": "Ω",
    "siemens": "S", "f": "F", "k": "K", "t": "T", "nats": "nats",
}  # fmt: skip
_FRACTIONS = frozenset({"accuracy", "baseline_accuracy", "ece", "baseline_ece", "selective_accuracy"})
_MEANINGS = {
    "accuracy": "accuracy",
    "area_m2": "area",
    "ece": "ECE",
    "energy_j": "energy per image",
    "latency_s": "latency per image",
    "nll": "NLL",
}


def unit_sign(column: str) -> str:
    """The sign of the unit that a name ends with; empty where it has none.

    Examples
    --------
    >>> unit_sign("energy_j"), unit_sign("tile.macro.adc.bits"), unit_sign("ops_per_j"), unit_sign("accuracy")
    ('J', '', '1/J', '%')
    """
    if column in _FRACTIONS:
        return "%"
    name = column.rsplit(".", 1)[-1]
    stem, _, word = name.rpartition("_")
    if not stem or word not in _SIGNS:
        return ""
    return f"1/{_SIGNS[word]}" if stem.endswith("_per") or stem == "per" else _SIGNS[word]


def label_of(column: str) -> str:
    """What a name says, without its unit: a result in words, a path of the architecture by its last two keys.

    Examples
    --------
    >>> label_of("energy_j"), label_of("leakage_power_w"), label_of("tile.macro.read_voltage_v")
    ('energy per image', 'leakage power', 'macro read voltage')
    """
    if column in _MEANINGS:
        return _MEANINGS[column]
    sign = unit_sign(column)
    name = ".".join(column.split(".")[-2:])
    if sign not in ("", "%"):
        name = name.rpartition("_")[0].removesuffix("_per")
    return printable(name.replace(".", " ").replace("_", " "))


def shown(column: str, value: Any) -> str:
    """A value with its unit and prefix.

    Examples
    --------
    >>> shown("energy_j", 1.234e-6), shown("accuracy", 0.984), shown("tile.macro.adc.bits", 5)
    ('1.23 µJ', '98.40 %', '5')
    """
    if isinstance(value, bool) or not isinstance(value, Real):
        return printable(value)
    sign, number = unit_sign(column), float(value)
    if sign == "%":
        return percent(number)
    if sign == "m²":
        return area(number)
    if sign and not sign.startswith("1/"):
        return quantity(number, sign)
    return f"{number:.4g}" if number != round(number) or abs(number) >= 1e6 else f"{number:,.0f}"
