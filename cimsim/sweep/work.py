"""Points computed on this machine: in this process, or in several that die with it."""

from __future__ import annotations

import gc
import os
import signal
import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from types import TracebackType

from cimsim.errors import InputError
from cimsim.sweep.chunks import Chunks
from cimsim.sweep.context import Context
from cimsim.sweep.evaluate import Evaluator
from cimsim.sweep.journal import Outcome
from cimsim.sweep.plan import Point

__all__ = ["Here", "Processes"]

_DIED = "the process that computed it was ended, perhaps for want of memory"


class Here:
    """Computes in this process."""

    def __init__(self, context: Context) -> None:
        self._evaluator = Evaluator(context)

    def __enter__(self) -> Here:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def run(self, points: Iterable[Point]) -> Iterator[list[Outcome]]:
        """Outcomes as they come; points are taken from the stream little by little."""
        chunks = Chunks(points)
        while chunk := chunks.take():
            outcomes = self._evaluator.outcomes(chunk)
            chunks.told(outcomes)
            yield outcomes


class Processes:
    """Computes in processes of this machine; a point that takes its process down is a failed one.

    Parameters
    ----------
    context : of the sweep
    jobs : processes
    """

    def __init__(self, context: Context, jobs: int) -> None:
        self._context, self._jobs = context, jobs
        self._workers: list[_Worker] = []

    def __enter__(self) -> Processes:
        self._workers = [_Worker.start(self._context) for _ in range(self._jobs)]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self._workers:
            worker.process.kill()
        for worker in self._workers:
            worker.process.join()
            worker.line.close()

    def run(self, points: Iterable[Point]) -> Iterator[list[Outcome]]:
        """Outcomes as they come; points are taken from the stream little by little.

        Raises
        ------
        InputError : processes cannot be started
        """
        chunks = Chunks(points)
        for worker in self._workers:
            worker.give(chunks.take())
        while busy := [worker for worker in self._workers if worker.chunk]:
            ready = wait([worker.line for worker in busy])
            for worker in busy:
                if worker.line in ready and (outcomes := self._collect(worker, chunks)):
                    yield outcomes

    def _collect(self, worker: _Worker, chunks: Chunks) -> list[Outcome]:
        """What a worker has to say; whoever has nothing in hand then gets the next points."""
        given = worker.chunk
        try:
            outcomes = worker.hear()
        except (EOFError, OSError):
            outcomes = chunks.lost(given, _DIED)
            self._replace(worker)
        else:
            chunks.told(outcomes)
        for idle in self._workers:
            if not idle.chunk:
                idle.give(chunks.take())
        return outcomes

    def _replace(self, dead: _Worker) -> None:
        dead.process.join()
        dead.line.close()
        if not dead.was_heard:
            rule = "processes could not be started"
            cure = 'try 1; a script needs: if __name__ == "__main__"'
            raise InputError("--jobs", rule, str(self._jobs), cure)
        self._workers[self._workers.index(dead)] = _Worker.start(self._context)


@dataclass(eq=False)
class _Worker:
    """A process, the line to it, and the points that it has in hand."""

    process: SpawnProcess
    line: Connection
    chunk: list[Point] = field(default_factory=list)
    was_heard: bool = False

    @classmethod
    def start(cls, context: Context) -> _Worker:
        spawn = get_context("spawn")
        ours, theirs = spawn.Pipe()
        process = spawn.Process(target=_serve, args=(theirs, context), daemon=True)
        process.start()
        theirs.close()
        return cls(process, ours)

    def give(self, chunk: list[Point]) -> None:
        self.chunk = chunk
        if chunk:
            with suppress(OSError):  # it died while idle: listening to it will say so
                self.line.send(chunk)

    def hear(self) -> list[Outcome]:
        """What it found, or nothing when it says for the first time that it is there.

        Raises
        ------
        EOFError, OSError : it died
        """
        outcomes: list[Outcome] = self.line.recv()
        self.was_heard = True
        if outcomes:
            self.chunk = []
        return outcomes


def _serve(line: Connection, context: Context) -> None:
    """A worker's life: chunks in, outcomes out, until the line or the parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_die_with_parent, daemon=True).start()
    evaluator = Evaluator(context)
    with suppress(EOFError, OSError):
        line.send([])
        line.send(evaluator.outcomes(line.recv()))
        _collect_seldom()
        while True:
            line.send(evaluator.outcomes(line.recv()))


def _collect_seldom() -> None:
    """What is warm after the first chunk stays: looking through it took a fifth of every point."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def _die_with_parent() -> None:
    parent = parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os._exit(1)
