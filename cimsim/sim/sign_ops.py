"""Operations that move packed signs without looking at their values one by one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from cimsim.mapping.folding import pool_of
from cimsim.sim.kernels import pool_signs
from cimsim.sim.kernels.pack import n_words
from cimsim.sim.tensors import SignTensor
from cimsim.workload.graph import Node

__all__ = ["SIGN_OPS"]

_SPARSE = 2
"""A flattened raster is packed anew where it wastes more than this factor of words."""


def _same(node: Node, inputs: Sequence[SignTensor]) -> SignTensor:
    return inputs[0]


def _hardtanh(node: Node, inputs: Sequence[SignTensor]) -> SignTensor:
    return replace(inputs[0], gain=1.0)


def _flatten(node: Node, inputs: Sequence[SignTensor]) -> SignTensor:
    x = inputs[0]
    h, w, channels = x.raster
    if h * w * n_words(channels) > _SPARSE * n_words(h * w * channels):
        return SignTensor.pack(x.integers().reshape(len(x), -1), x.gain)
    return replace(x, shape=(h * w * channels,))


def _maxpool2d(node: Node, inputs: Sequence[SignTensor]) -> SignTensor:
    x = inputs[0]
    bits, driven = pool_signs(x.bits, x.driven, x.channels, pool_of(node))
    return replace(x, bits=bits, driven=driven, shape=(x.channels, *bits.shape[1:3]))


def _upsample2d(node: Node, inputs: Sequence[SignTensor]) -> SignTensor:
    x, factor = inputs[0], node.attrs["factor"]
    bits = x.bits.repeat(factor, axis=1).repeat(factor, axis=2)
    driven = None if x.driven is None else x.driven.repeat(factor, axis=1).repeat(factor, axis=2)
    return replace(x, bits=bits, driven=driven, shape=(x.channels, *bits.shape[1:3]))


def _concat(node: Node, inputs: Sequence[SignTensor]) -> SignTensor:
    return SignTensor.pack(np.concatenate([x.integers() for x in inputs], axis=1), inputs[0].gain)


SIGN_OPS: Mapping[str, Callable[[Node, Sequence[SignTensor]], SignTensor]] = {
    "identity": _same,
    "hardtanh": _hardtanh,
    "flatten": _flatten,
    "maxpool2d": _maxpool2d,
    "upsample2d": _upsample2d,
    "concat": _concat,
}
