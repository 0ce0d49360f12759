"""Points computed on a Dask cluster. A worker that is lost costs time, no points."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from cimsim.errors import InputError
from cimsim.sweep.chunks import Chunks
from cimsim.sweep.context import Context
from cimsim.sweep.evaluate import Evaluator
from cimsim.sweep.extras import need
from cimsim.sweep.journal import Outcome
from cimsim.sweep.plan import Point

__all__ = ["Cluster"]

_CONNECT_S = 10
_DIED = "the workers that computed it were ended, perhaps for want of memory"
_ONE_AT_A_TIME = threading.Lock()


class Cluster:
    """Computes on the workers of a Dask scheduler, which must see the same files under the same paths.

    Parameters
    ----------
    context : of the sweep
    scheduler : address, such as ``tcp://host:8786``

    Raises
    ------
    InputError : Dask is not installed, or no scheduler with workers answers there
    """

    def __init__(self, context: Context, scheduler: str) -> None:
        distributed = need("distributed")
        self._context, self._place = context, f"--scheduler {scheduler}"
        try:
            self._client: Any = distributed.Client(scheduler, timeout=_CONNECT_S, set_as_default=False)
        except (OSError, ValueError, TimeoutError) as error:
            rule, cure = "no Dask scheduler answers there", "start one with: dask scheduler"
            raise InputError(self._place, rule, str(error), cure) from error

    def __enter__(self) -> Cluster:
        try:
            self._client.wait_for_workers(1, timeout=_CONNECT_S)
        except TimeoutError as error:
            self._client.close()
            cure = "start one on each machine with: dask worker ADDRESS --nthreads 1"
            raise InputError(self._place, "must have workers", "none", cure) from error
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def run(self, points: Iterable[Point]) -> Iterator[list[Outcome]]:
        """Outcomes as they come; points are taken from the stream little by little.

        Raises
        ------
        CimsimError : a worker does not see the same files
        InputError : a worker cannot import this package
        """
        finished: Any = need("distributed").as_completed(loop=self._client.loop)
        chunks = Chunks(points)
        given: dict[str, list[Point]] = {}
        self._refill(chunks, given, finished)
        for future in finished:
            outcomes = self._collect(future, chunks, given.pop(future.key))
            self._refill(chunks, given, finished)
            if outcomes:
                yield outcomes

    def _refill(self, chunks: Chunks, given: dict[str, list[Point]], finished: Any) -> None:
        """As many chunks as keep every thread busy, and one more for each."""
        wanted = 2 * max(1, sum(self._client.nthreads().values()))
        while len(given) < wanted and (chunk := chunks.take()):
            future = self._client.submit(_outcomes, self._context, chunk, pure=False)
            given[future.key] = chunk
            finished.add(future)

    def _collect(self, future: Any, chunks: Chunks, chunk: list[Point]) -> list[Outcome]:
        try:
            outcomes: list[Outcome] = future.result()
        except need("distributed").KilledWorker:
            return chunks.lost(chunk, _DIED)
        except ModuleNotFoundError as error:
            rule, cure = "workers must have cimsim installed", "pip install 'cimsim[sweep]' there"
            raise InputError(self._place, rule, str(error), cure) from error
        chunks.told(outcomes)
        return outcomes


def _outcomes(context: Context, points: list[Point]) -> list[Outcome]:
    """On a worker. Threads of one process take turns: what stays warm is not made to be shared."""
    with _ONE_AT_A_TIME:
        return _evaluator(_Same(context)).outcomes(points)


class _Same:
    """A context that equals another of the same content, so that a worker knows it again."""

    def __init__(self, context: Context) -> None:
        self.context, self._text = context, repr(context)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)


@lru_cache(maxsize=2)
def _evaluator(same: _Same) -> Evaluator:
    same.context.verify()
    return Evaluator(same.context)
