"""Analog partial sums: real weights on packed word lines, a few rows at a time, each sum read out."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cimsim._jit import njit
from cimsim.sim.kernels.patterns import LANES, PAIR, TABLE, WIDTH, add_patterns, build_table
from cimsim.sim.kernels.read_out import ReadOut, compare_levels, convert, lowest_count, shake, tally

__all__ = ["QUAD_ROWS", "Cells", "make_cells", "read_steps"]

Floats = NDArray[np.float32]
Index = NDArray[np.int64]
Keys = NDArray[np.uint64]
Lines = NDArray[np.uint16]

QUAD_ROWS = 16
"""Word lines of a quad."""

_POSITIONS = 512
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


class _Part(NamedTuple):
    """Up to `_POSITIONS` positions in work.

    Attributes
    ----------
    ups, driven : (n_quads, _POSITIONS) patterns of the lines at +1, and of those that are driven at all
    every, nought : indices of all positions; as many zeros
    new, run : where each run of positions that drive the same lines begins; the run of each position
    table : of the quads in use
    zero : (WIDTH,) zeros
    start, total, spread, codes : (_POSITIONS * WIDTH,) sums of runs, counts, their variance, added codes
    base : (_POSITIONS,) counts below the lowest codes
    """

    ups: Lines
    driven: Lines
    every: Index
    nought: Index
    new: Index
    run: Index
    table: Floats
    zero: Floats
    start: Floats
    total: Floats
    spread: Floats
    codes: NDArray[np.int32]
    base: NDArray[np.float64]


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


@njit
def _make_part(n_quads: int) -> _Part:
    many = _POSITIONS * WIDTH
    return _Part(
        np.empty((n_quads, _POSITIONS), np.uint16), np.empty((n_quads, _POSITIONS), np.uint16),
        np.arange(_POSITIONS), np.zeros(_POSITIONS, np.int64), np.empty(_POSITIONS, np.int64),
        np.empty(_POSITIONS, np.int64), np.empty(PAIR * TABLE, np.float32), np.zeros(WIDTH, np.float32),
        np.empty(many, np.float32), np.empty(many, np.float32), np.zeros(many, np.float32),
        np.empty(many, np.int32), np.empty(_POSITIONS, np.float64),
    )  # fmt: skip


@njit
def _take(ups: Lines, downs: Lines, p0: int, n_rows: int, part: _Part) -> None:
    for quad in range(len(ups)):
        for p in range(n_rows):
            part.ups[quad, p] = ups[quad, p0 + p]
            part.driven[quad, p] = ups[quad, p0 + p] | downs[quad, p0 + p]


@njit
def _find_runs(driven: Lines, first: int, last: int, n_rows: int, new: Index, run: Index) -> int:
    """Runs of positions that drive the same lines: where each begins, which one each is in, how many."""
    n = 0
    for p in range(n_rows):
        quad = first
        while p > 0 and quad < last and driven[quad, p] == driven[quad, p - 1]:
            quad += 1
        if quad < last:
            new[n] = p
            n += 1
        run[p] = n - 1
    return n


@njit
def _add(
    total: Floats, before: Floats, row: Index, cells: Floats, table: Floats, lines: Lines, first: int,
    last: int, chosen: Index, every: Index, n: int, n_columns: int,
) -> None:  # fmt: skip
    """Total k: what the lines of position ``chosen[k]`` drive in some quads, added to row ``row[k]``."""
    flat, stride = lines.reshape(-1), lines.shape[1]
    for quad in range(first, last, PAIR):
        n_quads = min(PAIR, last - quad)
        for k in range(n_quads):
            build_table(table, k * TABLE, cells, quad + k, n_columns)
        for k in range(n):
            at = quad * stride + chosen[k]
            add_patterns(
                total, k * WIDTH, before, row[k] * WIDTH, table, flat, at, stride, n_quads, n_columns
            )
        before, row = total, every


@njit
def _product(
    total: Floats, cells: Cells, block: int, n_columns: int, part: _Part, first: int, last: int, n_runs: int,
    n_rows: int,
) -> None:  # fmt: skip
    """Sums (n_rows * WIDTH,) over the quads of one step.

    All driven lines as if at -1, once for each run of positions that drive the same; then those at +1.
    """
    every = part.every
    _add(
        part.start, part.zero, part.nought, cells.minus[block], part.table, part.driven, first, last,
        part.new, every, n_runs, n_columns,
    )  # fmt: skip
    _add(
        total, part.start, part.run, cells.change[block], part.table, part.ups, first, last, every, every,
        n_rows, n_columns,
    )  # fmt: skip


@njit
def _n_driven(driven: Lines, position: int, first: int, last: int) -> int:
    found = 0
    for quad in range(first, last):
        lines = np.uint64(driven[quad, position])
        for shift in range(0, 16, 4):
            found += _ONES[lines >> np.uint64(shift) & np.uint64(15)]
    return found


@njit
def _convert(
    part: _Part, step: int, block: int, n_blocks: int, columns: int, n_columns: int, first: int, last: int,
    n_rows: int, read_out: ReadOut, keys: Keys,
) -> None:  # fmt: skip
    """Noise and conversion of the counts of one row step, for a block of columns."""
    gain, offset, levels = read_out.gain[step], read_out.offset[step], read_out.levels[step].reshape(-1)
    c0, last_code = block * WIDTH, read_out.last_code
    for p in range(n_rows):
        lowest, start = 0.0, p * WIDTH
        if read_out.span > 0.0:
            lowest = lowest_count(_n_driven(part.driven, p, first, last), read_out)
            part.base[p] += lowest
        if len(keys) > 0:
            key = keys[p] + np.uint64(step * n_blocks + block) * _STRIDE
            if read_out.counts_ones:
                tally(part.total, part.spread, start, n_columns, last_code, read_out.normal, key, part.codes)
                continue
            shake(
                part.total, part.spread, start, gain, read_out.variance, c0, n_columns, read_out.normal, key
            )
        if read_out.levels.shape[2] == 0:
            convert(part.total, start, gain, offset, c0, n_columns, last_code, lowest, part.codes)
        else:
            n = min(WIDTH, columns - c0)
            compare_levels(part.total, start, gain, offset, levels, c0, n, last_code, lowest, part.codes)


@njit
def _store(part: _Part, step: float, p0: int, n_rows: int, c0: int, counts: NDArray[np.int32]) -> None:
    """Counts of the added codes, rounded once."""
    for p in range(n_rows):
        for c in range(min(WIDTH, counts.shape[1] - c0)):
            counts[p0 + p, c0 + c] = np.int32(np.floor(part.base[p] + step * part.codes[p * WIDTH + c] + 0.5))


@njit
def read_steps(
    ups: Lines,
    downs: Lines,
    counts_of: Cells,
    variance_of: Cells,
    first_quad: Index,
    read_out: ReadOut,
    keys: Keys,
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
    n_blocks, n_positions = len(counts_of.minus), len(counts)
    part, has_noise = _make_part(len(ups)), len(keys) > 0
    for p0 in range(0, n_positions, _POSITIONS):
        n_rows = min(_POSITIONS, n_positions - p0)
        _take(ups, downs, p0, n_rows, part)
        for block in range(n_blocks):
            left = counts.shape[1] - block * WIDTH
            n_columns = min(WIDTH, (left + LANES - 1) // LANES * LANES)
            part.base[:] = 0.0
            part.codes[:] = 0
            for s in range(len(first_quad) - 1):
                first, last = first_quad[s], first_quad[s + 1]
                n_runs = _find_runs(part.driven, first, last, n_rows, part.new, part.run)
                _product(part.total, counts_of, block, n_columns, part, first, last, n_runs, n_rows)
                if has_noise and len(variance_of.minus) == 0:
                    part.spread[:] = 0.0
                elif has_noise:
                    _product(part.spread, variance_of, block, n_columns, part, first, last, n_runs, n_rows)
                own = keys[p0 : p0 + n_rows] if has_noise else keys
                _convert(
                    part, s, block, n_blocks, counts.shape[1], n_columns, first, last, n_rows, read_out, own
                )
            _store(part, read_out.step, p0, n_rows, block * WIDTH, counts)
