"""What an SRAM costs against its size: a table in MNSIM 2.0, 45 nm and 0.9 V, that looks like CACTI's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

__all__ = ["NODE_M", "SUPPLY_V", "SramCost", "sram_cost"]

NODE_M, SUPPLY_V = 45e-9, 0.9
"""Of the table."""

_KILOBYTE = 8192


@dataclass(frozen=True)
class SramCost:
    """A memory at the table's node and supply.

    Attributes
    ----------
    read_j, write_j : per bit moved
    area_m2, leakage_w : of the whole memory; the leakage is that of fast cells
    """

    read_j: float
    write_j: float
    area_m2: float
    leakage_w: float


_TABLE: Mapping[int, Mapping[int, SramCost]] = {
    64: {
        2: SramCost(0.057e-12, 0.067e-12, 0.026e-6, 3.1e-3),
        8: SramCost(0.112e-12, 0.122e-12, 0.069e-6, 10.7e-3),
        32: SramCost(0.251e-12, 0.227e-12, 0.209e-6, 37.9e-3),
    },
    256: {
        32: SramCost(0.163e-12, 0.206e-12, 0.350e-6, 40.1e-3),
        128: SramCost(0.339e-12, 0.382e-12, 0.945e-6, 142e-3),
    },
}
"""Width of the port in bits, size in KB: as read in MNSIM 2.0."""


def sram_cost(size_bits: int, port_bits: int = 64) -> SramCost:
    """Between two sizes of the table, a straight line of the logarithms: a power of the size.

    Raises
    ------
    ValueError
        A port or a size that the table does not cover; the message says which sizes it does.

    Examples
    --------
    >>> sram_cost(8 * 8192).read_j
    1.12e-13
    """
    if port_bits not in _TABLE:
        raise ValueError(f"must be one of {', '.join(map(str, _TABLE))}")
    rows = _TABLE[port_bits]
    sizes = np.array(list(rows)) * _KILOBYTE
    if not sizes[0] <= size_bits <= sizes[-1]:
        raise ValueError(f"must be from {sizes[0]} to {sizes[-1]} at a port of {port_bits} bits")
    columns = np.array([list(vars(row).values()) for row in rows.values()]).T
    at = np.log(size_bits)
    costs = (float(np.exp(np.interp(at, np.log(sizes), np.log(column)))) for column in columns)
    return SramCost(*(float(f"{cost:.6g}") for cost in costs))
