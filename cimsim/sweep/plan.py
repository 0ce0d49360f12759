"""A sweep that can be run: its axes, its files, and its points, each with a key made of all that it is."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import cimsim
from cimsim.arch.loader import load_arch
from cimsim.errors import SpecError
from cimsim.sim.inputs import load_images
from cimsim.sweep.axes import Axis, axes_of
from cimsim.sweep.context import Context
from cimsim.sweep.identities import devices_in, identities_of, identity_of_images
from cimsim.sweep.load import load_sweep
from cimsim.sweep.names import file_of, hash_of
from cimsim.sweep.paths import Paths
from cimsim.sweep.samplers import points_of
from cimsim.sweep.spec import SweepSpec
from cimsim.workload import load_workload

__all__ = ["Plan", "Point", "plan_sweep", "with_images"]

Settings = dict[str, Any]


@dataclass(frozen=True)
class Point:
    """One point: its place in the table, its key, what it sets."""

    index: int
    key: str
    settings: Settings


@dataclass(frozen=True)
class Plan:
    """A sweep with its files found and its axes understood.

    Attributes
    ----------
    spec, axes, context : what was asked for
    identities : hashes of the sweep, its files and the version; equal plans give equal tables
    """

    spec: SweepSpec
    axes: tuple[Axis, ...]
    context: Context
    identities: dict[str, str]

    @property
    def columns(self) -> tuple[str, ...]:
        """The settings that change, by path."""
        return tuple(path for axis in self.axes for path in axis.paths)

    def points(self) -> Iterator[Point]:
        """All points of a sampler that knows them beforehand, made one by one."""
        sampler = self.spec.sampler
        return self.numbered(points_of(sampler.kind, self.axes, sampler.n, sampler.seed))

    def numbered(self, settings: Iterable[Settings], start: int = 0) -> Iterator[Point]:
        """Points of settings, in order; equal settings have equal keys."""
        return (Point(index, self.key_of(each), each) for index, each in enumerate(settings, start))

    @cached_property
    def n_points(self) -> int:
        """How many different points there are; of a search at most."""
        sampler = self.spec.sampler
        if sampler.budget is not None:
            return sampler.budget
        keys = (point.key for point in self.points())
        return sum(1 for _ in keys) if sampler.kind == "grid" else len(set(keys))

    def key_of(self, settings: Settings) -> str:
        """A hash of what a point sets and of what the sweep fixes."""
        own = json.dumps(settings, sort_keys=True, separators=(",", ":"))
        return hash_of(f"{self._fixed}{own}".encode())[:32]

    @cached_property
    def _fixed(self) -> str:
        context = self.context
        named = ("overrides", "data", "n_images", "n_mc_samples", "n_instances", "fidelity", "seed")
        fixed = {name: getattr(context, name) for name in named}
        return json.dumps([cimsim.__version__, fixed, dict(context.identities)])


def plan_sweep(
    spec: str | Path | dict[str, Any] | SweepSpec,
    overrides: Sequence[str] = (),
    data_dir: str | Path | None = None,
) -> Plan:
    """Read a sweep, find its files, check its axes against the architecture and the fidelity.

    Raises
    ------
    SpecError : with the line of what cannot be, and why
    """
    spec = load_sweep(spec)
    beside = Path(spec.source).parent if spec.source != "<memory>" else Path()
    given = tuple(overrides)
    base = file_of(spec.architecture, "architecture", beside, spec.origin("architecture"), "architecture")
    load_arch(base, given)
    axes = axes_of(spec, Paths(base, given))
    _check_samples(spec, axes)
    architectures = _architectures(spec, axes, base, beside)
    workloads = {
        name: file_of(name, "workload", beside, spec.origin(f"workloads.{i}"), "workloads")
        for i, name in enumerate(spec.workloads)
    }
    data = _data(spec, beside)
    devices = _devices(axes)
    identities = identities_of(architectures, workloads, given, data, devices)
    context = Context(
        architectures,
        workloads,
        devices,
        given,
        data,
        _folder(data_dir),
        spec.n_images,
        spec.n_mc_samples,
        spec.n_instances,
        spec.fidelity,
        spec.seed,
        identities,
    )
    return Plan(spec, axes, context, {**identities, **_own_identities(spec, given)})


def with_images(plan: Plan) -> Plan:
    """The plan with the images of each workload among what it is made of: they are loaded once for that.

    Raises
    ------
    CimsimError : images that cannot be had, or that do not fit the workload
    """
    context, found = plan.context, {}
    for name, path in context.workloads.items():
        images = load_images(
            load_workload(path),
            data=context.data,
            data_dir=context.data_dir,
            n_images=context.n_images,
            download=False,
            x=None,
            y=None,
        )
        found[f"the images of {name}"] = identity_of_images(images)
    return replace(
        plan,
        context=replace(context, identities={**context.identities, **found}),
        identities={**plan.identities, **found},
    )


def _architectures(spec: SweepSpec, axes: Iterable[Axis], base: Path, beside: Path) -> dict[str, Path]:
    """Files by name: the base first, then those of an axis."""
    found = {spec.architecture: base}
    for axis in axes:
        if "architecture" in axis.paths:
            where = f"axes.{axis.name}"
            for choice in range(len(axis.choices)):
                name = axis.setting(choice)["architecture"]
                found[name] = file_of(name, "architecture", beside, spec.origin(where), where)
    return found


def _devices(axes: Iterable[Axis]) -> tuple[str, ...]:
    """Names of device files among the choices."""
    settings = (axis.setting(choice) for axis in axes for choice in range(len(axis.choices)))
    return tuple(dict.fromkeys(name for each in settings for name in devices_in(each)))


def _data(spec: SweepSpec, beside: Path) -> str | None:
    if spec.data is None or not spec.data.endswith(".npz"):
        return spec.data
    path = (beside / spec.data).resolve()
    if not path.is_file():
        raise SpecError(spec.origin("data").place("data"), "no such data file", str(path))
    return str(path)


def _folder(data_dir: str | Path | None) -> str | None:
    return None if data_dir is None else os.path.abspath(data_dir)


def _check_samples(spec: SweepSpec, axes: Iterable[Axis]) -> None:
    """A grid has values on every axis."""
    if spec.sampler.kind != "grid":
        return
    for axis in axes:
        if axis.span is not None:
            where = f"axes.{axis.name}"
            rule, cure = "must have values for a grid", "say n, step or factor, or choose another sampler"
            raise SpecError(spec.origin(where).place(where), rule, "a continuous range", cure)


def _own_identities(spec: SweepSpec, overrides: tuple[str, ...]) -> dict[str, str]:
    """Of the sweep itself: all that its points depend on, and of wishes only those that steer a search."""
    left_out = {"about"} if spec.sampler.kind == "optuna" else {"about", "objectives", "constraints"}
    own = spec.model_dump_json(exclude=left_out, by_alias=True)
    return {
        "the sweep file": hash_of(own.encode()),
        "--set": hash_of(json.dumps(overrides).encode()),
        "cimsim": cimsim.__version__,
    }
