"""What a sweep fixes for all of its points: plain values, so that it can be sent to other processes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cimsim.errors import ChangedError
from cimsim.sweep.identities import identities_of

__all__ = ["Context", "changed"]


@dataclass(frozen=True)
class Context:
    """The files and settings of a sweep.

    Attributes
    ----------
    architectures, workloads : files, by the names that the sweep gives them; the first is the default
    devices : names of device files that axes set
    overrides : ``path=value`` changes of every architecture
    data, data_dir, n_images, n_mc_samples, n_instances, fidelity, seed : as of `cimsim.simulate`
    identities : of the code, the files and the images, what they were when the sweep was begun
    """

    architectures: Mapping[str, Path]
    workloads: Mapping[str, Path]
    devices: tuple[str, ...]
    overrides: tuple[str, ...]
    data: str | None
    data_dir: str | None
    n_images: int | None
    n_mc_samples: int | str | None
    n_instances: int
    fidelity: str
    seed: int
    identities: Mapping[str, str]

    def verify(self) -> None:
        """Refuse code and files that are not those of the sweep, on another machine or after a change."""
        found = identities_of(self.architectures, self.workloads, self.overrides, self.data, self.devices)
        for label, identity in found.items():
            self.confirm(label, identity)

    def confirm(self, label: str, identity: str) -> None:
        """Refuse what has another identity than when the sweep began; raises ``ChangedError``."""
        if self.identities.get(label, identity) != identity:
            raise changed(label)


def changed(label: str) -> ChangedError:
    """What has changed since the sweep began, also where it cannot be read any more."""
    rule = "is not what it was when the sweep began"
    cure = "put it back, then --resume; every worker must see the same files, and run the same cimsim"
    return ChangedError(label, rule, cure=cure)
