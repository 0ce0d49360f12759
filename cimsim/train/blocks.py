"""Untrained blocks of a network: every method has its own normalisation and its own chance."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from cimsim.train.bayesian_norms import AffineDropNorm, EnsembleNorm, GaussianScaleNorm
from cimsim.train.layers import BinaryConv2d, BinaryLinear, BinaryMac
from cimsim.train.methods import Method
from cimsim.train.network import Block, Chance
from cimsim.train.norm import Norm
from cimsim.train.recipes import Convolution, Recipe
from cimsim.train.scale_dropout import ScaleDropBatchNorm

__all__ = ["BlockMaker"]


class BlockMaker:
    """Makes the blocks of one network in order, all from one generator of initial values."""

    def __init__(self, recipe: Recipe, method: Method, placement: str, generator: torch.Generator) -> None:
        self.recipe, self.method, self.placement = recipe, method, placement
        self.generator = generator
        self.spread = method.spread if method.kind == "instances" else 0.0

    def convolution(self, c_in: int, layer: Convolution, size: tuple[int, int]) -> Block:
        mac = BinaryConv2d(
            c_in, layer.channels, layer.kernel, self.generator, padding=layer.padding, spread=self.spread
        )
        height, width = ((edge + 2 * layer.padding - layer.kernel + 1) // layer.pool for edge in size)
        return self._hidden(mac, (layer.channels, height, width), layer.pool)

    def hidden(self, n_in: int, n_out: int) -> Block:
        return self._hidden(BinaryLinear(n_in, n_out, self.generator, spread=self.spread), (n_out,), 1)

    def logits(self, n_in: int, n_classes: int) -> Block:
        """The last layer: nothing is dropped there; members and instances have their own."""
        mac = BinaryLinear(n_in, n_classes, self.generator, spread=self.spread)
        chance = self._chance(0.0) if self.method.kind not in ("gaussian_scale", "affine") else Chance()
        norm: Norm = ScaleDropBatchNorm(torch.ones(n_classes), self.placement)
        if self.method.kind == "ensemble":
            norm = EnsembleNorm([torch.ones(n_classes)] * self.method.n_members)
        return Block(mac, norm, chance, pool=1, sign=False, shape=(n_classes,))

    def _hidden(self, mac: BinaryMac, shape: tuple[int, ...], pool: int) -> Block:
        chance = self._chance(self.recipe.p if self.method.has_p else 0.0)
        return Block(mac, self._norm(mac, shape[0]), chance, pool=pool, sign=True, shape=shape)

    def _chance(self, p: float) -> Chance:
        """Of a network without dropout: a scale that is never dropped."""
        if self.method.has_p and p == 0.0 and self.method.kind != "scale":
            return Chance()
        return Chance(self.method.kind or "scale", p, self.method.n_members)

    def _norm(self, mac: BinaryMac, n: int) -> Norm:
        if self.method.kind == "affine":
            return AffineDropNorm(self._scale(n), math.prod(mac.weight.shape[1:]))
        if self.method.kind == "gaussian_scale":
            return GaussianScaleNorm(self._scale(n, self.method.spread), self.method.spread)
        if self.method.kind == "ensemble":
            return EnsembleNorm([self._scale(n) for _ in range(self.method.n_members)])
        return ScaleDropBatchNorm(self._scale(n), self.placement)

    def _scale(self, n: int, spread: float | None = None) -> Tensor:
        """(n,) initial scales of mean 1."""
        spread = self.recipe.scale_spread if spread is None else spread
        return 1 + spread * torch.randn(n, generator=self.generator)
