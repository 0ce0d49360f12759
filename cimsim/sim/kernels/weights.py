"""Binary weights, prepared once for the kernels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["PackedWeights", "prepare_weights"]


@dataclass(frozen=True, eq=False)
class PackedWeights:
    """Weights of one MAC layer in the layouts that kernels read.

    Attributes
    ----------
    signs : int8 (c_out, c_in, k_h, k_w), -1 or +1
    """

    signs: NDArray[np.int8]


def prepare_weights(weight: NDArray[np.int8]) -> PackedWeights:
    """Prepare int8 (c_out, c_in, k_h, k_w) of -1/+1."""
    return PackedWeights(np.ascontiguousarray(weight, np.int8))
