"""The innermost loop: mismatches of two row pairs with 64 columns, four taps at a time.

A tap is one signed input with its weight. Four taps of a row (their signs, and which of them are driven) become
a table of 16 bytes: entry v counts the driven taps that differ from weight nibble v. A pair of rows shares a
table, the first row in the low nibble of each byte and the second in the high one, so one byte look-up serves
eight taps of a column. Three look-ups of at most 4 fit a nibble before the rows are split.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cimsim._jit import intrinsic, ir, types
from cimsim.sim.kernels.lookup import Lookup, host_lookup

__all__ = ["COLUMNS", "NO_TAP", "TABLE_BYTES", "TRIPLE", "MismatchEmitter", "count_mismatches"]

COLUMNS = 64
"""Columns of a block: one word of packed results."""
TABLE_BYTES = 16
TRIPLE = 3
"""Look-ups between two splits."""
NO_TAP = 0x80
"""Weight byte that meets no tap: its look-up gives 0."""
_TRIPLES_PER_FLUSH = 20
"""20 x (12 + 16 x 12 + 256 x 12) still fits a 16-bit word."""


def mismatches_plain(
    tables: NDArray[np.uint64],
    first: int,
    second: int,
    offsets: NDArray[np.uint32],
    weights: NDArray[np.uint8],
    start: int,
    n_triples: int,
    counts: NDArray[np.uint16],
    first_counts: int,
    second_counts: int,
) -> None:
    """Add the mismatches of two row pairs with a block of columns to ``counts``.

    Parameters
    ----------
    tables : row-pair tables, two words each
    first, second : byte offsets in ``tables`` from which each pair counts
    offsets : byte offset from there of the table that each weight nibble meets
    weights : one nibble a byte, 64 columns side by side; the block begins at ``start``
    n_triples : weight nibbles / 3
    counts : two rows of 64 columns for each pair, at ``first_counts`` and ``second_counts``
    """
    octets = tables.view(np.uint8)
    index = weights[start : start + COLUMNS * TRIPLE * n_triples].reshape(-1, COLUMNS)
    for pair, target in ((first, first_counts), (second, second_counts)):
        at = pair + offsets[: len(index), None].astype(np.intp) + (index & 15)
        found = np.where(index == NO_TAP, np.uint8(0), octets[at])
        rows = np.concatenate(((found & 15).sum(axis=0), (found >> 4).sum(axis=0)))
        counts[target : target + 2 * COLUMNS] += rows.astype(np.uint16)


class MismatchEmitter:
    """Code generator of `count_mismatches` for one way to look up bytes.

    The low row is summed in bytes. The high row is summed as 16-bit words of ``pair >> 4``: that saves a mask, and
    leaves 16 times the low row's odd bytes in them, which are subtracted once at the end.
    """

    def __init__(self, lookup: Lookup) -> None:
        self.lookup = lookup
        self.lanes = lookup.lanes
        self.chunks = COLUMNS // lookup.lanes

    def _declare(self) -> None:
        lanes, byte, word = self.lanes, ir.IntType(8), ir.IntType(16)
        self.index = ir.IntType(64)
        self.octets = ir.VectorType(byte, lanes)
        self.words = ir.VectorType(word, lanes // 2)
        self.counts = ir.VectorType(word, lanes)
        self.table = ir.VectorType(byte, TABLE_BYTES)
        self.repeat = ir.Constant(ir.VectorType(ir.IntType(32), lanes), [i % TABLE_BYTES for i in range(lanes)])
        self.low_nibbles = ir.Constant(self.octets, [15] * lanes)
        self.odd_bytes = ir.Constant(self.words, [0xFF00] * (lanes // 2))
        self.four = ir.Constant(self.words, [4] * (lanes // 2))

    @staticmethod
    def _load(builder: Any, pointer: Any, vector: Any) -> Any:
        value = builder.load(builder.bitcast(pointer, vector.as_pointer()))
        value.align = 1
        return value

    def _triple(self, builder: Any, triple: Any, pairs: list[Any], offsets: Any, weights: Any) -> list[Any]:
        """Three look-ups added up, for every pair and chunk of columns."""
        sums: list[Any] = [None] * (2 * self.chunks)
        for step in range(TRIPLE):
            nibble = builder.add(builder.mul(triple, self.index(TRIPLE)), self.index(step))
            offset = builder.zext(builder.load(builder.gep(offsets, [nibble])), self.index)
            tables = []
            for pair in pairs:
                table = self._load(builder, builder.gep(pair, [offset]), self.table)
                tables.append(builder.shuffle_vector(table, table, self.repeat))
            for chunk in range(self.chunks):
                at = builder.add(builder.mul(nibble, self.index(COLUMNS)), self.index(chunk * self.lanes))
                index = self._load(builder, builder.gep(weights, [at]), self.octets)
                for i, table in enumerate(tables):
                    found = self.lookup.emit(builder, table, index)
                    slot = i * self.chunks + chunk
                    sums[slot] = found if step == 0 else builder.add(sums[slot], found)
        return sums

    def _split(self, builder: Any, sums: list[Any], totals: list[Any]) -> list[Any]:
        """Totals (low row, high row, low row, ...) with the sums of a triple added."""
        added = []
        for low, high, pair in zip(totals[::2], totals[1::2], sums, strict=True):
            added.append(builder.add(low, builder.and_(pair, self.low_nibbles)))
            added.append(builder.add(high, builder.lshr(builder.bitcast(pair, self.words), self.four)))
        return added

    def _flush(self, builder: Any, totals: list[Any], counts: list[Any]) -> None:
        """Widen the totals to 16 bits and add them to the counts in memory."""
        for slot, (low, high) in enumerate(zip(totals[::2], totals[1::2], strict=True)):
            pair, chunk = divmod(slot, self.chunks)
            odd = builder.and_(builder.bitcast(low, self.words), self.odd_bytes)
            exact_high = builder.bitcast(builder.sub(high, builder.lshr(odd, self.four)), self.octets)
            for row, octets in enumerate((low, exact_high)):
                at = builder.gep(counts[pair], [self.index(row * COLUMNS + chunk * self.lanes)])
                total = builder.add(self._load(builder, at, self.counts), builder.zext(octets, self.counts))
                builder.store(total, builder.bitcast(at, self.counts.as_pointer())).align = 1

    def _loops(self, builder: Any, n_triples: Any, sources: tuple[Any, ...], counts: list[Any]) -> None:
        """Triples inside, flushes outside."""
        zero = self.index(0)
        entry = builder.block
        outer, inner, flush, done = (builder.append_basic_block(name) for name in ("outer", "inner", "flush", "done"))
        builder.cbranch(builder.icmp_signed("<", zero, n_triples), outer, done)

        builder.position_at_end(outer)
        begin = builder.phi(self.index)
        begin.add_incoming(zero, entry)
        full = builder.add(begin, self.index(_TRIPLES_PER_FLUSH))
        end = builder.select(builder.icmp_signed("<", full, n_triples), full, n_triples)
        builder.branch(inner)

        builder.position_at_end(inner)
        triple = builder.phi(self.index)
        totals = [builder.phi(kind) for _ in range(2 * self.chunks) for kind in (self.octets, self.words)]
        added = self._split(builder, self._triple(builder, triple, *sources), totals)
        following = builder.add(triple, self.index(1))
        for phi, start, new in zip([triple, *totals], [begin] + [None] * len(totals), [following, *added], strict=True):
            phi.add_incoming(start or ir.Constant(phi.type, None), outer)
            phi.add_incoming(new, inner)
        builder.cbranch(builder.icmp_signed("<", following, end), inner, flush)

        builder.position_at_end(flush)
        self._flush(builder, added, counts)
        begin.add_incoming(end, flush)
        builder.cbranch(builder.icmp_signed("<", end, n_triples), outer, done)
        builder.position_at_end(done)

    def __call__(self, context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        self._declare()

        def data(i: int) -> Any:
            return context.make_array(signature.args[i])(context, builder, arguments[i]).data

        tables = builder.bitcast(data(0), ir.IntType(8).as_pointer())
        pairs = [builder.gep(tables, [arguments[i]]) for i in (1, 2)]
        weights = builder.gep(data(4), [arguments[5]])
        counts = [builder.gep(data(7), [arguments[i]]) for i in (8, 9)]
        self._loops(builder, arguments[6], (pairs, data(3), weights), counts)
        return context.get_dummy_value()


_EMIT = MismatchEmitter(host_lookup())


@intrinsic(mismatches_plain)
def count_mismatches(
    context: Any, tables: Any, first: Any, second: Any, offsets: Any, weights: Any, start: Any,
    n_triples: Any, counts: Any, first_counts: Any, second_counts: Any,
) -> Any:
    """Compiled `mismatches_plain`."""
    i = types.intp
    return types.void(tables, i, i, offsets, weights, i, i, counts, i, i), _EMIT
