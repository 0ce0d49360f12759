"""Points handed out in chunks: so many at a time that passing them on costs little beside computing them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from cimsim.sweep.journal import Outcome
from cimsim.sweep.plan import Point

__all__ = ["Chunks"]

_CHUNK_S = 0.2
_MAX_POINTS = 64


class Chunks:
    """Takes points from a stream only when they are asked for; what comes back sets the size of chunks.

    Points that took a worker down with them are handed out again, one by one.
    """

    def __init__(self, points: Iterable[Point]) -> None:
        self._points: Iterator[Point] = iter(points)
        self._again: deque[Point] = deque()
        self._point_s = _CHUNK_S

    def take(self) -> list[Point]:
        """The next points; none at the end."""
        if self._again:
            return [self._again.popleft()]
        return list(islice(self._points, max(1, min(_MAX_POINTS, int(_CHUNK_S / self._point_s)))))

    def told(self, outcomes: Sequence[Outcome]) -> None:
        """Learn from what came back."""
        if outcomes:
            latest = sum(outcome.duration_s for outcome in outcomes) / len(outcomes)
            self._point_s = max(1e-4, 0.5 * (self._point_s + latest))

    def lost(self, points: Sequence[Point], reason: str) -> list[Outcome]:
        """What becomes of points whose worker died: one alone has failed, of several each is tried alone."""
        if len(points) > 1:
            self._again.extend(points)
            return []
        return [
            Outcome(p.index, p.key, "failed", reason, 0.0, p.settings, {}, is_final=False) for p in points
        ]
