"""Where shipped files may stand."""

from __future__ import annotations

from pathlib import Path

__all__ = ["roots"]


def roots() -> tuple[Path, ...]:
    """Folders that hold ``arch_configs/`` and ``workloads/``: here, a source tree, an installed share."""
    import site
    import sysconfig

    package = Path(__file__).resolve().parents[1]
    installed = (Path(sysconfig.get_path("data")), Path(site.getuserbase()), package)
    return (Path(), package, *(prefix / "share" / "cimsim" for prefix in installed))
