"""Max-pool of packed signs, some of them not driven."""

from __future__ import annotations

from cimsim.sim.kernels import plain
from cimsim.sim.kernels.pack import PackedBits
from cimsim.sim.kernels.plain import PoolWindow

__all__ = ["pool_signs"]


def pool_signs(
    bits: PackedBits, driven: PackedBits | None, channels: int, pool: PoolWindow
) -> tuple[PackedBits, PackedBits | None]:
    """Max over windows of -1, 0 (not driven) and +1.

    Parameters
    ----------
    bits, driven : uint64 (n, h, w, words); driven None means all are
    pool : window; its padding contributes nothing

    Returns
    -------
    bits and driven of the windows (n, oh, ow, words); driven is None where it was None
    """
    return plain.pool_signs(bits, driven, channels, pool)
