"""Scale Dropout: batch normalisation with a learned scale per channel that one bit per layer sets to 1."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from cimsim.train.norm import EPS, Norm, NormNode, RunningStatistics, State, column
from cimsim.train.recipes import PLACEMENTS

__all__ = ["ScaleDropBatchNorm"]


class ScaleDropBatchNorm(Norm):
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

    def __init__(self, scale: Tensor, placement: str = "inside") -> None:
        super().__init__()
        if placement not in PLACEMENTS:
            raise ValueError(f"placement must be one of {', '.join(PLACEMENTS)} (got {placement!r})")
        self.placement = placement
        self.scale = nn.Parameter(scale.clone())
        self.shift = nn.Parameter(torch.zeros_like(scale))
        self.gain = nn.Parameter(torch.ones_like(scale), requires_grad=placement != "inside")
        self.statistics = RunningStatistics(len(scale))

    def forward(self, z: Tensor, state: State = None) -> Tensor:
        """Values of a pass; ``state`` 1 drops the scale."""
        drop = bool(state == 1)
        z = z.to(self.dtype)
        mean, var = self.statistics(z)
        if self.placement == "undropped":
            z = z if drop else z * column(self.scale, z)
            mean, var = self.scale * mean, self.scale**2 * var
        deviation = column(torch.sqrt(var + EPS), z)
        return column(self.gamma(var, drop), z) * (z - column(mean, z)) / deviation + column(self.shift, z)

    def gamma(self, var: Tensor, drop: bool) -> Tensor:
        """(n_channels,) gain of the normalisation by the variance ``var``."""
        if self.placement == "inside":
            return torch.ones_like(self.scale) if drop else self.scale
        if self.placement == "undropped" or drop:
            return self.gain
        return self.gain * self.scale * torch.sqrt((var + EPS) / (self.scale**2 * var + EPS))

    def nodes(self, p: float) -> list[NormNode]:
        """One node, or with the scale "undropped" one in front of it."""
        mean, var, scale = self.statistics.mean, self.statistics.var, self.scale
        dropout: dict[str, Any] = {"kind": "scale", "p": p} if p > 0 else {}
        batchnorm = {"op": "batchnorm", "eps": EPS}
        if self.placement == "undropped":
            arrays = {"gamma": self.gain, "beta": self.shift, "mean": scale * mean, "var": scale**2 * var}
            return [
                NormNode("scale", {"op": "scale"}, dropout, {"alpha": scale}),
                NormNode("bn", batchnorm, {}, arrays),
            ]
        arrays = {"gamma": self.gamma(var, drop=False), "beta": self.shift, "mean": mean, "var": var}
        if self.placement == "literal" and dropout:
            arrays["dropped_alpha"] = self.gamma(var, drop=True)
        return [NormNode("bn", batchnorm, dropout, arrays)]
