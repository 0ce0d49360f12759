"""One network with its images, passes and seed, on many chips."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cimsim.arch.build import build_chip
from cimsim.arch.spec import ArchSpec
from cimsim.mapping.mapper import map_network
from cimsim.sim.answer_chips import answer_chips
from cimsim.sim.inputs import Samples, load_images
from cimsim.sim.instances import chip_scores
from cimsim.sim.price import price
from cimsim.sim.run_summary import run_summary
from cimsim.sim.settings import Settings
from cimsim.workload.graph import WorkloadGraph

__all__ = ["Study"]


class Study:
    """What a run of the network costs and how well it answers, on one chip after another.

    Parameters are those of `cimsim.simulate`; the images are loaded once.

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
    ) -> None:
        self._workload = workload
        self._images = load_images(
            workload, data=data, data_dir=data_dir, n_images=n_images, download=False, x=None, y=None
        )
        self._asked: dict[str, Any] = {
            "n_mc_samples": n_mc_samples,
            "fidelity": fidelity,
            "seed": seed,
            "n_instances": n_instances,
        }

    def summary(self, arch: ArchSpec) -> dict[str, Any]:
        """``cimsim.simulate(...).summary``, key for key and number for number; raises what it raises."""
        settings = Settings.checked(self._workload, arch.chip.mc_schedule, **self._asked)
        program = map_network(self._workload, build_chip(arch))
        answers, chips = answer_chips(program, self._images, settings)
        cost = price(program, answers.values, settings.schedule, settings.seed)
        told = settings.told(len(self._images), answers.values.n_passes)
        of_chips = {} if chips is None else chip_scores(chips)
        return run_summary(program, self._images.name, settings, told, answers.scores, of_chips, cost)
