"""Scale Dropout: batch normalisation with a learned scale per channel that one bit per layer sets to 1."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from cimsim.train.recipes import PLACEMENTS

__all__ = ["EPS", "ScaleDropBatchNorm"]

EPS = 1e-5
MOMENTUM = 0.1


class ScaleDropBatchNorm(nn.Module):
    """Normalise the sums z of a layer, scale them, shift them.

    With ``a`` the scale, ``g`` a gain, ``b`` the shift and N(x; y) normalisation of x by the statistics of
    y, a pass that keeps the scale and one that drops it give

    - ``inside``: ``a*N(z; z) + b`` and ``N(z; z) + b``. The scale is the gain. Trains well in hidden layers.
    - ``undropped``: ``g*N(a*z; a*z) + b`` and ``g*N(z; a*z) + b``. What a folded threshold in hardware does.
    - ``literal``: ``g*N(a*z; a*z) + b`` and ``g*N(z; z) + b``. Normalisation divides a positive scale out
      again, so it hardly learns and a drop hardly acts; offered for comparison with papers that state it.

    The running statistics are those of z, which do not depend on this layer's own mask bit. Those of a*z
    follow from them (mean a*mean, variance a^2*var), so kept and dropped passes each meet their own.

    Parameters
    ----------
    scale : (n_channels,) initial scale; near 1 with some spread trains best
    placement : one of ``PLACEMENTS``
    """

    mean: Tensor
    var: Tensor

    def __init__(self, scale: Tensor, placement: str = "inside") -> None:
        super().__init__()
        if placement not in PLACEMENTS:
            raise ValueError(f"placement must be one of {', '.join(PLACEMENTS)} (got {placement!r})")
        self.placement = placement
        self.scale = nn.Parameter(scale.clone())
        self.shift = nn.Parameter(torch.zeros_like(scale))
        self.gain = nn.Parameter(torch.ones_like(scale), requires_grad=placement != "inside")
        self.register_buffer("mean", torch.zeros_like(scale))
        self.register_buffer("var", torch.ones_like(scale))

    def forward(self, z: Tensor, drop: bool) -> Tensor:
        """Values of one pass, (n, c) or (n, c, h, w), in the dtype of the parameters.

        In training mode the statistics are those of the batch, and the running ones follow them.
        """
        z = z.to(self.scale.dtype)
        mean, var = self._batch_statistics(z) if self.training else (self.mean, self.var)
        column = (1, -1, *[1] * (z.dim() - 2))
        if self.placement == "undropped":
            z = z if drop else z * self.scale.view(column)
            mean, var = self.scale * mean, self.scale**2 * var
        gamma = self.gamma(var, drop).view(column)
        deviation = torch.sqrt(var + EPS).view(column)
        return gamma * (z - mean.view(column)) / deviation + self.shift.view(column)

    def gamma(self, var: Tensor, drop: bool) -> Tensor:
        """(n_channels,) gain of the normalisation by the variance ``var``."""
        if self.placement == "inside":
            return torch.ones_like(self.scale) if drop else self.scale
        if self.placement == "undropped" or drop:
            return self.gain
        return self.gain * self.scale * torch.sqrt((var + EPS) / (self.scale**2 * var + EPS))

    def _batch_statistics(self, z: Tensor) -> tuple[Tensor, Tensor]:
        axes = [axis for axis in range(z.dim()) if axis != 1]
        var, mean = torch.var_mean(z, dim=axes, correction=0)
        with torch.no_grad():
            self.mean += MOMENTUM * (mean - self.mean)
            self.var += MOMENTUM * (var - self.var)
        return mean, var
