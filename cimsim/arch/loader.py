"""A file into an ArchSpec or a DeviceSpec, or one clear message."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from cimsim.arch.convert import Problem, Reader
from cimsim.arch.describe import expected
from cimsim.arch.extend import extended
from cimsim.arch.include import KEY, included
from cimsim.arch.parts_device import check_barrier
from cimsim.arch.quantity import RuleBroken
from cimsim.arch.spec import ArchSpec
from cimsim.arch.spec_array import JunctionCell
from cimsim.arch.spec_device import DeviceSpec
from cimsim.arch.tree import Branch, Include, Leaf, Origin, finished, parse_file
from cimsim.errors import SpecError

__all__ = [
    "arch_of",
    "arch_tree",
    "checked",
    "include_from",
    "is_device",
    "load_arch",
    "load_device",
    "read_arch",
    "told",
]


Model = TypeVar("Model", bound=BaseModel)


def load_arch(path: str | Path, overrides: Sequence[str] = ()) -> ArchSpec:
    """Read, convert and check an architecture file, with the one it extends and the devices it names.

    Parameters
    ----------
    path : a YAML file
    overrides : ``"tile.macro.adc.bits=5"``, applied in order before checking; a number given for a sourced
        quantity takes the override itself as its source and ``assumed`` as its grade

    Raises
    ------
    SpecError
        with file, line and path of the first problem, and how many more there are.
    """
    return arch_of(arch_tree(Path(path), overrides), path, overrides)


def arch_of(tree: Branch, path: str | Path, overrides: Sequence[str]) -> ArchSpec:
    """What an `arch_tree` from ``path`` and with ``overrides`` describes; raises ``SpecError``."""
    reader = Reader()
    spec, _ = checked(reader.model(tree, (ArchSpec,), ""), reader, ArchSpec)
    return told(spec, path, overrides, reader.origins)


def told(
    spec: ArchSpec, path: str | Path, overrides: Sequence[str], origins: Mapping[str, Origin]
) -> ArchSpec:
    """The spec, which now knows where it was read from; raises ``SpecError`` where its barriers are off."""
    spec.read_from(str(path), overrides, origins)
    trimmed_k = spec.chip.stochastic_unit.calibration.temperature_k
    devices = {"chip.stochastic_unit.device": spec.chip.stochastic_unit.device}
    if isinstance(cell := spec.tile.macro.subarray.cell, JunctionCell):
        devices["tile.macro.subarray.cell.device"] = cell.device
    for where, device in devices.items():
        check_barrier(device, spec.place(f"{where}.switching"), {spec.technology.temperature_k, trimmed_k})
    return spec


def load_device(path: str | Path, overrides: Sequence[str] = ()) -> DeviceSpec:
    """Read, convert and check a device file; parameters and errors as of `load_arch`."""
    spec = checked(*_read(path, overrides, DeviceSpec), DeviceSpec)[0]
    check_barrier(spec, f"{path}: switching")
    return spec


def is_device(path: str | Path) -> bool:
    """Whether a YAML file is a device, not an architecture; raises ``SpecError`` if it cannot be read."""
    return "junction" in parse_file(Path(path)).entries


def read_arch(path: str | Path, overrides: Sequence[str] = ()) -> tuple[dict[str, Any], Reader]:
    """The file's data by declared types, not yet checked for ranges, and the reader with its problems."""
    return _read(path, overrides, ArchSpec)


def _read(
    path: str | Path, overrides: Sequence[str], model: type[BaseModel]
) -> tuple[dict[str, Any], Reader]:
    file, reader = Path(path), Reader()
    if model is ArchSpec:
        tree = arch_tree(file, overrides)
    else:
        tree = finished(parse_file(file), overrides, include_from(file))
    return reader.model(tree, (model,), ""), reader


def arch_tree(file: Path, overrides: Sequence[str] = ()) -> Branch:
    """What an architecture file says, with all that it extends and names, before anything is converted."""
    return finished(extended(file, include_from), overrides, include_from(file))


def include_from(file: Path) -> Include:
    """Devices, as a file names them."""

    def include(leaf: Leaf, where: str) -> Branch | None:
        return included(leaf, where, file) if where.rpartition(".")[2] == KEY else None

    return include


def checked(data: dict[str, Any], reader: Reader, model: type[Model]) -> tuple[Model, Reader]:
    """The model of what a reader read; raises ``SpecError`` with the first problem of either."""
    found: Model | None = None
    problems = list(reader.problems)
    try:
        found = model.model_validate(data)
    except ValidationError as error:
        known = {problem.path for problem in problems}
        more = (_translate(item, data, reader) for item in error.errors(include_url=False))
        problems += [problem for problem in more if not _is_known(problem.path, known)]
    if problems:
        raise _first(problems)
    assert found is not None
    return found, reader


def _translate(item: Any, data: dict[str, Any], reader: Reader) -> Problem:
    """A pydantic error in our words: union tags leave the place, the rule is the field's."""
    path = _path(item["loc"], data)
    if item["type"] == "missing":
        name = str(item["loc"][-1])
        rule = expected(reader.models[path].model_fields[name])
        return Problem(reader.origins[path], _join(path, name), "is missing", "", f"it {rule}")
    broken = item.get("ctx", {}).get("error")
    if isinstance(broken, RuleBroken):
        full = _join(path, broken.path)
        return Problem(_origin(full, reader), full, broken.rule, broken.value, broken.cure)
    return Problem(_origin(path, reader), path, expected(reader.fields[path]), reader.texts[path])


def _path(location: Iterable[Any], data: Any) -> str:
    """The part of a pydantic location that is written in the file."""
    path = ""
    for step in location:
        if isinstance(data, dict) and step in data:
            path, data = _join(path, step), data[step]
    return path


def _origin(path: str, reader: Reader) -> Origin:
    """Where a value was written, or the mapping that lacks it."""
    while path not in reader.origins:
        path = path.rpartition(".")[0]
    return reader.origins[path]


def _is_known(path: str, known: Iterable[str]) -> bool:
    """Whether a problem is the echo of one already found at, above or below its path."""
    return any(_within(path, other) or _within(other, path) for other in known)


def _within(path: str, above: str) -> bool:
    return not above or path == above or path.startswith(f"{above}.")


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path and name else path or name


def _first(problems: list[Problem]) -> SpecError:
    """The problem written first, and a count of the others; overrides and what is missing go last."""

    def order(problem: Problem) -> tuple[bool, bool, int]:
        return problem.rule == "is missing", problem.origin.is_override, problem.origin.line

    first, *others = sorted(problems, key=order)
    more = f"{len(others)} more problem{'s' if len(others) > 1 else ''}" if others else ""
    cure = f"{first.cure} ({more})" if first.cure and more else first.cure or more
    return SpecError(first.origin.place(first.path), first.rule, first.value, cure)
