"""A chain of binary blocks: sums, pooling, normalisation, sign, and what is random in a pass."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from cimsim.train.layers import BinaryMac, binarize
from cimsim.train.norm import Norm, State

__all__ = ["BinaryNetwork", "Block", "Chance"]

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Chance:
    """What is random at a block: a kind of dropout of the workload format, "" for nothing."""

    kind: str = ""
    p: float = 0.0
    n_members: int = 1

    @property
    def probabilities(self) -> tuple[float, ...]:
        """Of the states of a mask that is one number a layer; empty for masks with a draw per value."""
        if self.kind == "scale" and self.p > 0:
            return (1.0 - self.p, self.p)
        if self.kind == "affine" and self.p > 0:
            kept, p = 1.0 - self.p, self.p
            return (kept * kept, p * kept, kept * p, p * p)
        if self.kind in ("instances", "ensemble"):
            return (1.0 / self.n_members,) * self.n_members
        return () if self.zeroes or self.kind == "gaussian_scale" else (1.0,)

    @property
    def zeroes(self) -> bool:
        """Whether signs are set to 0; kept ones are then divided by 1 - p."""
        return self.kind in ("element", "spatial")

    @property
    def gain(self) -> float:
        return 1.0 / (1.0 - self.p) if self.zeroes else 1.0


class Block(nn.Module):
    """One layer with what follows it: ``finish(sums(x), state)``.

    Parameters
    ----------
    mac : the binary convolution or linear layer
    norm : its normalisation
    pool : edge of the square max-pool on the sums, 1 for none
    sign : whether -1/+1 leave the block, or the real values
    shape : of what leaves it, without batch axis
    """

    def __init__(
        self, mac: BinaryMac, norm: Norm, chance: Chance, *, pool: int, sign: bool, shape: Shape
    ) -> None:
        super().__init__()
        self.mac, self.norm, self.chance = mac, norm, chance
        self.pool, self.sign, self.shape = pool, sign, shape

    def draw(self, generator: np.random.Generator, n: int, step: int) -> State:
        """The mask of a batch of ``n`` images: one a layer and batch, or one a value, channel or weight."""
        kind, p = self.chance.kind, self.chance.p
        if kind == "scale":
            return int(generator.random() < p)
        if kind == "affine":
            return int((generator.random(2) < p) @ (1, 2))
        if kind == "ensemble":
            return step % self.chance.n_members
        if kind == "gaussian_scale":
            return _normal(generator, (n, self.shape[0]))
        if kind == "instances":
            return _normal(generator, tuple(self.mac.weight.shape))
        if self.chance.zeroes:
            shape = self.shape if kind == "element" else (self.shape[0], *[1] * (len(self.shape) - 1))
            return torch.from_numpy((generator.random((n, *shape), np.float32) >= p).astype(np.float32))
        return None

    def sums(self, x: Tensor, state: State = None) -> Tensor:
        """Exact integers for integer x; a mask acts on them only where it chooses the weights."""
        z: Tensor = self.mac(x, state if self.chance.kind == "instances" else None)
        return functional.max_pool2d(z, self.pool) if self.pool > 1 else z

    def finish(self, z: Tensor, state: State = None) -> Tensor:
        """Normalised and, in a hidden layer, binarised; 0 where a value is dropped."""
        kind = self.chance.kind
        y: Tensor = self.norm(z, None if self.chance.zeroes or kind == "instances" else state)
        y = binarize(y) if self.sign else y
        return y * state if self.chance.zeroes and isinstance(state, Tensor) else y


class BinaryNetwork(nn.Module):
    """Blocks in order, fed with the stored integers q of the input, which stand for ``input_scale*q``."""

    def __init__(self, blocks: Sequence[Block], input_scale: float) -> None:
        super().__init__()
        self.chain = tuple(blocks)
        self.blocks = nn.ModuleList(blocks)
        self.input_scale = input_scale
        self.gains = [input_scale, *(block.chance.gain for block in blocks[:-1])]

    def draw(self, generator: np.random.Generator, n: int, step: int) -> list[State]:
        """Masks of a pass, one per block."""
        return [block.draw(generator, n, step) for block in self.chain]

    def forward(self, q: Tensor, states: Sequence[State]) -> Tensor:
        """Logits (n, n_classes) of one pass; ``states`` has the mask of each block."""
        return self.finish(self.values(0, q, states[0]), states)

    def finish(self, first: Tensor, states: Sequence[State]) -> Tensor:
        """Logits from the values of the first layer's sums, which passes share unless they choose weights."""
        x = self.chain[0].finish(first, states[0])
        for index, state in enumerate(states[1:], start=1):
            x = self.chain[index].finish(self.values(index, x, state), state)
        return x

    def values(self, index: int, x: Tensor, state: State = None) -> Tensor:
        """What the sums of a block stand for."""
        z = self.chain[index].sums(x, state)
        return z.to(self.chain[index].norm.dtype) * self.gains[index] if self.gains[index] != 1.0 else z

    @torch.no_grad()
    def all_passes(self, q: Tensor) -> Tensor:
        """Logits (n_masks, n, n_classes) of every mask, the first block's state changing fastest.

        An ensemble has a mask a member.
        """
        chances = [block.chance for block in self.chain]
        if chances[0].kind == "ensemble":
            return torch.stack([self(q, [m] * len(chances)) for m in range(chances[0].n_members)])
        found = [q]
        for index, block in enumerate(self.chain):
            states = range(len(block.chance.probabilities))
            if block.chance.kind == "instances":
                found = [block.finish(self.values(index, x, s)) for s in states for x in found]
            else:
                sums = [self.values(index, x) for x in found]
                found = [block.finish(z, s) for s in states for z in sums]
        return torch.stack(found)

    @torch.no_grad()
    def clip(self) -> None:
        """Keep the shadow weights where a gradient can still flip them."""
        for block in self.chain:
            block.mac.weight.clamp_(-1.0, 1.0)

    def penalties(self) -> Iterator[Tensor]:
        """What the norms add to the loss of the whole training set, in nats."""
        for block in self.chain:
            penalty = block.norm.penalty()
            if penalty is not None:
                yield penalty

    def freeze(self, generator: np.random.Generator) -> None:
        """Draw the instances of the weights that are kept."""
        for block in self.chain:
            if block.chance.kind == "instances":
                shape = (block.chance.n_members, *block.mac.weight.shape)
                block.mac.freeze(_normal(generator, shape))


def _normal(generator: np.random.Generator, shape: Shape) -> Tensor:
    return torch.from_numpy(generator.standard_normal(shape, dtype=np.float32))
