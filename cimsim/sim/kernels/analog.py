"""Analog partial sums: real weights on packed word lines, a few rows at a time, each sum read out.

Four word lines make a nibble. For each of its patterns a row of a small table holds what the four cells of 64
columns add, so that one addition stands for four cells; four nibbles, a quad, are added at once.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cimsim._jit import fused, njit

__all__ = ["QUAD_ROWS", "WIDTH", "Cells", "ReadOut", "lowest_count", "make_cells", "mixed", "read_steps"]

Floats = NDArray[np.float32]
Lines = NDArray[np.uint16]

WIDTH = 64
"""Columns of a block."""

QUAD_ROWS = 16
"""Word lines of a quad."""

_POSITIONS = 512
_TABLE = 16 * WIDTH
_STRIDE = np.uint64(0xD1B54A32D192ED03)
_ONES = np.array([bin(k).count("1") for k in range(16)], np.int64)


class Cells(NamedTuple):
    """What the cells of a layer add to a sum, in blocks of columns; 0 where no cell is.

    Attributes
    ----------
    minus : float32 (blocks, n_slots * WIDTH), driven with -1
    change : by how much more when driven with +1
    """

    minus: Floats
    change: Floats


class ReadOut(NamedTuple):
    """What makes a code of an analog count.

    Attributes
    ----------
    gain, offset : float32 (n_steps, blocks * WIDTH): code = gain * (count - lowest) + offset
    levels : float32 (n_steps, blocks * WIDTH, last_code), where the code goes up, in codes; or last axis 0:
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


def make_cells(plus: Floats, minus: Floats) -> Cells:
    """From float32 (n_slots, columns), what cells add when driven with +1 and with -1."""
    n_slots, columns = plus.shape
    blocks = -(-columns // WIDTH)

    def in_blocks(values: Floats) -> Floats:
        padded = np.zeros((n_slots, blocks * WIDTH), np.float32)
        padded[:, :columns] = values
        by_block = padded.reshape(n_slots, blocks, WIDTH).transpose(1, 0, 2)
        return np.ascontiguousarray(by_block).reshape(blocks, -1)

    return Cells(in_blocks(minus), in_blocks(plus - minus))


@fused
def _build(table: Floats, cells: Floats, quad: int) -> None:
    """Rows of all patterns of a quad: the cells of its lines that are 1."""
    width, size = np.uint64(WIDTH), np.uint64(_TABLE)
    for nibble in range(np.uint64(4)):
        first, number = nibble * size, np.uint64(4 * quad) + nibble
        for c in range(width):
            table[first + c] = np.float32(0.0)
        for bit in range(np.uint64(4)):
            cell = (np.uint64(4) * number + bit) * width
            half = width << bit
            for pattern in range(np.uint64(1) << bit):
                source = first + pattern * width
                for c in range(width):
                    table[source + half + c] = table[source + c] + cells[cell + c]


@fused
def _add(total: Floats, row: Any, table: Floats, quad: Any) -> None:
    """Add the rows of a quad's patterns to a position's totals."""
    width, size, low = np.uint64(WIDTH), np.uint64(_TABLE), np.uint64(15)
    at = row * width
    a = (quad & low) * width
    b = (quad >> np.uint64(4) & low) * width + size
    c = (quad >> np.uint64(8) & low) * width + size + size
    d = (quad >> np.uint64(12)) * width + size + size + size
    for k in range(width):
        total[at + k] += (table[a + k] + table[b + k]) + (table[c + k] + table[d + k])


@fused
def _add_all(total: Floats, table: Floats, lines: Lines, start: int, n_rows: int) -> None:
    for p in range(np.uint64(n_rows)):
        _add(total, p, table, np.uint64(lines[np.uint64(start) + p]))


@njit
def _find_new(
    ups: Lines, downs: Lines, first: int, last: int, p0: int, n_rows: int, new: NDArray[np.int64]
) -> int:
    """Positions whose driven lines are not those of the position before; how many there are."""
    n = 0
    for p in range(n_rows):
        is_new = p == 0
        for quad in range(first, last if p else first):
            at = p0 + p
            is_new |= (ups[quad, at] | downs[quad, at]) != (ups[quad, at - 1] | downs[quad, at - 1])
        if is_new:
            new[n] = p
            n += 1
    return n


@njit
def _product(
    total: Floats, table: Floats, cells: Cells, block: int, ups: Lines, downs: Lines,
    first: int, last: int, new: NDArray[np.int64], n_new: int, p0: int, n_rows: int,
) -> None:  # fmt: skip
    """Sums (n_rows * WIDTH,) of positions p0.. over the quads of one step.

    All driven lines as if at -1, once for each run of positions that drive the same; then those at +1.
    """
    minus, change = cells.minus[block], cells.change[block]
    total[: n_rows * WIDTH] = 0.0
    for quad in range(first, last):
        _build(table, minus, quad)
        up, down = ups[quad], downs[quad]
        for k in range(n_new):
            _add(total, np.uint64(new[k]), table, np.uint64(up[p0 + new[k]] | down[p0 + new[k]]))
    for k in range(n_new):
        source = new[k] * WIDTH
        end = new[k + 1] if k + 1 < n_new else n_rows
        for p in range(new[k] + 1, end):
            total[p * WIDTH : (p + 1) * WIDTH] = total[source : source + WIDTH]
    for quad in range(first, last):
        _build(table, change, quad)
        _add_all(total, table, ups[quad], p0, n_rows)


@njit
def lowest_count(n_driven: int, read_out: ReadOut) -> float:
    """What code 0 stands for, where codes lie around half of the driven rows; whole where codes are."""
    found = 0.5 * (n_driven - read_out.span)
    if read_out.step == 1.0:
        found = np.floor(found)
    return found


@fused
def _convert(
    total: Floats, start: int, gain: Floats, offset: Floats, column: int, last_code: int, lowest: float,
    codes: NDArray[np.int32],
) -> None:  # fmt: skip
    """Add up the codes of one position's counts, with levels half-way between the codes."""
    width, at, c0 = np.uint64(WIDTH), np.uint64(start), np.uint64(column)
    top, least = np.float32(last_code) + np.float32(0.5), np.float32(lowest)
    for c in range(width):
        value = (total[at + c] - least) * gain[c0 + c] + offset[c0 + c] + np.float32(0.5)
        codes[at + c] += np.int32(min(max(value, np.float32(0.0)), top))


@fused
def _compare(
    total: Floats, start: int, gain: Floats, offset: Floats, levels: Floats, column: int, n: int,
    last_code: int, lowest: float, codes: NDArray[np.int32],
) -> None:  # fmt: skip
    """The same for ``n`` columns with levels of their own, looked for from the ideal code on."""
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
def _shake(
    total: Floats, spread: Floats, start: int, gain: Floats, variance: float, column: int, normal: Floats,
    key: np.uint64,
) -> None:  # fmt: skip
    """Noise of the cells and of the conversion, on one position's counts."""
    width, at, c0 = np.uint64(WIDTH), np.uint64(start), np.uint64(column)
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
def _tally(
    total: Floats, spread: Floats, start: int, last_code: int, normal: Floats, key: np.uint64,
    codes: NDArray[np.int32],
) -> None:  # fmt: skip
    """Whole numbers of ones from the mean and the variance of many decisions.

    Rounding at random keeps the mean; what it adds to the variance is taken off before: the spread of a
    fraction f is f (1 - f), over many numbers a sixth.
    """
    width, at = np.uint64(WIDTH), np.uint64(start)
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


@njit
def _n_driven(ups: Lines, downs: Lines, position: int, first: int, last: int) -> int:
    found = 0
    for quad in range(first, last):
        lines = np.uint64(ups[quad, position] | downs[quad, position])
        for shift in range(0, 16, 4):
            found += _ONES[lines >> np.uint64(shift) & np.uint64(15)]
    return found


@njit
def _store(codes: NDArray[np.int32], base: NDArray[np.float64], step: float, p0: int, n_rows: int, c0: int,
           counts: NDArray[np.int32]) -> None:  # fmt: skip
    """Counts of the added codes, rounded once."""
    for p in range(n_rows):
        for c in range(min(WIDTH, counts.shape[1] - c0)):
            counts[p0 + p, c0 + c] = np.int32(np.floor(base[p] + step * codes[p * WIDTH + c] + 0.5))


@njit
def _read_out(
    total: Floats, spread: Floats, step: int, block: int, n_blocks: int, columns: int, ups: Lines,
    downs: Lines, first: int, last: int, p0: int, n_rows: int, read_out: ReadOut, keys: NDArray[np.uint64],
    base: NDArray[np.float64], codes: NDArray[np.int32],
) -> None:  # fmt: skip
    """Noise and conversion of the counts of one row step, for a block of columns."""
    gain, offset, levels = read_out.gain[step], read_out.offset[step], read_out.levels[step].reshape(-1)
    c0, last_code = block * WIDTH, read_out.last_code
    for p in range(n_rows):
        lowest, start = 0.0, p * WIDTH
        if read_out.span > 0.0:
            lowest = lowest_count(_n_driven(ups, downs, p0 + p, first, last), read_out)
            base[p] += lowest
        if len(keys) > 0:
            key = keys[p0 + p] + np.uint64(step * n_blocks + block) * _STRIDE
            if read_out.counts_ones:
                _tally(total, spread, start, last_code, read_out.normal, key, codes)
                continue
            _shake(total, spread, start, gain, read_out.variance, c0, read_out.normal, key)
        if read_out.levels.shape[2] == 0:
            _convert(total, start, gain, offset, c0, last_code, lowest, codes)
        else:
            n = min(WIDTH, columns - c0)
            _compare(total, start, gain, offset, levels, c0, n, last_code, lowest, codes)


@njit
def read_steps(
    ups: Lines,
    downs: Lines,
    counts_of: Cells,
    variance_of: Cells,
    first_quad: NDArray[np.int64],
    read_out: ReadOut,
    keys: NDArray[np.uint64],
    counts: NDArray[np.int32],
) -> None:
    """Counts of agreeing cells as the read-out tells them, added over the row steps.

    Parameters
    ----------
    ups, downs : uint16 (n_quads, n_positions), word lines driven with +1, with -1; bit 0 is a quad's first
    counts_of : what cells add to a count, nominally 1 where they agree and 0 where not
    variance_of : what they add to its variance, or no blocks
    first_quad : int64 (n_steps + 1,), where each row step begins
    keys : (n_positions,) seeds of the noise of each position, or (0,) for none
    counts : int32 (n_positions, columns), the result
    """
    n_positions = len(counts)
    has_noise = len(keys) > 0
    table = np.empty(4 * _TABLE, np.float32)
    total, spread = np.empty(_POSITIONS * WIDTH, np.float32), np.zeros(_POSITIONS * WIDTH, np.float32)
    codes, base = np.empty(_POSITIONS * WIDTH, np.int32), np.empty(_POSITIONS, np.float64)
    new = np.empty(_POSITIONS, np.int64)
    for p0 in range(0, n_positions, _POSITIONS):
        n_rows = min(_POSITIONS, n_positions - p0)
        for block in range(len(counts_of.minus)):
            base[:] = 0.0
            codes[:] = 0
            for s in range(len(first_quad) - 1):
                first, last = first_quad[s], first_quad[s + 1]
                n_new = _find_new(ups, downs, first, last, p0, n_rows, new)
                _product(total, table, counts_of, block, ups, downs, first, last, new, n_new, p0, n_rows)
                if has_noise and len(variance_of.minus) == 0:
                    spread[:] = 0.0
                elif has_noise:
                    _product(
                        spread, table, variance_of, block, ups, downs, first, last, new, n_new, p0, n_rows
                    )
                _read_out(
                    total, spread, s, block, len(counts_of.minus), counts.shape[1], ups, downs, first, last,
                    p0, n_rows, read_out, keys, base, codes,
                )  # fmt: skip
            _store(codes, base, read_out.step, p0, n_rows, block * WIDTH, counts)
