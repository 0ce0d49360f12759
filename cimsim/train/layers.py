"""Binary layers: -1/+1 weights and activations forward, clipped straight-through gradients backward."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["BinaryConv2d", "BinaryLinear", "BinaryMac", "binarize"]

INITIAL_SPREAD = 0.1


def binarize(x: Tensor) -> Tensor:
    """+1 where x >= 0, else -1; the gradient passes where |x| <= 1 and is zero elsewhere.

    Source: Courbariaux et al., "Binarized Neural Networks", NIPS 2016, section 1.3.
    """
    sign = torch.where(x >= 0, 1.0, -1.0).to(x.dtype)
    if not torch.is_grad_enabled():
        return sign
    clipped = x.clamp(-1.0, 1.0)
    return clipped + (sign - clipped).detach()


class BinaryMac(nn.Module):
    """A layer of -1/+1 weights behind which real-valued shadow weights in [-1, 1] are trained.

    Where ``spread`` is not 0 the shadow weights are the means of normal distributions of that deviation: a
    pass in training gives the deviations of a sample from them, in units of ``spread``, and `freeze` draws
    the instances that are kept.
    """

    members: Tensor

    def __init__(self, shape: tuple[int, ...], generator: torch.Generator, spread: float = 0.0) -> None:
        super().__init__()
        self.spread = spread
        self.weight = nn.Parameter(
            torch.empty(shape).uniform_(-INITIAL_SPREAD, INITIAL_SPREAD, generator=generator)
        )
        self.register_buffer("members", torch.empty(0, *shape))

    def signs(self, state: int | Tensor | None = None) -> Tensor:
        """Weights -1/+1 of a pass: a sample by its deviations, the instance ``state``, or the means'."""
        if isinstance(state, Tensor):
            return binarize(self.weight + self.spread * state)
        if len(self.members):
            return self.members[state or 0]
        return binarize(self.weight)

    @torch.no_grad()
    def freeze(self, deviations: Tensor) -> None:
        """Keep an instance for each sample of ``deviations`` (n, *shape)."""
        self.members = torch.stack([self.signs(deviation) for deviation in deviations])


class BinaryConv2d(BinaryMac):
    """Convolution: (n, c_in, h, w) to (n, c_out, h + 2 padding - kernel + 1, ...); padded taps are 0."""

    def __init__(
        self,
        c_in: int,
        c_out: int,
        kernel: int,
        generator: torch.Generator,
        *,
        padding: int = 0,
        spread: float = 0.0,
    ) -> None:
        super().__init__((c_out, c_in, kernel, kernel), generator, spread)
        self.padding = padding

    def forward(self, x: Tensor, state: int | Tensor | None = None) -> Tensor:
        return functional.conv2d(x.to(self.weight.dtype), self.signs(state), padding=self.padding)


class BinaryLinear(BinaryMac):
    """Matrix product: (n, ...) flattened channel-major to (n, n_in), then to (n, n_out)."""

    def __init__(self, n_in: int, n_out: int, generator: torch.Generator, *, spread: float = 0.0) -> None:
        super().__init__((n_out, n_in), generator, spread)

    def forward(self, x: Tensor, state: int | Tensor | None = None) -> Tensor:
        return functional.linear(x.flatten(1).to(self.weight.dtype), self.signs(state))
