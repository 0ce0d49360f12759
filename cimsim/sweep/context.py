"""What a sweep fixes for all of its points: plain values, so that it can be sent to other processes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cimsim.arch.loader import load_arch
from cimsim.errors import InputError
from cimsim.sweep.fingerprint import code_digest
from cimsim.sweep.names import hash_of

__all__ = ["Context", "identities_of"]


@dataclass(frozen=True)
class Context:
    """The files and settings of a sweep.

    Attributes
    ----------
    architectures, workloads : files, by the names that the sweep gives them; the first is the default
    overrides : ``path=value`` changes of every architecture
    data, data_dir, n_images, n_mc_samples, n_instances, fidelity, seed : as of `cimsim.simulate`
    identities : of the code and by file, what stood there when the sweep was begun
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
        for label, identity in self.identities.items():
            if found.get(label) != identity:
                rule = "is not what it was when the sweep began"
                cure = "every worker must have the same cimsim and NumPy, and see the same files"
                raise InputError(label, rule, cure=cure)


def identities_of(
    architectures: Mapping[str, Path],
    workloads: Mapping[str, Path],
    overrides: tuple[str, ...],
    data: str | None,
) -> dict[str, str]:
    """A hash of the code, and of each file: of an architecture with all that it includes, as understood."""
    found = {"the code of cimsim, or NumPy,": code_digest()}
    for name, path in architectures.items():
        spec = load_arch(path, overrides)
        found[f"architecture {name}"] = hash_of(spec.model_dump_json().encode())
    for name, path in workloads.items():
        found[f"workload {name}"] = hash_of(path.read_bytes())
    if data is not None and Path(data).is_file():
        found[f"data {data}"] = hash_of(Path(data).read_bytes())
    return found
