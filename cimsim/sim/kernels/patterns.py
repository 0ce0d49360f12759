"""The innermost loop of analog sums: 64 columns of a position, sixteen word lines at a time.

Four word lines make a nibble. For each of its patterns a row of a small table holds what the four cells of 64
columns add, so that one addition stands for four cells; the four nibbles of a quad are added at once.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cimsim._jit import fused, intrinsic, ir, types

__all__ = ["PAIR", "TABLE", "WIDTH", "add_patterns", "build_table"]

Floats = NDArray[np.float32]
Lines = NDArray[np.uint16]

WIDTH = 64
"""Columns of a block."""

TABLE = 4 * 16 * WIDTH
"""Numbers in the table of a quad."""

PAIR = 2
"""Quads whose tables are in use at once: as many as the first cache holds."""

_NIBBLES, _PATTERNS, _LANES = 4, 16, 16


@fused
def build_table(table: Floats, first: int, cells: Floats, quad: int) -> None:
    """Rows of all patterns of a quad, from ``first`` on: the cells of its lines that are 1."""
    width, size, start = np.uint64(WIDTH), np.uint64(_PATTERNS * WIDTH), np.uint64(first)
    for nibble in range(np.uint64(_NIBBLES)):
        row, number = start + nibble * size, np.uint64(_NIBBLES * quad) + nibble
        for c in range(width):
            table[row + c] = np.float32(0.0)
        for bit in range(np.uint64(4)):
            cell = (np.uint64(4) * number + bit) * width
            half = width << bit
            for pattern in range(np.uint64(1) << bit):
                source = row + pattern * width
                for c in range(width):
                    table[source + half + c] = table[source + c] + cells[cell + c]


def add_patterns_plain(
    total: Floats, at: int, before: Floats, start: int, table: Floats, lines: Lines, first: int, stride: int,
    n_quads: int,
) -> None:  # fmt: skip
    """The cells of a position's driven lines, added to 64 numbers at ``start``, into 64 totals at ``at``.

    Parameters
    ----------
    table : of the quads, one behind the other
    lines : the pattern of quad k is at ``first + k * stride``
    """
    rows = table.reshape(-1, _NIBBLES, _PATTERNS, WIDTH)
    total[at : at + WIDTH] = before[start : start + WIDTH]
    for k in range(n_quads):
        word = int(lines[first + k * stride])
        a, b, c, d = (rows[k, nibble, word >> 4 * nibble & 15] for nibble in range(_NIBBLES))
        total[at : at + WIDTH] += (a + b) + (c + d)


def _load(builder: Any, pointer: Any, vector: Any) -> Any:
    value = builder.load(builder.bitcast(pointer, vector.as_pointer()))
    value.align = 4
    return value


def _emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    """Totals stay in registers while the quads are added."""
    index, vector = ir.IntType(64), ir.VectorType(ir.FloatType(), _LANES)
    total, before, table, lines = (
        context.make_array(signature.args[i])(context, builder, arguments[i]).data for i in (0, 2, 4, 5)
    )
    at, start, first, stride, n_quads = (arguments[i] for i in (1, 3, 6, 7, 8))
    columns, entry = [index(lane) for lane in range(0, WIDTH, _LANES)], builder.block
    found = [_load(builder, builder.gep(before, [builder.add(start, lane)]), vector) for lane in columns]
    loop, done = (builder.append_basic_block(name) for name in ("quads", "done"))
    builder.branch(loop)

    builder.position_at_end(loop)
    quad, sums = builder.phi(index), [builder.phi(vector) for _ in columns]
    word = builder.zext(
        builder.load(builder.gep(lines, [builder.add(first, builder.mul(quad, stride))])), index
    )
    rows = []
    for nibble in range(_NIBBLES):
        pattern = builder.and_(builder.lshr(word, index(4 * nibble)), index(_PATTERNS - 1))
        row = builder.add(builder.mul(quad, index(_NIBBLES * _PATTERNS)), index(nibble * _PATTERNS))
        rows.append(builder.gep(table, [builder.mul(builder.add(row, pattern), index(WIDTH))]))
    added = []
    for lane, so_far in zip(columns, sums, strict=True):
        a, b, c, d = (_load(builder, builder.gep(row, [lane]), vector) for row in rows)
        added.append(builder.fadd(so_far, builder.fadd(builder.fadd(a, b), builder.fadd(c, d))))
    following = builder.add(quad, index(1))
    for phi, begin, end in zip([quad, *sums], [index(0), *found], [following, *added], strict=True):
        phi.add_incoming(begin, entry)
        phi.add_incoming(end, loop)
    builder.cbranch(builder.icmp_signed("<", following, n_quads), loop, done)

    builder.position_at_end(done)
    for lane, value in zip(columns, added, strict=True):
        place = builder.gep(total, [builder.add(at, lane)])
        builder.store(value, builder.bitcast(place, vector.as_pointer())).align = 4
    return context.get_dummy_value()


@intrinsic(add_patterns_plain)
def add_patterns(
    context: Any, total: Any, at: Any, before: Any, start: Any, table: Any, lines: Any, first: Any,
    stride: Any, n_quads: Any,
) -> Any:  # fmt: skip
    """Compiled `add_patterns_plain`; at least one quad."""
    index = types.intp
    return types.void(total, index, before, index, table, lines, index, index, index), _emit
