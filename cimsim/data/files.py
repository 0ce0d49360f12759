"""Where the files of a built-in set lie, and how they get there."""

from __future__ import annotations

import os
import tarfile
from importlib.util import find_spec
from pathlib import Path

from cimsim.data.catalog import BUILTIN, RemoteFile
from cimsim.errors import DataError

__all__ = ["locate_files", "locate_table"]

ENVIRONMENT = "CIMSIM_DATA_DIR"
INSTALL = "pip install 'cimsim[data]'"


def locate_table(name: str) -> Path:
    """The table of a set that ships with a Python package, found without importing the package."""
    known = BUILTIN[name]
    spec = find_spec(known.package)
    if spec is None or spec.origin is None:
        raise DataError(name, f"comes with the package {known.package}, which is not installed", cure=INSTALL)
    path = Path(spec.origin).parent / known.table
    if not path.is_file():
        raise DataError(str(path), f"no such file in the installed package {known.package}")
    return path


def locate_files(name: str, split: str, data_dir: str | Path | None, download: bool) -> list[Path]:
    """The files of a split in ``<data-dir>/<name>/``, fetched and checked by hash if ``download``."""
    known = BUILTIN[name]
    if split not in known.files:
        raise DataError(name, f"has no {split} split", cure=f"known: {', '.join(sorted(known.files))}")
    folder = _data_dir(name, data_dir) / name
    paths = []
    for remote in known.files[split]:
        path = folder / remote.local_name
        if not path.is_file():
            if not download:
                cure = f"{_point_to(name)}, or fetch it with --download"
                raise DataError(str(path), "no such file", cure=cure)
            _download(remote, known.mirrors, folder)
        paths.append(path)
    return paths


def _data_dir(name: str, data_dir: str | Path | None) -> Path:
    if data_dir is not None:
        return Path(data_dir)
    if os.environ.get(ENVIRONMENT):
        return Path(os.environ[ENVIRONMENT])
    try:
        import pooch
    except ImportError as error:
        rule = "the default folder needs the package pooch, which is not installed"
        raise DataError(name, rule, cure=f"{INSTALL}, or {_point_to(name)}") from error
    return Path(pooch.os_cache("cimsim"))


def _point_to(name: str) -> str:
    return f"give the folder that holds {name}/ with --data-dir or {ENVIRONMENT}"


def _download(remote: RemoteFile, mirrors: tuple[str, ...], folder: Path) -> None:
    try:
        import pooch
    except ImportError as error:
        rule = "a download needs the package pooch, which is not installed"
        raise DataError(remote.name, rule, cure=INSTALL) from error
    reasons = []
    for mirror in mirrors:
        try:
            pooch.retrieve(mirror + remote.name, f"md5:{remote.md5}", remote.name, folder)
        except (OSError, ValueError) as error:
            reasons.append(f"{mirror}: {str(error).splitlines()[0]}")
            continue
        if remote.member:
            _extract(folder / remote.name, remote)
        return
    cure = f"put it into {folder} by hand"
    raise DataError(remote.name, "could not be downloaded", "; ".join(reasons), cure)


def _extract(archive: Path, remote: RemoteFile) -> None:
    with tarfile.open(archive) as tar:
        member = tar.extractfile(remote.member)
        assert member is not None, "the hash of the archive was checked"
        partial = archive.with_name(remote.local_name + ".part")
        partial.write_bytes(member.read())
    partial.replace(archive.with_name(remote.local_name))
