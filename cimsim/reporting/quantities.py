"""Numbers as people read them: three digits and a prefix. The only place where SI prefixes appear."""

from __future__ import annotations

import math

__all__ = ["area", "count", "number", "percent", "printable", "quantity", "ranged", "things"]

_PREFIXES = {-18: "a", -15: "f", -12: "p", -9: "n", -6: "µ", -3: "m", 0: "", 3: "k", 6: "M", 9: "G", 12: "T"}


def quantity(value: float | None, unit: str) -> str:
    """``1.234e-6, "J"`` gives ``1.23 µJ``; a number that is missing or not finite gives a dash.

    Examples
    --------
    >>> quantity(9.996e-4, "s"), quantity(0.0, "W"), quantity(None, "J")
    ('1.00 ms', '0 W', '—')
    """
    if value is None or not math.isfinite(value):
        return "—"
    divisor, name = _scale(value, unit)
    return f"{_digits(_rounded(value) / divisor)} {name}"


def area(value_m2: float | None) -> str:
    """Square millimetres, or square micrometres below a hundredth of one."""
    if value_m2 is None or not math.isfinite(value_m2):
        return "—"
    divisor, name = _scale(value_m2, "m²")
    return f"{_digits(value_m2 / divisor)} {name}"


def ranged(value: float | None, low: float | None, high: float | None, unit: str) -> str:
    """A quantity (or an area, in ``m²``) with its range, all in the unit of the value.

    Where there is no range, or none in the digits shown, the quantity alone.

    Examples
    --------
    >>> ranged(7.61e-7, 6.2e-7, 9.4e-7, "J"), ranged(1e-9, 3.3e-10, 3e-9, "W"), ranged(2.0, None, None, "J")
    ('761 nJ (620 to 940)', '1.00 nW (0.33 to 3.00)', '2.00 J')
    """
    alone = area(value) if unit == "m²" else quantity(value, unit)
    if value is None or low is None or high is None or not all(map(math.isfinite, (value, low, high))):
        return alone
    divisor, _ = _scale(value, unit)
    ends = [_digits(_rounded(end) / divisor) for end in (low, high)]
    return alone if ends[0] == ends[1] else f"{alone} ({ends[0]} to {ends[1]})"


def count(value: float | None) -> str:
    """A number of things: ``5,000``; means of counts keep three digits."""
    if value is None or not math.isfinite(value):
        return "—"
    return f"{value:,.0f}" if value == round(value) or abs(value) >= 1000 else _digits(value)


def things(n: int, thing: str) -> str:
    """``1 subarray``, ``2 subarrays``."""
    return f"{n:,} {thing}" if n == 1 else f"{n:,} {thing}s"


def number(value: float | None, form: str) -> str:
    """A bare number in a format like ``.4f``; one that is missing or not finite gives a dash."""
    return "—" if value is None or not math.isfinite(value) else format(value, form)


def percent(fraction: float | None, digits: int = 2) -> str:
    """A fraction as ``98.42 %``; one that would round to nothing as ``<0.01 %``."""
    if fraction is None or not math.isfinite(fraction):
        return "—"
    least = 10.0**-digits
    return f"<{least:g} %" if 0 < 100 * fraction < least / 2 else f"{100 * fraction:.{digits}f} %"


def printable(text: object) -> str:
    """One safe line: control characters of names out of files are shown escaped."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in str(text))


def _scale(value: float, unit: str) -> tuple[float, str]:
    """What to divide a value by, and the unit that it is in then."""
    if unit == "m²":
        return (1e-6, "mm²") if value >= 1e-8 else (1e-12, "µm²")
    if value == 0:
        return 1.0, unit
    exponent = 3 * math.floor(math.log10(abs(_rounded(value))) / 3)
    exponent = min(max(exponent, min(_PREFIXES)), max(_PREFIXES))
    return 10.0**exponent, _PREFIXES[exponent] + unit


def _rounded(value: float) -> float:
    return float(f"{value:.2e}")


def _digits(value: float) -> str:
    magnitude = abs(value)
    if magnitude >= 99.95:
        return f"{value:,.0f}"
    if magnitude >= 9.995:
        return f"{value:.1f}"
    return f"{value:.2f}" if magnitude >= 0.995 else f"{value:.3g}"
