"""Rows: which passes of an image share a value.

A tensor has one row per image and per setting of the masks upstream of it. Passes that agree on these masks
point to the same row, so what they would compute twice is computed once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

__all__ = ["RowTable", "RowTables"]

Index = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class RowTable:
    """Rows of one tensor, sorted by image.

    Attributes
    ----------
    row_of : (n_images, n_passes), the row of each image and pass
    n_rows : number of rows
    """

    row_of: Index
    n_rows: int

    @cached_property
    def first_use(self) -> Index:
        """(n_rows,) flat index (image * n_passes + pass) of the first pass that uses the row."""
        flat = self.row_of.ravel()
        first = np.empty(self.n_rows, dtype=np.int64)
        first[flat[::-1]] = np.arange(flat.size - 1, -1, -1)
        return first

    @cached_property
    def image(self) -> Index:
        """(n_rows,) the image of each row."""
        image: Index = self.first_use // self.row_of.shape[1]
        return image

    @cached_property
    def n_uses(self) -> Index:
        """(n_rows,) passes that use each row."""
        return np.bincount(self.row_of.ravel(), minlength=self.n_rows)

    def rows_per_image(self) -> Index:
        """(n_images,) number of rows."""
        return np.bincount(self.image, minlength=len(self.row_of))

    def of(self, child: RowTable) -> Index | None:
        """This table's row for each row of a finer table; None where they are the same."""
        return None if child is self else self.row_of.ravel()[child.first_use]

    def split(self, states: NDArray[np.uint8], n_states: int) -> RowTable:
        """The finer table in which rows also agree on states (n_images, n_passes)."""
        key = self.row_of * n_states + states
        is_used = np.zeros(self.n_rows * n_states, dtype=np.int64)
        is_used[key.ravel()] = 1
        n_rows = int(is_used.sum())
        return self if n_rows == self.n_rows else RowTable((np.cumsum(is_used) - 1)[key], n_rows)


class RowTables:
    """The tables of one chunk of images, one per set of upstream masks.

    Parameters
    ----------
    masks : uint8 (n_images, n_passes, n_nodes)
    columns : name of a node with a scalar mask -> its column and number of states; any other mask is new in
        every pass
    """

    def __init__(self, masks: NDArray[np.uint8], columns: Mapping[str, tuple[int, int]]) -> None:
        self._masks, self._columns = masks, columns
        n_images, n_passes = masks.shape[:2]
        images = np.repeat(np.arange(n_images, dtype=np.int64)[:, None], n_passes, axis=1)
        passes = np.arange(n_images * n_passes, dtype=np.int64).reshape(n_images, n_passes)
        self._by_image = RowTable(images, n_images)
        self._by_pass = self._by_image if n_passes == 1 else RowTable(passes, n_images * n_passes)
        self._known: dict[tuple[str, ...], RowTable] = {(): self._by_image}

    def of(self, upstream: Sequence[str]) -> RowTable:
        """The table of a tensor that depends on the masks of these nodes."""
        key = tuple(upstream)
        if key not in self._known:
            self._known[key] = self._build(key)
        return self._known[key]

    def states(self, name: str, table: RowTable) -> NDArray[np.int64]:
        """(n_rows,) the state of a node's scalar mask in each row."""
        return self._masks[:, :, self._columns[name][0]].ravel()[table.first_use].astype(np.int64)

    def _build(self, names: tuple[str, ...]) -> RowTable:
        if any(name not in self._columns for name in names):
            return self._by_pass
        column, n_states = self._columns[names[-1]]
        return self.of(names[:-1]).split(self._masks[:, :, column], n_states)
