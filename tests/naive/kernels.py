"""Slow twins of the kernels: one loop per sentence of their contract."""

from typing import NamedTuple

import numpy as np


class Pool(NamedTuple):
    """A max-pool window (rows, columns)."""

    kernel: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int]


def unpack(bits, channels):
    """Flags (..., c) of packed words, bit by bit."""
    out = np.zeros((*bits.shape[:-1], channels), bool)
    for c in range(channels):
        out[..., c] = (bits[..., c // 64] >> np.uint64(c % 64)) & np.uint64(1)
    return out


def out_size(size, kernel, stride, padding):
    return (size + 2 * padding - kernel) // stride + 1


def windows(h, w, kernel, stride, padding):
    """Output positions with the input pixel of every tap."""
    for oy in range(out_size(h, kernel[0], stride[0], padding[0])):
        for ox in range(out_size(w, kernel[1], stride[1], padding[1])):
            taps = [
                (ky, kx, oy * stride[0] + ky - padding[0], ox * stride[1] + kx - padding[1])
                for ky in range(kernel[0])
                for kx in range(kernel[1])
            ]
            yield oy, ox, taps


def conv(x, weight, stride, padding, pad_value):
    """Sums of -1/0/+1 (or any integer) items (n, h, w, c), and driven taps of each item."""
    n, h, w, _ = x.shape
    kernel = weight.shape[2:]
    shape = tuple(out_size(s, k, t, p) for s, k, t, p in zip((h, w), kernel, stride, padding, strict=True))
    sums = np.zeros((n, *shape, len(weight)), np.int64)
    driven = np.zeros(n, np.int64)
    for oy, ox, taps in windows(h, w, kernel, stride, padding):
        for ky, kx, y, x_ in taps:
            inside = 0 <= y < h and 0 <= x_ < w
            values = x[:, y, x_].astype(np.int64) if inside else np.full((n, x.shape[3]), pad_value)
            sums[:, oy, ox] += values @ weight[:, :, ky, kx].T.astype(np.int64)
            driven += (values != 0).sum(axis=1)
    return sums, driven


def pool_max(x, pool):
    """Max over windows of (n, h, w, c); padding contributes nothing."""
    n, h, w, c = x.shape
    axes = zip((h, w), pool.kernel, pool.stride, pool.padding, strict=True)
    out = np.zeros((n, *(out_size(*axis) for axis in axes), c), x.dtype)
    for oy, ox, taps in windows(h, w, pool.kernel, pool.stride, pool.padding):
        inside = [x[:, y, x_] for _, _, y, x_ in taps if 0 <= y < h and 0 <= x_ < w]
        out[:, oy, ox] = np.max(inside, axis=0)
    return out


def signs_behind(sums, case):
    """Output rows (n_out, oh', ow', c_out) of every wanted state of a `conv_bits` case."""
    rows = {}
    for item, state in zip(*np.nonzero(case.out_rows >= 0), strict=True):
        limits = case.thresholds[state][case.position_class]
        flags = (sums[item] >= limits) ^ case.pre_flip[state]
        if case.pool is not None:
            flags = pool_max(flags[None], case.pool)[0]
        rows[int(case.out_rows[item, state])] = flags ^ case.post_flip[state]
    return rows
