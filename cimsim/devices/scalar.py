"""The number type of every physical formula."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["Scalar"]

Scalar = float | NDArray[np.float64]
"""A number, or (n_draws,) draws of it when the spread of the sources is propagated."""
