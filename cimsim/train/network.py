"""A chain of binary blocks: sums, pooling, normalisation with Scale Dropout, sign."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from cimsim.train.layers import BinaryMac, binarize
from cimsim.train.scale_dropout import ScaleDropBatchNorm

__all__ = ["BinaryNetwork", "Block"]


class Block(nn.Module):
    """One layer with what follows it: ``finish(sums(x), drop)``.

    Parameters
    ----------
    mac : the binary convolution or linear layer
    norm : its normalisation; the only place a mask bit reaches
    pool : edge of the square max-pool on the sums, 1 for none
    p : probability that the scale is dropped; 0 means that the layer has no dropout
    sign : whether -1/+1 leave the block, or the real values
    """

    def __init__(self, mac: BinaryMac, norm: ScaleDropBatchNorm, *, pool: int, p: float, sign: bool) -> None:
        super().__init__()
        self.mac, self.norm = mac, norm
        self.pool, self.p, self.sign = pool, p, sign

    def sums(self, x: Tensor) -> Tensor:
        """What no mask bit of this block changes: exact integers for integer x."""
        z: Tensor = self.mac(x)
        return functional.max_pool2d(z, self.pool) if self.pool > 1 else z

    def finish(self, z: Tensor, drop: bool) -> Tensor:
        """Normalised and, in a hidden layer, binarised."""
        y: Tensor = self.norm(z, drop)
        return binarize(y) if self.sign else y


class BinaryNetwork(nn.Module):
    """Blocks in order, fed with the stored integers q of the input, which stand for ``input_scale*q``."""

    def __init__(self, blocks: Sequence[Block], input_scale: float) -> None:
        super().__init__()
        self.chain = tuple(blocks)
        self.blocks = nn.ModuleList(blocks)
        self.input_scale = input_scale

    def forward(self, q: Tensor, drops: Sequence[bool]) -> Tensor:
        """Logits (n, n_classes) of one pass; ``drops`` has one mask bit per block."""
        x = q
        for block, drop in zip(self.chain, drops, strict=True):
            x = block.finish(self._sums(block, x), drop)
        return x

    @torch.no_grad()
    def all_passes(self, q: Tensor) -> Tensor:
        """Logits (n_masks, n, n_classes) of every mask; bit i of its index drops the i-th block that can."""
        values = [q]
        for block in self.chain:
            sums = [self._sums(block, x) for x in values]
            values = [
                block.finish(z, drop) for drop in ((False, True) if block.p > 0 else (False,)) for z in sums
            ]
        return torch.stack(values)

    @torch.no_grad()
    def clip(self) -> None:
        """Keep the shadow weights where a gradient can still flip them."""
        for block in self.chain:
            block.mac.weight.clamp_(-1.0, 1.0)

    def _sums(self, block: Block, x: Tensor) -> Tensor:
        z = block.sums(x)
        return z.to(block.norm.scale.dtype) * self.input_scale if block is self.chain[0] else z
