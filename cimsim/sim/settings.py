"""How a network is run on a chip: passes, schedule, fidelity, seed, chips; all checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cimsim.sim.inputs import (
    Samples,
    check_chips,
    check_fidelity,
    check_instances,
    check_seed,
    choose_passes,
)
from cimsim.workload.graph import WorkloadGraph

__all__ = ["Settings"]


@dataclass(frozen=True)
class Settings:
    """Of one run.

    Attributes
    ----------
    samples : Monte-Carlo passes, or "exact" for every mask with its probability
    schedule : how the chip plays them
    """

    samples: Samples
    schedule: str
    fidelity: str
    seed: int
    n_instances: int

    @classmethod
    def checked(
        cls,
        workload: WorkloadGraph,
        mc_schedule: str,
        *,
        n_mc_samples: Samples | None,
        fidelity: str,
        seed: int,
        n_instances: int,
    ) -> Settings:
        """What is asked for, with what is left open decided; raises ``InputError``."""
        check_fidelity(fidelity)
        seed, n_instances = check_seed(seed), check_instances(n_instances)
        samples, schedule = choose_passes(workload, mc_schedule, n_mc_samples)
        check_chips(n_instances, samples, fidelity)
        return cls(samples, schedule, fidelity, seed, n_instances)

    def told(self, n_images: int, n_passes: int) -> dict[str, Any]:
        """As the summary and the manifest tell them."""
        return {
            "fidelity": self.fidelity,
            "n_images": n_images,
            "n_mc_samples": n_passes,
            "n_instances": self.n_instances,
            "mc_schedule": self.schedule,
            "seed": self.seed,
        }
