"""A sweep from file to table: plan, points, journal, tables."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cimsim.errors import InputError
from cimsim.reporting.quantities import things
from cimsim.sweep.cluster import Cluster
from cimsim.sweep.columns import flat
from cimsim.sweep.fairness import check_fair
from cimsim.sweep.folder import JOURNAL, open_journal
from cimsim.sweep.journal import Journal, Outcome
from cimsim.sweep.plan import Plan, Point, plan_sweep, with_images
from cimsim.sweep.search import Search
from cimsim.sweep.spec import SweepSpec
from cimsim.sweep.table import Progress, Table, objectives_of
from cimsim.sweep.table_files import CSV, read_columns, write_tables
from cimsim.sweep.wishes import check_answers, check_table, check_wishes, constraints_of
from cimsim.sweep.work import Here, Processes

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Finished", "run_sweep", "sweep"]


@dataclass(frozen=True)
class Finished:
    """What `run_sweep` leaves.

    Attributes
    ----------
    plan : what was asked for
    directory : of the tables and the journal
    types : of the columns of the table, by name
    n_new : points that were computed now; the others were in the journal
    n_done, n_failed : different points in all
    notes : what could not be written, and why
    """

    plan: Plan
    directory: Path
    types: Mapping[str, type]
    n_new: int
    n_done: int
    n_failed: int
    notes: list[str]

    def frame(self, names: Collection[str] | None = None) -> pd.DataFrame:
        """A row a point, in memory: all columns, or those of ``names`` that there are."""
        return read_columns(self.directory / CSV, self.types, names)

    def points(self, names: Collection[str]) -> pd.DataFrame:
        """`frame` with the columns of the axes, and of points that the sampler repeats only the first."""
        columns = list(self.plan.columns)
        found: pd.DataFrame = self.frame({*names, *columns}).drop_duplicates(columns, ignore_index=True)
        return found

    @cached_property
    def decided(self) -> pd.DataFrame:
        """`points` of a sweep with objectives: what they reach, and which are on the front."""
        return self.points({"point", "pareto", "pareto_tie", *self.plan.spec.objectives})


def sweep(
    spec: str | Path | dict[str, Any] | SweepSpec,
    *,
    overrides: Sequence[str] = (),
    data_dir: str | Path | None = None,
    jobs: int = 1,
    scheduler: str | None = None,
    out: str | Path | None = None,
    resume: bool = False,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Run every point of a sweep, or those that are missing: a row a point, as in ``sweep.csv``.

    Parameters
    ----------
    spec : a file, the same as a mapping, or a SweepSpec
    overrides : ``path=value`` changes of the architecture, under all axes
    data_dir : folder that holds the data sets
    jobs : processes on this machine
    scheduler : address of a Dask scheduler whose workers compute instead, such as ``tcp://host:8786``
    out : folder of the tables and the journal (default: ``reports/<name of the sweep>``)
    resume : go on with a sweep that was stopped there, and try again what failed for want of memory or data
    progress : called with (stage, done, total)

    Raises
    ------
    CimsimError
        A sweep that cannot be, or a folder that holds something else. A point that fails is a row with its
        ``error``, and the sweep goes on.
    """
    return run_sweep(
        spec,
        overrides=overrides,
        data_dir=data_dir,
        jobs=jobs,
        scheduler=scheduler,
        out=out,
        resume=resume,
        progress=progress,
    ).frame()


def run_sweep(
    spec: str | Path | dict[str, Any] | SweepSpec,
    *,
    overrides: Sequence[str] = (),
    data_dir: str | Path | None = None,
    jobs: int = 1,
    scheduler: str | None = None,
    out: str | Path | None = None,
    resume: bool = False,
    progress: Progress | None = None,
) -> Finished:
    """As `sweep`, for tables that do not fit in memory: they stay on disk."""
    plan = with_images(plan_sweep(spec, overrides, data_dir))
    check_wishes(plan)
    check_fair(plan)
    directory = Path(out) if out is not None else Path("reports") / plan.spec.name
    is_new = not (directory / JOURNAL).is_file()
    with open_journal(directory, plan, resume) as journal:
        if resume:
            journal.forget_passing(and_later=plan.spec.sampler.budget is not None)
        before = sum(journal.counts().values())
        if not journal.is_finished:
            with _crew(plan, jobs, scheduler) as crew:
                _Sweeper(plan, journal, crew, progress).run()
            journal.finish()
        table = Table(plan, journal, progress)
        notes = write_tables(directory, table)
        counts, n_passing = journal.counts(), journal.n_passing()
    if resume and is_new:
        notes.append("resume   there was nothing to go on with: the sweep began anew")
    if table.problem is not None:
        raise table.problem
    if n_passing:
        count = things(n_passing, "failed point")
        notes.append(f"again    --resume computes {count} again: the reason may have passed")
    n_done, n_failed = counts.get("done", 0), counts.get("failed", 0)
    return Finished(plan, directory, table.types, n_done + n_failed - before, n_done, n_failed, notes)


def _crew(plan: Plan, jobs: int, scheduler: str | None) -> Here | Processes | Cluster:
    if jobs < 1:
        raise InputError("jobs", "must be an integer from 1", str(jobs))
    if scheduler is not None:
        return Cluster(plan.context, scheduler)
    return Here(plan.context) if jobs == 1 else Processes(plan.context, jobs)


_BLIND = 30
"""Finished points after which a search that finds nothing of what it is asked for is stopped."""


class _Sweeper:
    """Has every point computed that the journal lacks."""

    def __init__(
        self, plan: Plan, journal: Journal, crew: Here | Processes | Cluster, progress: Progress | None
    ) -> None:
        self._plan, self._journal, self._crew = plan, journal, crew
        self._tell = progress or (lambda stage, done, total: None)
        self._known = set(journal.keys())
        self._n_done, self._n_points = len(self._known), plan.n_points
        self._was_checked = False

    def run(self) -> None:
        self._tell("points", self._n_done, self._n_points)
        if self._plan.spec.sampler.budget is None:
            self._compute(self._plan.points())
        else:
            self._search()

    def _search(self) -> None:
        """Batches of a fixed size, each told in its order: the way does not depend on who computes."""
        spec = self._plan.spec
        search = Search(
            self._plan.axes,
            objectives_of(self._plan),
            constraints_of(spec),
            algorithm=spec.sampler.algorithm or "",
            budget=spec.sampler.budget or 0,
            seed=spec.sampler.seed,
        )
        n_asked, n_done, seen = 0, 0, set[str]()
        while batch := search.ask():
            points = list(self._plan.numbered(batch, n_asked))
            n_asked += len(points)
            self._compute(points)
            for point in points:
                outcome = self._journal.find(point.key)
                assert outcome is not None
                row = flat(outcome.summary) if outcome.status == "done" else None
                search.tell(point.settings, row)
                if row is not None:
                    n_done += 1
                    seen.update(row, point.settings)
            if n_done >= _BLIND:
                check_table(self._plan, dict.fromkeys(seen, float))

    def _compute(self, points: Iterable[Point]) -> None:
        for outcomes in self._crew.run(self._missing(points)):
            self._check_answers(outcomes)
            self._journal.record(outcomes)
            self._n_done += len(outcomes)
            self._tell("points", self._n_done, self._n_points)

    def _missing(self, points: Iterable[Point]) -> Iterator[Point]:
        """Those that are neither in the journal nor given out."""
        for point in points:
            if point.key not in self._known:
                self._known.add(point.key)
                yield point

    def _check_answers(self, outcomes: Sequence[Outcome]) -> None:
        """Scores that are wished for, against the first summary there is."""
        done = next((outcome for outcome in outcomes if outcome.status == "done"), None)
        if done is not None and not self._was_checked:
            self._was_checked = True
            check_answers(self._plan, done.summary)
