"""From an analog count to the code that stands for it: noise, levels, clipping; up to 64 columns at once."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cimsim._jit import fused, njit

__all__ = ["ReadOut", "compare_levels", "convert", "lowest_count", "mixed", "shake", "tally"]

Floats = NDArray[np.float32]


class ReadOut(NamedTuple):
    """What makes a code of an analog count.

    Attributes
    ----------
    gain, offset : float32 (n_steps, columns rounded up to blocks): code = gain * (count - lowest) + offset
    levels : float32 (n_steps, the same, last_code), where the code goes up, in codes; or last axis 0:
        half-way between the codes
    last_code : the codes are 0 to this
    step, span : counts a code stands for; counts that are covered, around half of the driven rows, or 0: all
    variance : of a conversion, in codes squared
    counts_ones : whether a sum is a number of single decisions
    normal : float32 (65536,), the normal numbers that noise is picked from, or (0,): no noise
    """

    gain: Floats
    offset: Floats
    levels: Floats
    last_code: int
    step: float
    span: float
    variance: float
    normal: Floats
    counts_ones: bool


@njit
def lowest_count(n_driven: int, read_out: ReadOut) -> float:
    """What code 0 stands for, where codes lie around half of the driven rows; whole where codes are."""
    found = 0.5 * (n_driven - read_out.span)
    if read_out.step == 1.0:
        found = np.floor(found)
    return found


@fused
def convert(
    total: Floats, start: int, gain: Floats, offset: Floats, column: int, n: int, last_code: int,
    lowest: float, codes: NDArray[np.int32],
) -> None:  # fmt: skip
    """Add up the codes of ``n`` columns of a position, with levels half-way between the codes."""
    width, at, c0 = np.uint64(n), np.uint64(start), np.uint64(column)
    top, least = np.float32(last_code) + np.float32(0.5), np.float32(lowest)
    for c in range(width):
        value = (total[at + c] - least) * gain[c0 + c] + offset[c0 + c] + np.float32(0.5)
        codes[at + c] += np.int32(min(max(value, np.float32(0.0)), top))


@fused
def compare_levels(
    total: Floats, start: int, gain: Floats, offset: Floats, levels: Floats, column: int, n: int,
    last_code: int, lowest: float, codes: NDArray[np.int32],
) -> None:  # fmt: skip
    """The same with levels of their own, looked for from the ideal code on."""
    width, at, c0, last = np.uint64(n), np.uint64(start), np.uint64(column), np.uint64(last_code)
    top, least = np.float32(last_code) + np.float32(0.5), np.float32(lowest)
    for c in range(width):
        value = (total[at + c] - least) * gain[c0 + c] + offset[c0 + c]
        code = np.uint64(min(max(value + np.float32(0.5), np.float32(0.0)), top))
        first = (c0 + c) * last
        while code < last and value >= levels[first + code]:
            code += np.uint64(1)
        while code > np.uint64(0) and value < levels[first + code - np.uint64(1)]:
            code -= np.uint64(1)
        codes[at + c] += np.int32(code)


@fused
def mixed(key: np.uint64) -> np.uint64:
    """Splitmix64: the random word of a counter."""
    z = (key ^ (key >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    word: np.uint64 = z ^ (z >> np.uint64(31))
    return word


@fused
def shake(
    total: Floats, spread: Floats, start: int, gain: Floats, variance: float, column: int, n: int,
    normal: Floats, key: np.uint64,
) -> None:  # fmt: skip
    """Noise of the cells and of the conversion, on ``n`` counts of a position, n a multiple of four."""
    width, at, c0 = np.uint64(n), np.uint64(start), np.uint64(column)
    of_conversion = np.float32(variance)
    for c in range(width):
        slope = gain[c0 + c]
        own = max(spread[at + c], np.float32(0.0))
        spread[at + c] = np.sqrt(own + of_conversion / (slope * slope))
    for c in range(np.uint64(0), width, np.uint64(4)):
        key += np.uint64(0x9E3779B97F4A7C15)
        word = mixed(key)
        for k in range(np.uint64(4)):
            z = normal[word >> (k << np.uint64(4)) & np.uint64(0xFFFF)]
            total[at + c + k] += spread[at + c + k] * z


@fused
def tally(
    total: Floats, spread: Floats, start: int, n: int, last_code: int, normal: Floats, key: np.uint64,
    codes: NDArray[np.int32],
) -> None:  # fmt: skip
    """Whole numbers of ones from the mean and the variance of many decisions.

    Rounding at random keeps the mean; what it adds to the variance is taken off before: the spread of a
    fraction f is f (1 - f), over many numbers a sixth.
    """
    width, at = np.uint64(n), np.uint64(start)
    for c in range(width):
        key += np.uint64(0x9E3779B97F4A7C15)
        word = mixed(key)
        mean, variance = total[at + c], max(spread[at + c], np.float32(0.0))
        part = mean - np.floor(mean)
        added = part * (np.float32(1.0) - part) if variance < np.float32(0.5) else np.float32(1.0 / 6.0)
        deviation = np.sqrt(max(variance - added, np.float32(0.0)))
        u = np.float32(word >> np.uint64(40)) * np.float32(2.0**-24)
        value = mean + deviation * normal[word & np.uint64(0xFFFF)] + u
        codes[at + c] += np.int32(min(max(value, np.float32(0.0)), np.float32(last_code)))
