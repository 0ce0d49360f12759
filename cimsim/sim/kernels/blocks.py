"""The innermost loop: mismatches of a row pair with 64 columns, four taps at a time.

A tap is one signed input with its weight. Four taps of a row (their signs, and which of them are driven)
become a table of 16 bytes: entry v counts the driven taps that differ from weight nibble v. A pair of rows
shares a table, the first row in the low nibble of each byte and the second in the high one, so one byte
look-up serves eight taps of a column. Three look-ups of at most 4 fit a nibble before the rows are split.
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
    offsets: NDArray[np.uint32],
    weights: NDArray[np.uint8],
    start: int,
    n_triples: int,
    counts: NDArray[np.uint16],
    target: int,
) -> None:
    """Add the mismatches of a row pair with a block of columns to ``counts``.

    Parameters
    ----------
    tables : row-pair tables, two words each
    first : byte offset in ``tables`` from which the pair counts
    offsets : byte offset from there of the table that each weight nibble meets
    weights : one nibble a byte, 64 columns side by side; the block begins at ``start``
    n_triples : weight nibbles / 3
    counts : two rows of 64 columns, at ``target``
    """
    octets = tables.view(np.uint8)
    index = weights[start : start + COLUMNS * TRIPLE * n_triples].reshape(-1, COLUMNS)
    at = first + offsets[: len(index), None].astype(np.intp) + (index & 15)
    found = np.where(index == NO_TAP, np.uint8(0), octets[at])
    rows = np.concatenate(((found & 15).sum(axis=0), (found >> 4).sum(axis=0)))
    counts[target : target + 2 * COLUMNS] += rows.astype(np.uint16)


class MismatchEmitter:
    """Code generator of `count_mismatches` for one way to look up bytes.

    The low row is summed in bytes, the high one as 16-bit words of ``pair >> 4``. That saves a mask; 16 times
    the low row's odd bytes, which are in the words too, are subtracted once at the end.
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
        self.repeat = ir.Constant(
            ir.VectorType(ir.IntType(32), lanes), [lane % TABLE_BYTES for lane in range(lanes)]
        )
        self.low_nibbles = ir.Constant(self.octets, [15] * lanes)
        self.odd_bytes = ir.Constant(self.words, [0xFF00] * (lanes // 2))
        self.four = ir.Constant(self.words, [4] * (lanes // 2))

    @staticmethod
    def _load(builder: Any, pointer: Any, vector: Any) -> Any:
        value = builder.load(builder.bitcast(pointer, vector.as_pointer()))
        value.align = 1
        return value

    def _triple(self, builder: Any, triple: Any, pair: Any, offsets: Any, weights: Any) -> list[Any]:
        """Three look-ups added up, for every chunk of columns."""
        sums: list[Any] = [None] * self.chunks
        for step in range(TRIPLE):
            nibble = builder.add(builder.mul(triple, self.index(TRIPLE)), self.index(step))
            offset = builder.zext(builder.load(builder.gep(offsets, [nibble])), self.index)
            table = self._load(builder, builder.gep(pair, [offset]), self.table)
            table = builder.shuffle_vector(table, table, self.repeat)
            for chunk in range(self.chunks):
                at = builder.add(builder.mul(nibble, self.index(COLUMNS)), self.index(chunk * self.lanes))
                index = self._load(builder, builder.gep(weights, [at]), self.octets)
                found = self.lookup.emit(builder, table, index)
                sums[chunk] = found if step == 0 else builder.add(sums[chunk], found)
        return sums

    def _split(self, builder: Any, sums: list[Any], totals: list[Any]) -> list[Any]:
        """Totals (low row, high row, low row, ...) with the sums of a triple added."""
        added = []
        for low, high, pair in zip(totals[::2], totals[1::2], sums, strict=True):
            added.append(builder.add(low, builder.and_(pair, self.low_nibbles)))
            added.append(builder.add(high, builder.lshr(builder.bitcast(pair, self.words), self.four)))
        return added

    def _flush(self, builder: Any, totals: list[Any], counts: Any) -> None:
        """Widen the totals to 16 bits and add them to the counts in memory."""
        for chunk, (low, high) in enumerate(zip(totals[::2], totals[1::2], strict=True)):
            odd = builder.and_(builder.bitcast(low, self.words), self.odd_bytes)
            exact_high = builder.bitcast(builder.sub(high, builder.lshr(odd, self.four)), self.octets)
            for row, octets in enumerate((low, exact_high)):
                at = builder.gep(counts, [self.index(row * COLUMNS + chunk * self.lanes)])
                total = builder.add(self._load(builder, at, self.counts), builder.zext(octets, self.counts))
                builder.store(total, builder.bitcast(at, self.counts.as_pointer())).align = 1

    def _loops(self, builder: Any, n_triples: Any, sources: tuple[Any, ...], counts: Any) -> None:
        """Triples inside, flushes outside."""
        zero, entry = self.index(0), builder.block
        names = ("outer", "inner", "flush", "done")
        outer, inner, flush, done = (builder.append_basic_block(name) for name in names)
        builder.cbranch(builder.icmp_signed("<", zero, n_triples), outer, done)

        builder.position_at_end(outer)
        begin = builder.phi(self.index)
        begin.add_incoming(zero, entry)
        full = builder.add(begin, self.index(_TRIPLES_PER_FLUSH))
        end = builder.select(builder.icmp_signed("<", full, n_triples), full, n_triples)
        builder.branch(inner)

        builder.position_at_end(inner)
        triple = builder.phi(self.index)
        totals = [builder.phi(kind) for _ in range(self.chunks) for kind in (self.octets, self.words)]
        added = self._split(builder, self._triple(builder, triple, *sources), totals)
        following = builder.add(triple, self.index(1))
        triple.add_incoming(begin, outer)
        triple.add_incoming(following, inner)
        for total, new in zip(totals, added, strict=True):
            total.add_incoming(ir.Constant(total.type, None), outer)
            total.add_incoming(new, inner)
        builder.cbranch(builder.icmp_signed("<", following, end), inner, flush)

        builder.position_at_end(flush)
        self._flush(builder, added, counts)
        begin.add_incoming(end, flush)
        builder.cbranch(builder.icmp_signed("<", end, n_triples), outer, done)
        builder.position_at_end(done)

    def __call__(self, context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        self._declare()
        tables, offsets, weights, counts = (
            context.make_array(signature.args[i])(context, builder, arguments[i]).data for i in (0, 2, 3, 6)
        )
        pair = builder.gep(builder.bitcast(tables, ir.IntType(8).as_pointer()), [arguments[1]])
        sources = (pair, offsets, builder.gep(weights, [arguments[4]]))
        self._loops(builder, arguments[5], sources, builder.gep(counts, [arguments[7]]))
        return context.get_dummy_value()


_EMIT = MismatchEmitter(host_lookup())


@intrinsic(mismatches_plain)
def count_mismatches(
    context: Any, tables: Any, first: Any, offsets: Any, weights: Any, start: Any, n_triples: Any,
    counts: Any, target: Any,
) -> Any:  # fmt: skip
    """Compiled `mismatches_plain`."""
    index = types.intp
    return types.void(tables, index, offsets, weights, index, index, counts, index), _EMIT
