"""Small operations on words and vectors of 64 columns that Numba does not offer."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cimsim._jit import intrinsic, ir, types

__all__ = ["at_least", "count_ones", "counts_at_least"]

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
    return np.uint64(np.packbits(flags, bitorder="little").view("<u8")[0])


def _at_least(sums: NDArray[np.int32], start: int, thresholds: NDArray[np.int32], limit: int) -> np.uint64:
    """Bit c is ``sums[start + c] >= thresholds[limit + c]``, for 64 columns."""
    return _word(sums[start : start + _COLUMNS] >= thresholds[limit : limit + _COLUMNS])


def _load(context: Any, builder: Any, array_type: Any, array: Any, start: Any, bits: int) -> Any:
    """64 consecutive elements of an array."""
    data = context.make_array(array_type)(context, builder, array).data
    vector = ir.VectorType(ir.IntType(bits), _COLUMNS)
    value = builder.load(builder.bitcast(builder.gep(data, [start]), vector.as_pointer()))
    value.align = bits // 8
    return value


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
        one = builder.trunc(arguments[2], ir.IntType(16))
        first = builder.insert_element(ir.Constant(mismatches.type, ir.Undefined), one, ir.IntType(32)(0))
        rows = builder.shuffle_vector(first, first, ir.Constant(ir.VectorType(ir.IntType(32), _COLUMNS), [0] * 64))
        dots = builder.sub(rows, builder.add(mismatches, mismatches))
        return builder.bitcast(builder.icmp_signed(">=", dots, limits), ir.IntType(64))

    return types.uint64(counts, types.intp, types.intp, thresholds, types.intp), emit
