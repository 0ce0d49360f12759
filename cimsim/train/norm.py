"""What every normalisation offers: values of a pass, its nodes in a workload file, a penalty in training."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

__all__ = ["EPS", "Norm", "NormNode", "RunningStatistics", "State", "column"]

EPS = 1e-5
MOMENTUM = 0.1

State = int | Tensor | None
"""What a block's mask is in a pass; None where nothing is dropped or drawn."""


class NormNode(NamedTuple):
    """A node of the file: first part of its name, operation with settings, dropout if any, parameters."""

    stem: str
    attributes: dict[str, Any]
    dropout: dict[str, Any]
    parameters: dict[str, Tensor]


class Norm(nn.Module, ABC):
    """Between the sums of a layer and its signs."""

    @abstractmethod
    def forward(self, z: Tensor, state: State = None) -> Tensor:
        """Values of one pass, (n, c) or (n, c, h, w), in the dtype of the parameters."""

    @abstractmethod
    def nodes(self, p: float) -> list[NormNode]:
        """What stands in the workload file; ``p`` is the probability of a drop."""

    def penalty(self) -> Tensor | None:
        """What is added to the loss of the whole training set, in nats."""
        return None

    @property
    def dtype(self) -> torch.dtype:
        return next(self.parameters()).dtype


class RunningStatistics(nn.Module):
    """Mean and variance per channel: of the batch in training, which the running ones follow, else those."""

    mean: Tensor
    var: Tensor

    def __init__(self, n_channels: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(n_channels))
        self.register_buffer("var", torch.ones(n_channels))

    def forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        if not self.training:
            return self.mean, self.var
        axes = [axis for axis in range(z.dim()) if axis != 1]
        var, mean = torch.var_mean(z, dim=axes, correction=0)
        with torch.no_grad():
            self.mean += MOMENTUM * (mean - self.mean)
            self.var += MOMENTUM * (var - self.var)
        return mean, var


def column(x: Tensor, like: Tensor) -> Tensor:
    """A (channels,) or (n, channels) tensor shaped to broadcast against ``like`` (n, channels, ...)."""
    return x.view(-1, x.shape[-1], *[1] * (like.dim() - 2))
