"""How the copies of a layer lie over tiles: what they share, and what each one reads and compares where."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cimsim.arch.chip import Geometry

__all__ = ["ONE_TILE", "Copies", "Spread", "spread_over_tiles"]


class Spread(NamedTuple):
    """Tiles of a layer. Copies may lie differently: what is said of one copy is the mean over all of them.

    Attributes
    ----------
    n_sites : tiles, or sets of as many tiles as a copy covers, that serve positions side by side
    copy_tiles : tiles that a copy covers
    copy_homes : tiles of a copy where column tiles begin: sums are added and compared there, side by side
    n_gathers : partial sums of a column tile that other tiles of the copy send home, for each output position
    input_reads : tile buffers that a copy reads an input bit from, on average over its rows
    input_copies : tile buffers that hold an input bit for any copy, likewise
    n_homes : tiles where column tiles of any copy begin
    threshold_copies : tiles that hold the thresholds of a channel
    """

    n_sites: int = 1
    copy_tiles: float = 1.0
    copy_homes: float = 1.0
    n_gathers: float = 0.0
    input_reads: float = 1.0
    input_copies: float = 1.0
    n_homes: int = 1
    threshold_copies: float = 1.0


ONE_TILE = Spread()
"""One copy, whole on a tile."""


class Copies(NamedTuple):
    """The subarrays of a layer, outermost first. Each replica begins a macro; one variant works at a time."""

    replicas: int
    n_variants: int
    groups: int
    column_tiles: int
    row_tiles: int


def spread_over_tiles(copies: Copies, first_macro: int, geometry: Geometry) -> Spread:
    """Subarrays fill up macro by macro, columnwise; sums are added where a column begins."""
    per_copy = math.prod(copies[1:])
    macros = math.ceil(per_copy / geometry.subarrays_per_macro)
    begins = (first_macro + macros * np.arange(copies.replicas)) * geometry.subarrays_per_macro
    per_tile = geometry.subarrays_per_macro * geometry.macros_per_tile
    tile = ((begins[:, None] + np.arange(per_copy)) // per_tile).reshape(copies)
    home = tile[..., :1]
    replica, variant, group, column, row = np.indices(copies, sparse=True)
    n_copies, n_variants = copies.replicas * copies.n_variants, copies.n_variants
    n_rows, n_columns = copies.groups * copies.row_tiles, copies.groups * copies.column_tiles
    widest = int(np.ptp(tile, axis=(2, 3, 4)).max()) + 1
    return Spread(
        n_sites=max(1, _n_distinct(variant, tile) // n_variants // widest),
        copy_tiles=_n_distinct(replica, variant, tile) / n_copies,
        copy_homes=_n_distinct(replica, variant, home) / n_copies,
        n_gathers=int((tile[..., -1:] - home).sum()) / n_copies,
        input_reads=_n_distinct(replica, variant, group, row, tile) / (n_copies * n_rows),
        input_copies=_n_distinct(variant, group, row, tile) / (n_variants * n_rows),
        n_homes=_n_distinct(home),
        threshold_copies=_n_distinct(variant, group, column, home) / (n_variants * n_columns),
    )


def _n_distinct(*keys: NDArray[np.int64]) -> int:
    """Different tuples of keys that broadcast against each other."""
    key = keys[0]
    for other in keys[1:]:
        key = key * (int(other.max()) + 1) + other
    return int(np.unique(key).size)
