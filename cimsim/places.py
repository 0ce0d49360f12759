"""Where shipped files may stand, and where the user's cache is."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

__all__ = ["FOLDERS", "known_files", "roots", "user_cache"]

FOLDERS = {
    "architecture": ("arch_configs", ".yaml"),
    "workload": ("workloads", ".npz"),
    "sweep": ("arch_configs/sweeps", ".yaml"),
}
"""Kind of file: the folder it lives in and how its name ends."""


def roots() -> tuple[Path, ...]:
    """Folders that hold ``arch_configs/`` and ``workloads/``: here, a source tree, an installed share."""
    import site
    import sysconfig

    package = Path(__file__).resolve().parents[1]
    installed = (Path(sysconfig.get_path("data")), Path(site.getuserbase()), package)
    return (Path(), package, *(prefix / "share" / "cimsim" for prefix in installed))


def known_files(kind: str) -> dict[str, Path]:
    """Files of a kind that a bare name reaches, by that name; the working directory comes first."""
    folder, suffix = FOLDERS[kind]
    found: dict[str, Path] = {}
    for root in roots():
        with suppress(OSError):
            for path in sorted((root / folder).glob(f"*{suffix}")):
                found.setdefault(path.stem, path)
    return dict(sorted(found.items()))


def user_cache() -> Path:
    """The folder for what can be computed again."""
    return Path(os.environ.get("XDG_CACHE_HOME") or (Path.home() / ".cache")) / "cimsim"
