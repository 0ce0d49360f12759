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
    """A layer of -1/+1 weights behind which real-valued shadow weights in [-1, 1] are trained."""

    def __init__(self, shape: tuple[int, ...], generator: torch.Generator) -> None:
        super().__init__()
        self.weight = nn.Parameter(
            torch.empty(shape).uniform_(-INITIAL_SPREAD, INITIAL_SPREAD, generator=generator)
        )


class BinaryConv2d(BinaryMac):
    """Convolution without padding: (n, c_in, h, w) to (n, c_out, h - kernel + 1, w - kernel + 1)."""

    def __init__(self, c_in: int, c_out: int, kernel: int, generator: torch.Generator) -> None:
        super().__init__((c_out, c_in, kernel, kernel), generator)

    def forward(self, x: Tensor) -> Tensor:
        return functional.conv2d(x.to(self.weight.dtype), binarize(self.weight))


class BinaryLinear(BinaryMac):
    """Matrix product: (n, ...) flattened channel-major to (n, n_in), then to (n, n_out)."""

    def __init__(self, n_in: int, n_out: int, generator: torch.Generator) -> None:
        super().__init__((n_out, n_in), generator)

    def forward(self, x: Tensor) -> Tensor:
        return functional.linear(x.flatten(1).to(self.weight.dtype), binarize(self.weight))
