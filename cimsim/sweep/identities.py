"""What the files of a sweep are, as hashes: other code, files, devices or images make other points."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from cimsim.arch.include import KEY, device_file
from cimsim.arch.loader import load_arch
from cimsim.arch.spec import ArchSpec
from cimsim.data import Dataset
from cimsim.sweep.fingerprint import code_digest, digest
from cimsim.sweep.names import hash_of

__all__ = [
    "devices_in",
    "identities_of",
    "identity_of_architecture",
    "identity_of_device",
    "identity_of_images",
]


def identities_of(
    architectures: Mapping[str, Path],
    workloads: Mapping[str, Path],
    overrides: tuple[str, ...],
    data: str | None,
    devices: Iterable[str] = (),
) -> dict[str, str]:
    """A hash of the code, and of each file.

    Parameters
    ----------
    devices : those that axes name; each architecture may mean another file by a name
    """
    found = {"the code of cimsim or NumPy": code_digest()}
    for name, path in architectures.items():
        found[f"architecture {name}"] = identity_of_architecture(load_arch(path, overrides))
        for device in devices:
            found[f"device {device} of {name}"] = identity_of_device(device, path)
    for name, path in workloads.items():
        found[f"workload {name}"] = hash_of(path.read_bytes())
    if data is not None and Path(data).is_file():
        found[f"data {data}"] = hash_of(Path(data).read_bytes())
    return found


def identity_of_architecture(spec: ArchSpec) -> str:
    """Of all that it extends and includes, as it is understood."""
    return hash_of(spec.model_dump_json().encode())


def identity_of_device(name: str, architecture: Path) -> str:
    """Of the file that an architecture means by the name of a device; empty where there is none."""
    path = device_file(name, architecture.parent)
    return "" if path is None else hash_of(path.read_bytes())


def identity_of_images(images: Dataset) -> str:
    """Of what is shown to the network, and what it shall answer."""
    return digest(images.x, images.y)


def devices_in(settings: Mapping[str, Any]) -> Iterator[str]:
    """Names of device files that settings hold, by path or within mappings."""
    for path, value in settings.items():
        if isinstance(value, Mapping):
            yield from devices_in(value)
        elif isinstance(value, str) and path.rpartition(".")[2] == KEY:
            yield value
