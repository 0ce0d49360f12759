"""A progress bar on standard error: for runs that take a while, and only where that is a terminal."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["progress_bar"]

_PATIENCE_S = 1.0


@contextmanager
def progress_bar(
    patience_s: float = _PATIENCE_S, *, rate_of: str = ""
) -> Iterator[Callable[[str, int, int], None] | None]:
    """Give a function to call with (stage, done, total), or None where nobody watches.

    Nothing is shown before ``patience_s`` seconds have passed, and nothing stays. With ``rate_of``, what is
    counted, also how many there are and how many come a second.
    """
    if not sys.stderr.isatty():
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
