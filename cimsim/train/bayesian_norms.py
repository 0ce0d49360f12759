"""Normalisations of the other methods: affine dropout, a Gaussian scale, one set of parameters a member."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

from cimsim.train.norm import EPS, Norm, NormNode, RunningStatistics, State, column
from cimsim.train.scale_dropout import ScaleDropBatchNorm

__all__ = ["AffineDropNorm", "EnsembleNorm", "GaussianScaleNorm"]

INITIAL_DEVIATION = 0.1


class AffineDropNorm(Norm):
    """Inverted normalisation: gain and shift per channel first, then statistics of each image.

    A pass drops the gains of a layer (to 1), its shifts (to 0), both or none. The statistics go over channels
    and space together: those of a single channel would divide its gain and shift out again.

    Parameters
    ----------
    gain : (n_channels,) initial gain
    fan_in : summands of a sum; shifts are learned in units of its square root
    """

    def __init__(self, gain: Tensor, fan_in: int) -> None:
        super().__init__()
        self.gain = nn.Parameter(gain.clone())
        self.shift = nn.Parameter(torch.zeros_like(gain))
        self.unit = math.sqrt(fan_in)

    def forward(self, z: Tensor, state: State = None) -> Tensor:
        """Values of a pass; bit 0 of ``state`` drops the gains, bit 1 the shifts."""
        bits = int(state or 0)
        z = z.to(self.dtype)
        gain = torch.ones_like(self.gain) if bits & 1 else self.gain
        shift = torch.zeros_like(self.shift) if bits & 2 else self.unit * self.shift
        y = (column(gain, z) * z + column(shift, z)).flatten(1)
        centered = y - self._mean(y)
        return (centered / torch.sqrt(self._mean(centered * centered) + EPS)).view(z.shape)

    def nodes(self, p: float) -> list[NormNode]:
        dropout = {"kind": "affine", "p": p} if p > 0 else {}
        arrays = {"gamma": self.gain, "beta": self.unit * self.shift}
        statistics = {"op": "instancenorm", "eps": EPS, "across_channels": True}
        return [NormNode("affine", {"op": "affine"}, dropout, arrays), NormNode("in", statistics, {}, {})]

    def _mean(self, y: Tensor) -> Tensor:
        """Mean over axis 1; outside training one addition after another, as the workload format says."""
        total = y.sum(dim=1, keepdim=True) if self.training else torch.cumsum(y, dim=1)[:, -1:]
        return total / y.shape[1]


class GaussianScaleNorm(Norm):
    """A scale per channel drawn from a learned normal distribution, then batch normalisation.

    The statistics are those of the sums times the mean scale. Training minimises the negative evidence lower
    bound: `penalty` is the divergence of the scales from their prior N(1, ``prior``^2).

    References
    ----------
    Reparametrisation and divergence: D. P. Kingma and M. Welling, arXiv 1312.6114, section 2.4, appendix B.
    """

    def __init__(self, scale: Tensor, prior: float) -> None:
        super().__init__()
        self.scale = nn.Parameter(scale.clone())
        self.log_deviation = nn.Parameter(torch.full_like(scale, math.log(INITIAL_DEVIATION)))
        self.gain = nn.Parameter(torch.ones_like(scale))
        self.shift = nn.Parameter(torch.zeros_like(scale))
        self.statistics = RunningStatistics(len(scale))
        self.prior = prior

    def forward(self, z: Tensor, state: State = None) -> Tensor:
        """Values of a pass; ``state`` (n, c) holds normal numbers of mean 0 and deviation 1."""
        z = z.to(self.dtype)
        mean, var = self.statistics(z)
        mean, var = self.scale * mean, self.scale**2 * var
        scale: Tensor = self.scale
        if isinstance(state, Tensor):
            scale = scale + torch.exp(self.log_deviation) * state.to(self.dtype)
        deviation = column(torch.sqrt(var + EPS), z)
        return column(self.gain, z) * (column(scale, z) * z - column(mean, z)) / deviation + column(
            self.shift, z
        )

    def nodes(self, p: float) -> list[NormNode]:
        mean, var = self.statistics.mean, self.statistics.var
        drawn = {"alpha": self.scale, "alpha_std": torch.exp(self.log_deviation)}
        arrays = {
            "gamma": self.gain,
            "beta": self.shift,
            "mean": self.scale * mean,
            "var": self.scale**2 * var,
        }
        return [
            NormNode("scale", {"op": "scale"}, {"kind": "gaussian_scale"}, drawn),
            NormNode("bn", {"op": "batchnorm", "eps": EPS}, {}, arrays),
        ]

    def penalty(self) -> Tensor:
        ratio = torch.exp(2 * self.log_deviation) / self.prior**2
        distance = (self.scale - 1.0) ** 2 / self.prior**2
        return 0.5 * (ratio + distance - 1.0 - torch.log(ratio)).sum()


class EnsembleNorm(Norm):
    """A batch normalisation for each member, statistics and parameters; they share the sums' weights."""

    def __init__(self, scales: list[Tensor]) -> None:
        super().__init__()
        self.members = nn.ModuleList(ScaleDropBatchNorm(scale) for scale in scales)

    def forward(self, z: Tensor, state: State = None) -> Tensor:
        """Values of the member ``state``."""
        y: Tensor = self.members[int(state or 0)](z)
        return y

    def nodes(self, p: float) -> list[NormNode]:
        found: list[NormNode] = []
        for member in self.members:
            assert isinstance(member, ScaleDropBatchNorm)
            found += member.nodes(0.0)
        first: dict[str, Any] = found[0].attributes
        arrays = {key: torch.stack([one.parameters[key] for one in found]) for key in found[0].parameters}
        return [NormNode("bn", first, {"kind": "ensemble"}, arrays)]
