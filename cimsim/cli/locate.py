"""Find architecture and workload files by path or by bare name."""

from __future__ import annotations

from pathlib import Path

from cimsim.errors import InputError, closest

__all__ = ["FOLDERS", "find_file", "is_workload", "known_files"]

FOLDERS = {"architecture": ("arch_configs", ".yaml"), "workload": ("workloads", ".npz")}
"""Kind of file: the folder it lives in and how its name ends."""


def find_file(name: str, kind: str) -> Path:
    """The file a user means: a path as it stands, else in the installed share folder, else a bare name.

    ``stt_mram``, ``stt_mram.yaml`` and ``arch_configs/stt_mram.yaml`` all name the same architecture.

    Raises
    ------
    InputError
        There is no such file.
    """
    folder, suffix = FOLDERS[kind]
    bare = len(Path(name).parts) == 1
    for root in _roots():
        candidates = [root / name, root / folder / name, root / folder / f"{name}{suffix}"]
        for path in candidates if bare else candidates[:1]:
            if path.is_file():
                return path
    raise InputError(name, f"no such {kind} file", cure=closest(Path(name).stem, known_files(kind)))


def is_workload(name: str) -> bool:
    """Whether a name that may be either kind of file means a workload."""
    return name.endswith(".npz") or (not name.endswith(".yaml") and name in known_files("workload"))


def known_files(kind: str) -> dict[str, Path]:
    """Files of a kind that a bare name reaches, by that name; the working directory comes first."""
    folder, suffix = FOLDERS[kind]
    found: dict[str, Path] = {}
    for root in _roots():
        for path in sorted((root / folder).glob(f"*{suffix}")):
            found.setdefault(path.stem, path)
    return dict(sorted(found.items()))


def _roots() -> tuple[Path, ...]:
    """Where ``arch_configs/`` and ``workloads/`` may stand: here, in a source tree, in an installed share."""
    import site
    import sysconfig

    package = Path(__file__).resolve().parents[2]
    installed = (Path(sysconfig.get_path("data")), Path(site.getuserbase()), package)
    return (Path(), package, *(prefix / "share" / "cimsim" for prefix in installed))
