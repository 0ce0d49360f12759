"""Where a result comes from: versions, settings, file hashes, the architecture and what was set in it."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import cimsim
from cimsim.arch.spec import ArchSpec

__all__ = ["build_manifest"]

_LIBRARIES = ("numpy", "numba", "scipy", "pandas", "pydantic")


def build_manifest(
    spec: ArchSpec, settings: Mapping[str, Any], files: Mapping[str, str | tuple[str, ...]]
) -> dict[str, Any]:
    """What it takes to repeat a run. No time, no machine: equal runs have equal manifests.

    Parameters
    ----------
    settings : the arguments of the run
    files : role -> path, or all paths of a role that may have several; what is no file (data made in memory)
        keeps its name without a hash
    """
    return {
        "cimsim_version": cimsim.__version__,
        "python_version": platform.python_version(),
        "library_versions": {name: _version(name) for name in _LIBRARIES},
        **settings,
        "files": {
            role: _file(paths) if isinstance(paths, str) else [_file(path) for path in paths]
            for role, paths in files.items()
        },
        "architecture": spec.model_dump(mode="json"),
        "overrides": list(spec.overrides),
        "sources": _sources(spec),
        "scaled": _scaled(spec),
    }


def _sources(spec: ArchSpec) -> list[dict[str, Any]]:
    """Each source once, with its grade and the quantities that rest on it."""
    used: dict[tuple[str, str], list[str]] = {}
    for path, quantity in spec.quantities.items():
        used.setdefault((quantity.source, quantity.grade), []).append(path)
    return [{"source": s, "grade": g, "quantities": paths} for (s, g), paths in used.items()]


def _scaled(spec: ArchSpec) -> dict[str, dict[str, float]]:
    """By path, numbers that say their node: what the architecture's value is multiplied with, the product."""
    return {
        path: {"factor": quantity.factor, "value": quantity.nominal}
        for path, quantity in spec.quantities.items()
        if quantity.node_m is not None
    }


def _file(path: str) -> dict[str, str | None]:
    return {"path": path, "sha256": _sha256(Path(path))}


def _sha256(path: Path) -> str | None:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
