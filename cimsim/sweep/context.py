"""What a sweep fixes for all of its points: plain values, so that it can be sent to other processes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cimsim.arch.loader import load_arch
from cimsim.arch.spec import ArchSpec
from cimsim.data import Dataset
from cimsim.errors import ChangedError
from cimsim.sweep.fingerprint import code_digest, digest
from cimsim.sweep.names import hash_of

__all__ = ["Context", "identities_of", "identity_of_architecture", "identity_of_images"]


@dataclass(frozen=True)
class Context:
    """The files and settings of a sweep.

    Attributes
    ----------
    architectures, workloads : files, by the names that the sweep gives them; the first is the default
    overrides : ``path=value`` changes of every architecture
    data, data_dir, n_images, n_mc_samples, n_instances, fidelity, seed : as of `cimsim.simulate`
    identities : of the code, the files and the images, what they were when the sweep was begun
    """

    architectures: Mapping[str, Path]
    workloads: Mapping[str, Path]
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
        found = identities_of(self.architectures, self.workloads, self.overrides, self.data)
        for label, identity in found.items():
            self.confirm(label, identity)

    def confirm(self, label: str, identity: str) -> None:
        """Refuse what has another identity than when the sweep began; raises ``ChangedError``."""
        if self.identities.get(label, identity) != identity:
            rule = "is not what it was when the sweep began"
            cure = "put it back, then --resume; every worker must see the same files, and run the same cimsim"
            raise ChangedError(label, rule, cure=cure)


def identity_of_architecture(spec: ArchSpec) -> str:
    """Of all that it extends and includes, as it is understood."""
    return hash_of(spec.model_dump_json().encode())


def identity_of_images(images: Dataset) -> str:
    """Of what is shown to the network, and what it shall answer."""
    return digest(images.x, images.y)


def identities_of(
    architectures: Mapping[str, Path],
    workloads: Mapping[str, Path],
    overrides: tuple[str, ...],
    data: str | None,
) -> dict[str, str]:
    """A hash of the code, and of each file."""
    found = {"the code of cimsim or NumPy": code_digest()}
    for name, path in architectures.items():
        found[f"architecture {name}"] = identity_of_architecture(load_arch(path, overrides))
    for name, path in workloads.items():
        found[f"workload {name}"] = hash_of(path.read_bytes())
    if data is not None and Path(data).is_file():
        found[f"data {data}"] = hash_of(Path(data).read_bytes())
    return found
