"""What names the noise of a read: image and pass, then position, whatever the chunks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["keys_of_positions", "keys_of_second_phase"]

Keys = NDArray[np.uint64]


def keys_of_positions(keys: Keys | None, n_positions: int) -> Keys | None:
    """(n,) keys of items as keys of their positions, planes included; none stay none."""
    if keys is None:
        return None
    with np.errstate(over="ignore"):
        apart = _mixed(keys)[:, None] + np.arange(n_positions, dtype=np.uint64)
        return _mixed(np.asarray(apart.ravel(), np.uint64))


def keys_of_second_phase(keys: Keys) -> Keys:
    """What names the noise where positions with these keys are read once more."""
    return _mixed(~keys)


def _mixed(keys: Keys) -> Keys:
    """Splitmix64: neighbouring keys become unrelated."""
    z = (keys ^ (keys >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(z ^ (z >> np.uint64(31)), np.uint64)
