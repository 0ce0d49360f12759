"""The innermost loop of analog sums: up to 64 columns of a position, sixteen word lines at a time.

Four word lines make a nibble. For each of its patterns a row of a small table holds what the four cells of 64
columns add, so that one addition stands for four cells; the four nibbles of a quad are added at once.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cimsim._jit import fused, intrinsic, ir, types

__all__ = ["LANES", "PAIR", "TABLE", "WIDTH", "add_patterns", "build_table"]

Floats = NDArray[np.float32]
Lines = NDArray[np.uint16]

WIDTH = 64
"""Columns of a block."""

LANES = 16
"""Columns that are added together: a block that is not full takes multiples of them."""

TABLE = 4 * 16 * WIDTH
"""Numbers in the table of a quad."""

PAIR = 2
"""Quads whose tables are in use at once: as many as the first cache holds."""

_NIBBLES, _PATTERNS = 4, 16


@fused
def build_table(table: Floats, first: int, cells: Floats, quad: int, n_columns: int) -> None:
    """Rows of all patterns of a quad, from ``first`` on: the cells of its lines that are 1."""
    width, size, start, used = (
        np.uint64(WIDTH), np.uint64(_PATTERNS * WIDTH), np.uint64(first), np.uint64(n_columns)
    )  # fmt: skip
    for nibble in range(np.uint64(_NIBBLES)):
        row, number = start + nibble * size, np.uint64(_NIBBLES * quad) + nibble
        for c in range(used):
            table[row + c] = np.float32(0.0)
        for bit in range(np.uint64(4)):
            cell = (np.uint64(4) * number + bit) * width
            half = width << bit
            for pattern in range(np.uint64(1) << bit):
                source = row + pattern * width
                for c in range(used):
                    table[source + half + c] = table[source + c] + cells[cell + c]


def add_patterns_plain(
    total: Floats, at: int, before: Floats, start: int, table: Floats, lines: Lines, first: int, stride: int,
    n_quads: int, n_columns: int,
) -> None:  # fmt: skip
    """Totals at ``at``: numbers from ``start`` on, and the cells of a position's driven lines.

    Parameters
    ----------
    table : of the quads, one behind the other
    lines : the pattern of quad k is at ``first + k * stride``
    n_columns : 16, 32, 48 or 64
    """
    rows = table.reshape(-1, _NIBBLES, _PATTERNS, WIDTH)
    here = slice(at, at + n_columns)
    total[here] = before[start : start + n_columns]
    for k in range(n_quads):
        word = int(lines[first + k * stride])
        a, b, c, d = (rows[k, nibble, word >> 4 * nibble & 15, :n_columns] for nibble in range(_NIBBLES))
        total[here] += (a + b) + (c + d)


class _Emitter:
    """Code of `add_patterns`: one loop over the quads for each number of columns, its totals in registers."""

    def __init__(self, context: Any, builder: Any, signature: Any, arguments: Any) -> None:
        self.builder, self.index = builder, ir.IntType(64)
        self.vector = ir.VectorType(ir.FloatType(), LANES)
        self.total, self.before, self.table, self.lines = (
            context.make_array(signature.args[i])(context, builder, arguments[i]).data for i in (0, 2, 4, 5)
        )
        self.at, self.start, self.first, self.stride, self.n_quads = (arguments[i] for i in (1, 3, 6, 7, 8))

    def place(self, array: Any, at: Any, lane: int) -> Any:
        place = self.builder.gep(array, [self.builder.add(at, self.index(lane))])
        return self.builder.bitcast(place, self.vector.as_pointer())

    def load(self, array: Any, at: Any, lane: int) -> Any:
        value = self.builder.load(self.place(array, at, lane))
        value.align = 4
        return value

    def rows(self, quad: Any) -> list[Any]:
        """Where the rows of a quad's patterns begin in the table."""
        builder, index = self.builder, self.index
        place = builder.gep(self.lines, [builder.add(self.first, builder.mul(quad, self.stride))])
        word = builder.zext(builder.load(place), index)
        found = []
        for nibble in range(_NIBBLES):
            pattern = builder.and_(builder.lshr(word, index(4 * nibble)), index(_PATTERNS - 1))
            row = builder.add(builder.mul(quad, index(_NIBBLES * _PATTERNS)), index(nibble * _PATTERNS))
            found.append(builder.mul(builder.add(row, pattern), index(WIDTH)))
        return found

    def loop(self, n_columns: int, done: Any) -> None:
        builder, lanes, entry = self.builder, range(0, n_columns, LANES), self.builder.block
        begin = [self.load(self.before, self.start, lane) for lane in lanes]
        loop, end = (builder.append_basic_block(name) for name in ("quads", "store"))
        builder.branch(loop)

        builder.position_at_end(loop)
        quad, sums = builder.phi(self.index), [builder.phi(self.vector) for _ in lanes]
        rows, added = self.rows(quad), []
        for lane, so_far in zip(lanes, sums, strict=True):
            a, b, c, d = (self.load(self.table, row, lane) for row in rows)
            added.append(builder.fadd(so_far, builder.fadd(builder.fadd(a, b), builder.fadd(c, d))))
        following = builder.add(quad, self.index(1))
        for phi, old, new in zip([quad, *sums], [self.index(0), *begin], [following, *added], strict=True):
            phi.add_incoming(old, entry)
            phi.add_incoming(new, loop)
        builder.cbranch(builder.icmp_signed("<", following, self.n_quads), loop, end)

        builder.position_at_end(end)
        for lane, value in zip(lanes, added, strict=True):
            builder.store(value, self.place(self.total, self.at, lane)).align = 4
        builder.branch(done)


def _emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    emitter, done = _Emitter(context, builder, signature, arguments), builder.append_basic_block("done")
    chosen = builder.switch(arguments[9], done)
    for n_columns in range(LANES, WIDTH + 1, LANES):
        block = builder.append_basic_block(f"columns{n_columns}")
        chosen.add_case(ir.IntType(64)(n_columns), block)
        builder.position_at_end(block)
        emitter.loop(n_columns, done)
    builder.position_at_end(done)
    return context.get_dummy_value()


@intrinsic(add_patterns_plain)
def add_patterns(
    context: Any, total: Any, at: Any, before: Any, start: Any, table: Any, lines: Any, first: Any,
    stride: Any, n_quads: Any, n_columns: Any,
) -> Any:  # fmt: skip
    """Compiled `add_patterns_plain`; at least one quad."""
    index = types.intp
    return types.void(total, index, before, index, table, lines, index, index, index, index), _emit
