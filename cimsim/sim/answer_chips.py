"""The values passes of a run: what the told chip answers, and how others out of the spread score."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from cimsim.data import Dataset
from cimsim.mapping.program import Program
from cimsim.sim.analog_layer import array_chip
from cimsim.sim.answer import Answers, Question, answer
from cimsim.sim.instances import as_drawn, run_chips
from cimsim.sim.runner import Progress
from cimsim.sim.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["answer_chips"]


def answer_chips(
    program: Program,
    images: Dataset,
    settings: Settings,
    question: Question | None = None,
    progress: Progress | None = None,
) -> tuple[Answers, pd.DataFrame | None]:
    """Answers of a chip without spread in its random bits, and where more are asked for a row for each.

    Parameters
    ----------
    question : what is asked beyond the test images, of the first chip
    progress : called with (stage, done, total)
    """
    graph, seed = program.graph, settings.seed
    draws = settings.samples != "exact"
    tell = progress or (lambda stage, done, total: None)
    ask = partial(
        answer,
        folds=program.folds,
        images=images,
        n_mc_samples=settings.samples,
        seed=seed,
        source=program.chip.bit_source,
    )
    made = partial(array_chip, program, settings.schedule, settings.fidelity, seed)
    drawn = as_drawn(graph, program.chip) if draws else graph
    answers = ask(drawn, arrays=made(0), question=question, progress=tell)
    if settings.n_instances == 1:
        return answers, None
    chips = run_chips(
        program,
        settings.n_instances,
        seed,
        lambda drawn, k: ask(drawn, arrays=made(k + 1)).scores,
        partial(tell, "chips"),
        draws=draws,
    )
    return answers, chips
