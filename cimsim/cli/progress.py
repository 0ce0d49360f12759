"""A progress bar on standard error: for runs that take a while, where that is a terminal; elsewhere lines."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

__all__ = ["progress_bar"]

_PATIENCE_S = 1.0
_LINE_EVERY_S = 30.0


@contextmanager
def progress_bar(
    patience_s: float = _PATIENCE_S, *, rate_of: str = "", line_every_s: float = _LINE_EVERY_S
) -> Iterator[Callable[[str, int, int], None] | None]:
    """Give a function to call with (stage, done, total), or None where nobody watches.

    Nothing is shown before ``patience_s`` seconds have passed, and nothing stays. With ``rate_of``, what is
    counted, also how many there are and how many come a second; where standard error is no terminal, such as
    in the log of a batch, a line then says so every ``line_every_s`` seconds.
    """
    if not sys.stderr.isatty():
        if rate_of:
            with _lines(rate_of, line_every_s) as tell:
                yield tell
        else:
            yield None
        return
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress, TaskID, TextColumn

    counted = (MofNCompleteColumn(), TextColumn("{task.fields[rate]}")) if rate_of else ()
    columns = (*Progress.get_default_columns(), *counted)
    bar = Progress(*columns, console=Console(stderr=True), transient=True)
    tasks: dict[str, TaskID] = {}
    began: dict[str, tuple[float, int]] = {}

    def show(stage: str, done: int, total: int) -> None:
        now = time.monotonic()
        start, before = began.setdefault(stage, (now, done))
        rate = f"{(done - before) / (now - start):,.3g} {rate_of}/s" if now > start else ""
        if stage not in tasks:
            tasks[stage] = bar.add_task(stage, total=total, rate=rate)
        bar.update(tasks[stage], completed=done, total=total, rate=rate)

    timer = threading.Timer(patience_s, bar.start)
    timer.start()
    try:
        yield show
    finally:
        timer.cancel()
        timer.join()
        bar.stop()


@contextmanager
def _lines(rate_of: str, every_s: float) -> Iterator[Callable[[str, int, int], None]]:
    """Says the latest that it was told, also where nothing new came since."""
    state: list[tuple[float, int, str, int, int]] = []
    is_over = threading.Event()

    def tell(stage: str, done: int, total: int) -> None:
        start, before = state[0][:2] if state and state[0][2] == stage else (time.monotonic(), done)
        state[:] = [(start, before, stage, done, total)]

    def speak() -> None:
        while not is_over.wait(every_s):
            for start, before, stage, done, total in list(state):
                line = _line(rate_of, done, total, done - before, time.monotonic() - start)
                print(f"{stage} {line}", file=sys.stderr, flush=True)

    speaker = threading.Thread(target=speak, daemon=True)
    speaker.start()
    try:
        yield tell
    finally:
        is_over.set()
        speaker.join()


def _line(rate_of: str, done: int, total: int, n_new: int, passed_s: float) -> str:
    """``120/1,000, 4 points/s, 0:03:40 left``."""
    line = f"{done:,}/{total:,}"
    if n_new <= 0 or passed_s <= 0:
        return f"{line}, none yet after {timedelta(seconds=round(passed_s))}"
    left = timedelta(seconds=round((total - done) * passed_s / n_new))
    return f"{line}, {n_new / passed_s:,.3g} {rate_of}/s, {left} left"
