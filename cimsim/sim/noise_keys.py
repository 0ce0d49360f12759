"""What names the noise of a read: image and pass, then position, whatever the chunks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cimsim._jit import njit
from cimsim.sim.kernels.read_out import mixed

__all__ = ["keys_of_positions", "keys_of_second_phase"]

Keys = NDArray[np.uint64]


def keys_of_positions(keys: Keys | None, n_positions: int) -> Keys | None:
    """(n,) keys of items as keys of their positions, planes included; none stay none."""
    if keys is None:
        return None
    apart = _mixed(keys)[:, None] + np.arange(n_positions, dtype=np.uint64)
    return _mixed(np.asarray(apart.ravel(), np.uint64))


def keys_of_second_phase(keys: Keys) -> Keys:
    """What names the noise where positions with these keys are read once more."""
    return _mixed(~keys)


@njit
def _mixed(keys: Keys) -> Keys:
    """Neighbouring keys become unrelated."""
    found = np.empty_like(keys)
    for k in range(len(keys)):
        found[k] = mixed(keys[k])
    return found
