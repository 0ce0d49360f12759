"""One network with its images, passes and seed, on many chips."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cimsim.arch.build import Builder
from cimsim.arch.spec import ArchSpec
from cimsim.mapping.mapper import Mapper
from cimsim.mapping.program import Program
from cimsim.recent import Recent
from cimsim.sim.answer_chips import answer_chips
from cimsim.sim.clock import Clock
from cimsim.sim.inputs import Samples, load_images
from cimsim.sim.instances import chip_scores
from cimsim.sim.price import price
from cimsim.sim.run_summary import run_summary
from cimsim.sim.settings import Settings
from cimsim.sweep.findings import Findings
from cimsim.sweep.store import ValueStore
from cimsim.sweep.values_key import question_digest, values_key
from cimsim.workload.graph import WorkloadGraph

__all__ = ["Study"]

_KEPT = 64
"""Values passes whose findings stay in memory."""


class Study:
    """What a run of the network costs and how well it answers, on one chip after another.

    The images are loaded once, the network is folded once; what chips have in common is computed once.

    Parameters
    ----------
    store : where answers are kept beyond this study
    others : as for `cimsim.simulate`

    Attributes
    ----------
    images : that the network is asked about

    Raises
    ------
    CimsimError : images that cannot be used
    """

    def __init__(
        self,
        workload: WorkloadGraph,
        *,
        data: str | Path | None = None,
        data_dir: str | Path | None = None,
        n_images: int | None = None,
        n_mc_samples: Samples | None = None,
        n_instances: int = 1,
        fidelity: str = "statistical",
        seed: int = 0,
        store: ValueStore | None = None,
    ) -> None:
        self._workload, self._store = workload, store
        self.images = load_images(
            workload, data=data, data_dir=data_dir, n_images=n_images, download=False, x=None, y=None
        )
        self._asked: dict[str, Any] = {
            "n_mc_samples": n_mc_samples,
            "fidelity": fidelity,
            "seed": seed,
            "n_instances": n_instances,
        }
        self._builder, self._mapper, self._clock = Builder(), Mapper(workload), Clock()
        self._question = question_digest(workload, self.images)
        self._recent = Recent[Findings](_KEPT)

    def summary(self, arch: ArchSpec) -> dict[str, Any]:
        """``cimsim.simulate(...).summary``, key for key and number for number; raises what it raises."""
        settings = Settings.checked(self._workload, arch.chip.mc_schedule, **self._asked)
        program = self._mapper(self._builder.chip(arch))
        key = values_key(self._question, program, settings)
        found = self._recent.get(key, lambda: self._stored(key, program, settings))
        cost = price(
            program,
            found,
            settings.schedule,
            settings.seed,
            time=self._clock,
            components=self._builder.components,
        )
        told = settings.told(len(self.images), found.n_passes)
        scores, of_chips = found.scores, found.scores_of_chips
        return run_summary(program, self.images.name, settings, told, scores, of_chips, cost)

    def _stored(self, key: str, program: Program, settings: Settings) -> Findings:
        found = None if self._store is None else self._store.load(key)
        if found is None:
            found = self._computed(program, settings)
            if self._store is not None:
                self._store.save(key, found)
        return found

    def _computed(self, program: Program, settings: Settings) -> Findings:
        answers, chips = answer_chips(program, self.images, settings)
        of_chips = {} if chips is None else chip_scores(chips)
        return Findings(answers.scores, of_chips, answers.values.masks, answers.values.activities)
