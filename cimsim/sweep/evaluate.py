"""Points into outcomes: in this process, or in a worker that keeps what its points share."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from cimsim.arch.vary import Variations
from cimsim.errors import ChangedError, CimsimError, DataError
from cimsim.sweep.context import Context, identity_of_architecture, identity_of_images
from cimsim.sweep.journal import Outcome
from cimsim.sweep.names import hash_of
from cimsim.sweep.paths import SETTINGS
from cimsim.sweep.plan import Point
from cimsim.sweep.store import ValueStore
from cimsim.sweep.study import Study
from cimsim.workload import load_workload

__all__ = ["Evaluator"]

_STUDIES_KEPT = 8
_MAY_PASS = (ChangedError, DataError)


class Evaluator:
    """Computes points of one sweep; architectures and studies stay warm between them."""

    def __init__(self, context: Context) -> None:
        self._context, self._store = context, ValueStore()
        self._around = lru_cache(maxsize=None)(self._variations)
        self._study = lru_cache(maxsize=_STUDIES_KEPT)(self._new_study)

    def outcomes(self, points: Sequence[Point]) -> list[Outcome]:
        """One for each point; a point that cannot be computed is an outcome as well.

        What the chip or the run cannot be is final; whatever else went wrong, also with files, may pass.
        """
        return [self._outcome(point) for point in points]

    def summary(self, settings: dict[str, Any]) -> dict[str, Any]:
        """``cimsim.simulate(...).summary`` of the chip and the run that the settings ask for."""
        context = self._context
        name = settings.get("architecture", next(iter(context.architectures)))
        changes = {path: value for path, value in settings.items() if path not in SETTINGS}
        study = self._study(
            settings.get("workload", next(iter(context.workloads))),
            settings.get("n_mc_samples", context.n_mc_samples),
            settings.get("n_instances", context.n_instances),
            settings.get("seed", context.seed),
        )
        return study.summary(self._around(name).at(changes))

    def _outcome(self, point: Point) -> Outcome:
        start, status, error, is_final = time.perf_counter(), "done", "", True
        summary: dict[str, Any] = {}
        try:
            summary = self.summary(point.settings)
        except CimsimError as problem:
            status, error, is_final = "failed", str(problem), not isinstance(problem, _MAY_PASS)
        except Exception as fault:
            status, error, is_final = "failed", f"{type(fault).__name__}: {fault}", False
        duration_s = time.perf_counter() - start
        return Outcome(point.index, point.key, status, error, duration_s, point.settings, summary, is_final)

    def _variations(self, name: str) -> Variations:
        found = Variations(self._context.architectures[name], self._context.overrides)
        self._context.confirm(f"architecture {name}", identity_of_architecture(found.base))
        return found

    def _new_study(self, workload: str, n_mc_samples: int | str | None, n_instances: int, seed: int) -> Study:
        context, path = self._context, self._context.workloads[workload]
        asked: Any = n_mc_samples
        study = Study(
            load_workload(path),
            data=context.data,
            data_dir=context.data_dir,
            n_images=context.n_images,
            n_mc_samples=asked,
            n_instances=n_instances,
            fidelity=context.fidelity,
            seed=seed,
            store=self._store,
        )
        context.confirm(f"workload {workload}", hash_of(path.read_bytes()))
        context.confirm(f"the images of {workload}", identity_of_images(study.images))
        return study
