"""Find architecture and workload files by path or by bare name."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

from cimsim.arch.include import known_devices
from cimsim.errors import InputError, closest
from cimsim.places import FOLDERS, known_files, roots

__all__ = ["find_device", "find_either", "find_file", "find_pair"]

_OF_RUNS = ("architecture", "workload")


def find_file(name: str, kind: str) -> Path:
    """The file a user means: a path as it stands, else in the installed share folder, else a bare name.

    ``stt_mram``, ``stt_mram.yaml`` and ``arch_configs/stt_mram.yaml`` all name the same architecture.

    Raises
    ------
    InputError
        There is no such file, it is a directory, or the system does not let us look.
    """
    return _find(name, (kind,))[0]


def find_either(name: str) -> tuple[Path, str]:
    """The file and its kind, for a name that may mean any of them; raises `InputError`."""
    kind = _kind_of(name)
    if not kind and name in known_files("sweep"):
        return find_file(name, "sweep"), "sweep"
    return _find(name, (kind,) if kind else _OF_RUNS)


def find_device(name: str) -> Path:
    """The device file that a name means, else the architecture; raises `InputError`."""
    devices = known_devices()
    if name in devices:
        return devices[name]
    try:
        return find_file(name, "architecture")
    except InputError as error:
        known = closest(Path(name).stem, [*devices, *known_files("architecture")])
        raise InputError(name, "no such device or architecture file", cure=known) from error


def find_pair(arch: str, workload: str) -> tuple[Path, Path]:
    """The files of a run; raises `InputError`, also where the two are swapped."""
    if (_kind_of(arch), _kind_of(workload)) == ("workload", "architecture"):
        cure = f"swap them: {workload} {arch}"
        raise InputError(f"{arch} {workload}", "the architecture comes first, then the workload", cure=cure)
    return find_file(arch, "architecture"), find_file(workload, "workload")


def _kind_of(name: str) -> str:
    """The only kind a name can mean, by its ending or as a bare name; "" where it may be either."""
    kinds = [kind for kind in _OF_RUNS if name.endswith(FOLDERS[kind][1])]
    kinds = kinds or [kind for kind in _OF_RUNS if name in known_files(kind)]
    return kinds[0] if len(kinds) == 1 else ""


def _find(name: str, kinds: tuple[str, ...]) -> tuple[Path, str]:
    """The first file that a name reaches, and its kind."""
    refusals = []
    for kind in kinds:
        for path in _candidates(name, kind):
            try:
                mode = path.stat().st_mode
            except (FileNotFoundError, NotADirectoryError):
                continue
            except OSError as error:
                refusals.append(error.strerror or str(error))
                continue
            if not stat.S_ISDIR(mode):
                return path, kind
            refusals.append("a directory")
    what = " or ".join(kinds)
    if refusals:
        article = "an" if what.startswith("a") else "a"
        raise InputError(name, f"must be {article} {what} file", refusals[0])
    known = [known for kind in kinds for known in known_files(kind)]
    raise InputError(name, f"no such {what} file", cure=closest(Path(name).stem, known))


def _candidates(name: str, kind: str) -> Iterator[Path]:
    folder, suffix = FOLDERS[kind]
    for root in roots():
        yield root / name
        if len(Path(name).parts) == 1:
            yield from (root / folder / name, root / folder / f"{name}{suffix}")
