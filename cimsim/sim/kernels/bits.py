"""Small operations on words and vectors of 64 columns that Numba does not offer."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cimsim._jit import intrinsic, ir, llvm_call, types

__all__ = [
    "add_dots",
    "at_least",
    "count_ones",
    "counts_at_least",
    "load_octet",
    "store_octet",
    "store_pair_table",
    "sum_counts",
]

_COLUMNS = 64


def _count_ones(word: int) -> int:
    return int(word).bit_count()


@intrinsic(_count_ones)
def count_ones(context: Any, word: Any) -> Any:
    """Ones of a 64-bit word."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.int64(types.uint64), emit


def _word(flags: NDArray[np.bool_]) -> np.uint64:
    word: np.uint64 = np.packbits(flags, bitorder="little").view(np.uint64)[0]
    return word


def _at_least(sums: NDArray[np.int32], start: int, thresholds: NDArray[np.int32], limit: int) -> np.uint64:
    """Bit c is ``sums[start + c] >= thresholds[limit + c]``, for 64 columns."""
    return _word(sums[start : start + _COLUMNS] >= thresholds[limit : limit + _COLUMNS])


def _columns(context: Any, builder: Any, array_type: Any, array: Any, start: Any, bits: int) -> Any:
    """Pointer to 64 consecutive elements of an array."""
    data = context.make_array(array_type)(context, builder, array).data
    vector = ir.VectorType(ir.IntType(bits), _COLUMNS)
    return builder.bitcast(builder.gep(data, [start]), vector.as_pointer())


def _load(context: Any, builder: Any, array_type: Any, array: Any, start: Any, bits: int) -> Any:
    value = builder.load(_columns(context, builder, array_type, array, start, bits))
    value.align = bits // 8
    return value


def _repeat(builder: Any, value: Any, bits: int) -> Any:
    """A 64-bit integer, truncated, in all 64 columns."""
    vector = ir.VectorType(ir.IntType(bits), _COLUMNS)
    narrow = value if bits == 64 else builder.trunc(value, ir.IntType(bits))
    first = builder.insert_element(ir.Constant(vector, ir.Undefined), narrow, ir.IntType(32)(0))
    return builder.shuffle_vector(first, first, ir.Constant(ir.VectorType(ir.IntType(32), _COLUMNS), None))


@intrinsic(_at_least)
def at_least(context: Any, sums: Any, start: Any, thresholds: Any, limit: Any) -> Any:
    """Compiled `_at_least`."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        left = _load(context, builder, signature.args[0], arguments[0], arguments[1], 32)
        right = _load(context, builder, signature.args[2], arguments[2], arguments[3], 32)
        return builder.bitcast(builder.icmp_signed(">=", left, right), ir.IntType(64))

    return types.uint64(sums, types.intp, thresholds, types.intp), emit


def _counts_at_least(
    counts: NDArray[np.uint16], start: int, rows: int, thresholds: NDArray[np.int16], limit: int
) -> np.uint64:
    """Bit c is ``rows - 2 * counts[start + c] >= thresholds[limit + c]``, for 64 columns."""
    dots = rows - 2 * counts[start : start + _COLUMNS].astype(np.int32)
    return _word(dots >= thresholds[limit : limit + _COLUMNS])


@intrinsic(_counts_at_least)
def counts_at_least(context: Any, counts: Any, start: Any, rows: Any, thresholds: Any, limit: Any) -> Any:
    """Compiled `_counts_at_least`; dots and thresholds stay within 16 bits."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        mismatches = _load(context, builder, signature.args[0], arguments[0], arguments[1], 16)
        limits = _load(context, builder, signature.args[3], arguments[3], arguments[4], 16)
        rows = _repeat(builder, arguments[2], 16)
        dots = builder.sub(rows, builder.add(mismatches, mismatches))
        return builder.bitcast(builder.icmp_signed(">=", dots, limits), ir.IntType(64))

    return types.uint64(counts, types.intp, types.intp, thresholds, types.intp), emit


def _sum_counts(counts: NDArray[np.uint16], start: int) -> int:
    """Sum of 64 counts."""
    return int(counts[start : start + _COLUMNS].sum(dtype=np.int64))


@intrinsic(_sum_counts)
def sum_counts(context: Any, counts: Any, start: Any) -> Any:
    """Compiled `_sum_counts`."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        narrow = _load(context, builder, signature.args[0], arguments[0], arguments[1], 16)
        wide = builder.zext(narrow, ir.VectorType(ir.IntType(32), _COLUMNS))
        total = llvm_call(builder, "llvm.vector.reduce.add.v64i32", ir.IntType(32), [wide])
        return builder.zext(total, ir.IntType(64))

    return types.int64(counts, types.intp), emit


def _add_dots(
    sums: NDArray[np.int32], start: int, counts: NDArray[np.uint16], first: int, rows: int, factor: int
) -> None:
    """Add ``factor * (rows - 2 * counts[first + c])`` to ``sums[start + c]``, for 64 columns."""
    sums[start : start + _COLUMNS] += factor * (rows - 2 * counts[first : first + _COLUMNS].astype(np.int32))


@intrinsic(_add_dots)
def add_dots(context: Any, sums: Any, start: Any, counts: Any, first: Any, rows: Any, factor: Any) -> Any:
    """Compiled `_add_dots`."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        target = _columns(context, builder, signature.args[0], arguments[0], arguments[1], 32)
        before = builder.load(target)
        mismatches = _load(context, builder, signature.args[2], arguments[2], arguments[3], 16)
        wide = builder.zext(mismatches, before.type)
        dots = builder.sub(_repeat(builder, arguments[4], 32), builder.add(wide, wide))
        after = builder.add(before, builder.mul(dots, _repeat(builder, arguments[5], 32)))
        before.align = builder.store(after, target).align = 4
        return context.get_dummy_value()

    return types.void(sums, types.intp, counts, types.intp, types.intp, types.intp), emit


def _load_octet(source: NDArray[np.uint8], start: int) -> np.uint64:
    """Eight bytes from ``source[start]`` on as a word, lowest first."""
    word: np.uint64 = source[start : start + 8].view(np.uint64)[0]
    return word


@intrinsic(_load_octet)
def load_octet(context: Any, source: Any, start: Any) -> Any:
    """Compiled `_load_octet`."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        word = builder.load(builder.bitcast(builder.gep(data, [arguments[1]]), ir.IntType(64).as_pointer()))
        word.align = 1
        return word

    return types.uint64(source, types.intp), emit


def _store_octet(target: NDArray[np.uint8], start: int, word: np.uint64) -> None:
    """Write the eight bytes of a word, lowest first, to ``target[start]`` and on."""
    target[start : start + 8] = np.array([word], "<u8").view(np.uint8)


@intrinsic(_store_octet)
def store_octet(context: Any, target: Any, start: Any, word: Any) -> Any:
    """Compiled `_store_octet`."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        pointer = builder.bitcast(builder.gep(data, [arguments[1]]), ir.IntType(64).as_pointer())
        builder.store(arguments[2], pointer).align = 1
        return context.get_dummy_value()

    return types.void(target, types.intp, types.uint64), emit


def _store_pair_table(
    lookup: NDArray[np.uint64], first: int, second: int, target: NDArray[np.uint64], start: int
) -> None:
    """Write ``lookup[first] + (lookup[second] << 4)``, rows of two words, to ``target[start]`` and on."""
    target[start : start + 2] = lookup[first] + (lookup[second] << np.uint64(4))


@intrinsic(_store_pair_table)
def store_pair_table(context: Any, lookup: Any, first: Any, second: Any, target: Any, start: Any) -> Any:
    """Compiled `_store_pair_table`."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        word = ir.IntType(64)
        row = ir.VectorType(word, 2)

        def at(array: int, element: Any) -> Any:
            data = context.make_array(signature.args[array])(context, builder, arguments[array]).data
            return builder.bitcast(builder.gep(data, [element]), row.as_pointer())

        low, high = (builder.load(at(0, builder.shl(arguments[i], word(1)))) for i in (1, 2))
        pair = builder.add(low, builder.shl(high, ir.Constant(row, [4, 4])))
        store = builder.store(pair, at(3, arguments[4]))
        low.align = high.align = store.align = 8
        return context.get_dummy_value()

    return types.void(lookup, types.intp, types.intp, target, types.intp), emit
