"""How far one command runs behind another: windows between rasters of positions, and buffers between them."""

from __future__ import annotations

from dataclasses import dataclass

from cimsim.mapping.program import Window

__all__ = ["POINT", "Sliding", "Source", "each", "line_buffer", "sliding", "taps_in_bounds", "whole"]


@dataclass(frozen=True)
class Source:
    """Which command delivers a tensor, and the raster of its items (one item a row where ``by_rows``)."""

    command: str
    height: int
    width: int
    by_rows: bool = False

    @property
    def n_items(self) -> int:
        return self.height if self.by_rows else self.height * self.width


@dataclass(frozen=True)
class Sliding:
    """A window of (rows, columns) that moves over a raster."""

    kernel: tuple[int, int] = (1, 1)
    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int] = (0, 0)


POINT = Sliding()
"""Elementwise: position by position."""


def each(producer: str, n_positions: int, *, divide: int = 1, multiply: int = 1, buffered: int = 0) -> Window:
    """Position i of the consumer needs position i of the producer; ``buffered`` positions wait in between."""
    return Window(
        producer, divide=divide, multiply=multiply, producer_height=n_positions, capacity=buffered * multiply
    )


def whole(producer: str, n_items: int) -> Window:
    """The first item of the consumer needs everything the producer makes."""
    return Window(producer, producer_height=n_items, reach_y=n_items)


def sliding(source: Source, move: Sliding, width: int, *, divide: int = 1, capacity: int = 0) -> Window:
    """The consumer, ``divide`` items a position and ``width`` wide, reads ``source`` through ``move``."""
    (k_y, k_x), (s_y, s_x), (p_y, p_x) = move.kernel, move.stride, move.padding
    if source.by_rows:
        k_x, s_x, p_x = 1, 0, 0
    return Window(
        source.command,
        divide=divide,
        width=width,
        producer_width=1 if source.by_rows else source.width,
        producer_height=source.height,
        stride_y=s_y,
        stride_x=s_x,
        reach_y=max(k_y - 1 - p_y, 0),
        reach_x=max(k_x - 1 - p_x, 0),
        pad_y=p_y,
        pad_x=p_x,
        capacity=capacity,
    )


def line_buffer(source: Source, move: Sliding) -> int:
    """Items that a buffer of whole rows holds: the rows under the window and the rows it moves on to.

    Rows above the first one that a window waits for stay too, where the padding is taller than the kernel.
    """
    rows = min(source.height, max(move.kernel[0], move.padding[0] + 1) + move.stride[0])
    return rows if source.by_rows else rows * source.width


def taps_in_bounds(size: int, out: int, kernel: int, stride: int, padding: int) -> int:
    """Taps of a window along one axis that fall inside, summed over its output positions.

    >>> taps_in_bounds(4, 4, 3, 1, 1)
    10
    """
    return sum(
        max(0, min(o * stride - padding + kernel, size) - max(o * stride - padding, 0)) for o in range(out)
    )
