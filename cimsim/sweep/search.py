"""A search for the front with Optuna: settings are asked for in batches, and results told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np

from cimsim.sweep.axes import Axis
from cimsim.sweep.constraints import Constraint
from cimsim.sweep.extras import need
from cimsim.sweep.front import Objective

if TYPE_CHECKING:
    from optuna import Study, Trial
    from optuna.samplers import BaseSampler

__all__ = ["ALGORITHMS", "BATCH", "Search"]

Settings = dict[str, Any]

BATCH = 10
"""Points asked for at once, whatever the number of workers: the search takes the same way on any machine."""

_POPULATIONS = (5, 50)
_GENERATIONS = 18
_REPEATS = {"nsga2": 8, "tpe": 2}
_DRAWS = 1000


def _nsga2(seed: int, budget: int) -> BaseSampler:
    from optuna.samplers import NSGAIISampler

    least, most = _POPULATIONS
    return NSGAIISampler(population_size=min(max(budget // _GENERATIONS, least), most), seed=seed)


def _tpe(seed: int, budget: int) -> BaseSampler:
    from optuna.samplers import TPESampler

    return TPESampler(seed=seed, multivariate=True)


ALGORITHMS = {"nsga2": _nsga2, "tpe": _tpe}
"""Name in the sweep file: (seed, budget) to the sampler of Optuna."""


class Search:
    """Asks for points until the budget is spent or nothing new is found; no point is asked for twice.

    The way it takes depends on the seed and on the results alone, not on the order in which they are told: a
    batch counts once it is complete. So it is resumed by asking again and telling what is known already.

    Parameters
    ----------
    axes : a choice of an axis of increasing numbers has neighbours, any other is a category
    objectives, constraints : columns of the summary, or paths of the axes
    algorithm : a key of `ALGORITHMS`
    budget : points to ask for
    seed : fixes the draws

    Raises
    ------
    InputError : Optuna is not installed
    """

    def __init__(
        self,
        axes: Sequence[Axis],
        objectives: Sequence[Objective],
        constraints: Sequence[Constraint] = (),
        *,
        algorithm: str = "tpe",
        budget: int,
        seed: int = 0,
    ) -> None:
        optuna = need("optuna")
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self._axes, self._objectives, self._constraints = tuple(axes), tuple(objectives), tuple(constraints)
        self._study: Study = optuna.create_study(
            directions=["maximize" if o.is_max else "minimize" for o in objectives],
            sampler=ALGORITHMS[algorithm](seed, budget),
        )
        self._draws = np.random.default_rng(seed)
        self._left, self._repeats = budget, _REPEATS[algorithm]
        self._seen: set[str] = set()
        self._batch: dict[str, Trial] = {}
        self._told: dict[str, Mapping[str, Any] | None] = {}

    def ask(self, n: int = BATCH) -> list[Settings]:
        """The settings of up to n points that were never asked for; none at the end.

        Raises
        ------
        RuntimeError : points of the last batch are not told yet
        """
        if self._batch:
            raise RuntimeError("every point of a batch must be told before the next one is asked for")
        found: list[Settings] = []
        repeats = 0
        while len(found) < min(n, self._left):
            if repeats >= self._repeats and not self._enqueue_new():
                self._left = len(found)
                break
            trial = self._study.ask()
            settings = self._settings(trial)
            key = _key(settings)
            if key in self._seen:
                self._fail(trial)
                repeats += 1
                continue
            repeats = 0
            self._seen.add(key)
            self._batch[key] = trial
            found.append(settings)
        self._left -= len(found)
        return found

    def tell(self, settings: Mapping[str, Any], summary: Mapping[str, Any] | None) -> None:
        """What came out at settings of the last batch; None where the point failed."""
        key = _key(settings)
        if key not in self._batch or key in self._told:
            raise RuntimeError("only points of the last batch can be told, each once")
        self._told[key] = None if summary is None else {**settings, **summary}
        if len(self._told) == len(self._batch):
            for asked, trial in self._batch.items():
                self._finish(trial, self._told[asked])
            self._batch, self._told = {}, {}

    def _settings(self, trial: Trial) -> Settings:
        settings: Settings = {}
        for axis in self._axes:
            if not axis.counts(settings):
                continue
            if axis.span is not None:
                settings |= axis.at(trial.suggest_float(axis.name, 0.0, 1.0))
            elif _has_neighbours(axis):
                settings |= axis.setting(trial.suggest_int(axis.name, 0, len(axis.choices) - 1))
            else:
                choices = range(len(axis.choices))
                settings |= axis.setting(trial.suggest_categorical(axis.name, choices))
        return settings

    def _enqueue_new(self) -> bool:
        """Put a random point that was not asked for before the sampler; whether there is one."""
        for _ in range(_DRAWS):
            settings: Settings = {}
            params: dict[str, float] = {}
            for axis, position in zip(self._axes, self._draws.random(len(self._axes)).tolist(), strict=True):
                if axis.counts(settings):
                    settings |= axis.at(position)
                    params[axis.name] = position if axis.span else int(position * len(axis.choices))
            if _key(settings) not in self._seen:
                self._study.enqueue_trial(params)
                return True
        return False

    def _finish(self, trial: Trial, row: Mapping[str, Any] | None) -> None:
        values = [] if row is None else [_number(row.get(o.column)) for o in self._objectives]
        broken = [] if row is None else [limit.violation(row) for limit in self._constraints]
        if row is None or not np.isfinite([*values, *broken]).all():
            self._fail(trial)
            return
        for limit, violation in zip(self._constraints, broken, strict=True):
            trial.set_constraint(str(limit), violation)
        self._study.tell(trial, values)

    def _fail(self, trial: Trial) -> None:
        """Out of the search's sight: failed points and repeated ones."""
        self._study.tell(trial, state=need("optuna").trial.TrialState.FAIL)


def _number(value: Any) -> float:
    """Not a number where there is none."""
    return float(value) if isinstance(value, Real) else np.nan


def _has_neighbours(axis: Axis) -> bool:
    firsts = [choice[0] for choice in axis.choices]
    if any(isinstance(first, bool) or not isinstance(first, int | float) for first in firsts):
        return False
    return all(a < b for a, b in pairwise(firsts))


def _key(settings: Mapping[str, Any]) -> str:
    return repr(sorted(settings.items()))
