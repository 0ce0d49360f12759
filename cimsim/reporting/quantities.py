"""Numbers as people read them: three digits and a prefix. The only place where SI prefixes appear."""

from __future__ import annotations

import math

__all__ = ["area", "count", "number", "percent", "printable", "quantity", "things"]

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
    if value == 0:
        return f"0 {unit}"
    rounded = float(f"{value:.2e}")
    exponent = min(max(3 * math.floor(math.log10(abs(rounded)) / 3), min(_PREFIXES)), max(_PREFIXES))
    return f"{_digits(rounded / 10.0**exponent)} {_PREFIXES[exponent]}{unit}"


def area(value_m2: float | None) -> str:
    """Square millimetres, or square micrometres below a hundredth of one."""
    if value_m2 is None or not math.isfinite(value_m2):
        return "—"
    return f"{_digits(value_m2 * 1e6)} mm²" if value_m2 >= 1e-8 else f"{_digits(value_m2 * 1e12)} µm²"


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


def _digits(value: float) -> str:
    magnitude = abs(value)
    if magnitude >= 99.95:
        return f"{value:,.0f}"
    if magnitude >= 9.995:
        return f"{value:.1f}"
    return f"{value:.2f}" if magnitude >= 0.995 else f"{value:.3g}"
