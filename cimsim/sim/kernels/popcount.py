"""Matrix product by XOR and population count, for hosts that count the ones of a vector in one instruction.

Blocks of 8 rows and 24 columns: a word of each row meets three vectors of eight columns, and all 24 sums stay
in registers (AVX-512 has 32). Correct anywhere, fast where there is AVX512-VPOPCNTDQ.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cimsim._jit import intrinsic, ir, llvm_call, njit, types
from cimsim.sim.kernels.pack import PackedBits

__all__ = ["POPCOUNT_FEATURE", "popcount_gemm"]

POPCOUNT_FEATURE = "avx512vpopcntdq"
_CTPOP = "llvm.ctpop.v8i64"
_ROWS = 8
_LANES = 8
_VECTORS = 3
_COLUMNS = _LANES * _VECTORS


def _count_block(
    a: NDArray[np.uint64],
    row: int,
    b: NDArray[np.uint64],
    column: int,
    n_words: int,
    counts: NDArray[np.int64],
) -> None:
    """Differing bits of 8 rows with 24 columns.

    Parameters
    ----------
    a : flat words of rows; the first row begins at ``row``
    b : flat, 24 columns side by side for every word; they begin at ``column``
    counts : int64 (8 x 24), overwritten
    """
    rows = a[row : row + _ROWS * n_words].reshape(_ROWS, n_words, 1)
    columns = b[column : column + n_words * _COLUMNS].reshape(1, n_words, _COLUMNS)
    octets = (rows ^ columns)[..., None].view(np.uint8)
    counts[:] = np.unpackbits(octets, axis=-1).sum(axis=(1, 3), dtype=np.int64).ravel()


def _emit_loop(builder: Any, a: Any, b: Any, n_words: Any) -> list[Any]:
    """Sums (row, vector) over all words."""
    index, vector = ir.IntType(64), ir.VectorType(ir.IntType(64), _LANES)
    zero = ir.Constant(vector, None)
    first_lane = ir.Constant(ir.VectorType(ir.IntType(32), _LANES), None)
    entry, loop, done = builder.block, builder.append_basic_block("words"), builder.append_basic_block("done")
    builder.branch(loop)
    builder.position_at_end(loop)
    word = builder.phi(index)
    sums = [builder.phi(vector) for _ in range(_ROWS * _VECTORS)]
    columns = []
    for part in range(_VECTORS):
        at = builder.add(builder.mul(word, index(_COLUMNS)), index(part * _LANES))
        column = builder.load(builder.bitcast(builder.gep(b, [at]), vector.as_pointer()))
        column.align = 8
        columns.append(column)
    added = []
    for row in range(_ROWS):
        at = builder.add(builder.mul(n_words, index(row)), word)
        one = builder.insert_element(zero, builder.load(builder.gep(a, [at])), ir.IntType(32)(0))
        repeated = builder.shuffle_vector(one, one, first_lane)
        for part, column in enumerate(columns):
            ones = llvm_call(builder, _CTPOP, vector, [builder.xor(repeated, column)])
            added.append(builder.add(sums[row * _VECTORS + part], ones))
    following = builder.add(word, index(1))
    for phi, new in zip([word, *sums], [following, *added], strict=True):
        phi.add_incoming(ir.Constant(phi.type, 0 if phi is word else None), entry)
        phi.add_incoming(new, loop)
    builder.cbranch(builder.icmp_signed("<", following, n_words), loop, done)
    builder.position_at_end(done)
    return added


@intrinsic(_count_block)
def count_block(context: Any, a: Any, row: Any, b: Any, column: Any, n_words: Any, counts: Any) -> Any:
    """Compiled `_count_block`."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        def data(i: int) -> Any:
            return context.make_array(signature.args[i])(context, builder, arguments[i]).data

        rows, columns = builder.gep(data(0), [arguments[1]]), builder.gep(data(2), [arguments[3]])
        sums = _emit_loop(builder, rows, columns, arguments[4])
        target = data(5)
        for i, total in enumerate(sums):
            at = builder.gep(target, [ir.IntType(64)(i * _LANES)])
            builder.store(total, builder.bitcast(at, total.type.as_pointer())).align = 8
        return context.get_dummy_value()

    return types.void(a, types.intp, b, types.intp, types.intp, counts), emit


@njit
def _multiply(a: PackedBits, b: PackedBits, k: int, out: NDArray[np.int32]) -> None:
    """Dots (m, n) of rows padded to blocks of 8 and columns (blocks, words, 24)."""
    n_words = a.shape[1]
    counts = np.empty(_ROWS * _COLUMNS, np.int64)
    rows, columns = a.reshape(-1), b.reshape(-1)
    for block in range(len(b)):
        first = block * _COLUMNS
        width = min(_COLUMNS, out.shape[1] - first)
        for top in range(0, len(a), _ROWS):
            count_block(rows, top * n_words, columns, block * n_words * _COLUMNS, n_words, counts)
            for row in range(min(_ROWS, out.shape[0] - top)):
                for column in range(width):
                    out[top + row, first + column] = k - 2 * counts[row * _COLUMNS + column]


def popcount_gemm(a: PackedBits, b: PackedBits, k: int) -> NDArray[np.int32]:
    """`gemm.gemm` by XOR and population count."""
    m, n, words = len(a), len(b), a.shape[1]
    rows = np.zeros((-(-m // _ROWS) * _ROWS, words), np.uint64)
    rows[:m] = a
    columns = np.zeros((-(-n // _COLUMNS) * _COLUMNS, words), np.uint64)
    columns[:n] = b
    blocks = np.ascontiguousarray(columns.reshape(-1, _COLUMNS, words).transpose(0, 2, 1))
    out = np.empty((m, n), np.int32)
    _multiply(rows, blocks, k, out)
    return out
