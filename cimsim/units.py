"""Units at the boundary: the last word of a name is its SI unit; "5 ns" becomes a number."""

from __future__ import annotations

import math
import re

__all__ = [
    "DIMENSIONLESS",
    "SUFFIXES",
    "is_unit_text",
    "parse_number",
    "parse_quantity",
    "short",
    "to_femtoseconds",
    "unit_of",
]

SUFFIXES = {
    "s": "second",
    "fs": "femtosecond",
    "hz": "hertz",
    "j": "joule",
    "w": "watt",
    "v": "volt",
    "a": "ampere",
    "ohm": "ohm",
    "siemens": "siemens",
    "m": "meter",
    "m2": "meter**2",
    "f": "farad",
    "c": "coulomb",
    "k": "kelvin",
    "t": "tesla",
    "a_per_m": "ampere/meter",
    "a_per_m2": "ampere/meter**2",
    "f_per_m": "farad/meter",
    "j_per_m2": "joule/meter**2",
    "j_per_m3": "joule/meter**3",
    "j_per_v_m": "joule/volt/meter",
    "j_s": "joule*second",
    "ohm_m2": "ohm*meter**2",
}
"""Last word (or words) of a name, and the SI unit it promises."""

DIMENSIONLESS = frozenset(
    {
        "access_cv",
        "activity_factor",
        "ageing_per_decade",
        "anisotropy_exponent",
        "bias_spread",
        "critical_asymmetry",
        "critical_cv",
        "cycle_cv",
        "damping",
        "decoder_fraction",
        "delta",
        "delta_cv",
        "deviation_high",
        "deviation_low",
        "driver_overhead",
        "exponent_high",
        "exponent_low",
        "gain_cv",
        "gain_spread",
        "inl_steps",
        "level_error",
        "lost_bits",
        "magnetisation_exponent",
        "noise_steps",
        "offset_steps",
        "polarisation",
        "polarisation_loss",
        "read_noise",
        "regulator_efficiency",
        "resistance_cv",
        "signal_cv",
        "stuck_antiparallel",
        "stuck_parallel",
        "tmr_cv",
        "tmr_zero_bias",
        "track_cv",
    }
)
"""Names of real numbers that carry no unit: ratios and fractions from 0 to 1 (never percent)."""

_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?", re.ASCII)
_WORD = r"[A-Za-zµμΩ]{1,16}(\^-?[1-9])?"
_UNIT = re.compile(rf"{_WORD}( ?[*/ ] ?{_WORD}){{0,5}}", re.ASCII)


def unit_of(name: str) -> str | None:
    """The SI unit that a name promises, or None where it promises none.

    Examples
    --------
    >>> unit_of("ra_product_ohm_m2"), unit_of("energy_j"), unit_of("n_rows")
    ('ohm*meter**2', 'joule', None)
    """
    words = name.split("_")
    for start in range(1, len(words)):
        suffix = "_".join(words[start:])
        if suffix in SUFFIXES:
            return SUFFIXES[suffix]
    return None


def parse_number(text: str) -> float | None:
    """A finite decimal number (``5e-9`` too), or None: no ``1_0``, ``.nan``, ``inf`` or ``0x10``."""
    if not _NUMBER.fullmatch(text):
        return None
    number = float(text)
    return number if math.isfinite(number) else None


def is_unit_text(text: str) -> bool:
    """Whether a text looks like a number followed by a unit."""
    return _split(text) is not None


def parse_quantity(text: str, unit: str) -> float:
    """``"5 ns"`` as a number of ``unit``.

    Raises
    ------
    ValueError
        where the text is no number with a unit, or the unit measures something else; the message says which.
    """
    parts = _split(text)
    if parts is None:
        raise ValueError("is not a number with a unit")
    import pint

    registry = pint.application_registry
    try:
        found = registry.Quantity(parts[0], registry.parse_units(parts[1])).to(unit)
    except pint.DimensionalityError as error:
        raise ValueError(f"must be in units of {unit}") from error
    except (pint.PintError, ArithmeticError, AssertionError, AttributeError, SyntaxError, TypeError) as error:
        raise ValueError("has a unit that is not known") from error
    number = float(found.magnitude)
    if not math.isfinite(number):
        raise ValueError("is too large")
    return float(f"{number:.15g}")


def short(number: float) -> str:
    """A number of a rule, as people write it: ``1e6``, ``0.9``.

    Examples
    --------
    >>> short(1e6), short(5e-9), short(0.9)
    ('1e6', '5e-9', '0.9')
    """
    mantissa, exponent, power = f"{number:g}".partition("e")
    return f"{mantissa}e{int(power)}" if exponent else mantissa


def to_femtoseconds(latency_s: float) -> int:
    """Engine time of a latency: the one place where seconds are rounded."""
    return round(latency_s * 1e15)


def _split(text: str) -> tuple[float, str] | None:
    head = _NUMBER.match(text)
    if head is None or not _UNIT.fullmatch(text[head.end() :].strip()):
        return None
    number = parse_number(head.group())
    return None if number is None else (number, text[head.end() :].strip())
