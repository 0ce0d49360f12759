"""Points into outcomes: in this process, or in a worker that keeps what its points share."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from cimsim.arch.spec import ArchSpec
from cimsim.arch.vary import Variations
from cimsim.errors import ChangedError, CimsimError, DataError
from cimsim.sweep.context import Context, changed
from cimsim.sweep.identities import (
    devices_in,
    identity_of_architecture,
    identity_of_device,
    identity_of_images,
)
from cimsim.sweep.journal import Outcome
from cimsim.sweep.names import hash_of
from cimsim.sweep.paths import SETTINGS
from cimsim.sweep.plan import Point
from cimsim.sweep.store import ValueStore
from cimsim.sweep.study import Study
from cimsim.workload import load_workload

__all__ = ["Evaluator"]

_STUDIES_KEPT = 8
_LONGEST = 2000
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
        study = self._study(
            settings.get("workload", next(iter(context.workloads))),
            settings.get("n_mc_samples", context.n_mc_samples),
            settings.get("n_instances", context.n_instances),
            settings.get("seed", context.seed),
        )
        return study.summary(self._chip(name, settings))

    def _chip(self, name: str, settings: dict[str, Any]) -> ArchSpec:
        changes = {path: value for path, value in settings.items() if path not in SETTINGS}
        around = self._around(name)
        self._confirm_devices(name, changes)
        chip = around.at(changes)
        self._confirm_devices(name, changes)
        return chip

    def _confirm_devices(self, name: str, changes: dict[str, Any]) -> None:
        """Devices are read for each point that names them."""
        for device in devices_in(changes):
            identity = identity_of_device(device, self._context.architectures[name])
            self._context.confirm(f"device {device} of {name}", identity)

    def _outcome(self, point: Point) -> Outcome:
        start, status, error, is_final = time.perf_counter(), "done", "", True
        summary: dict[str, Any] = {}
        try:
            summary = self.summary(point.settings)
        except CimsimError as problem:
            status, error, is_final = "failed", str(problem), not isinstance(problem, _MAY_PASS)
        except Exception as fault:
            status, error, is_final = "failed", _told(fault), False
        duration_s = time.perf_counter() - start
        return Outcome(point.index, point.key, status, error, duration_s, point.settings, summary, is_final)

    def _variations(self, name: str) -> Variations:
        with _readable_before(label := f"architecture {name}"):
            found = Variations(self._context.architectures[name], self._context.overrides)
        self._context.confirm(label, identity_of_architecture(found.base))
        return found

    def _new_study(self, workload: str, n_mc_samples: int | str | None, n_instances: int, seed: int) -> Study:
        context, path = self._context, self._context.workloads[workload]
        with _readable_before(label := f"workload {workload}"):
            graph = load_workload(path)
            context.confirm(label, hash_of(path.read_bytes()))
        asked: Any = n_mc_samples
        study = Study(
            graph,
            data=context.data,
            data_dir=context.data_dir,
            n_images=context.n_images,
            n_mc_samples=asked,
            n_instances=n_instances,
            fidelity=context.fidelity,
            seed=seed,
            store=self._store,
        )
        context.confirm(f"the images of {workload}", identity_of_images(study.images))
        return study


@contextmanager
def _readable_before(label: str) -> Iterator[None]:
    """Of a file that the plan has read already: what cannot be read by now has changed."""
    try:
        yield
    except (CimsimError, OSError) as error:
        raise changed(label) from error


def _told(fault: Exception) -> str:
    """Text that every table can hold."""
    text = f"{type(fault).__name__}: {fault}"
    return text[:_LONGEST].encode("utf-8", "replace").decode()
