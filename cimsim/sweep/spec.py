"""SweepSpec: the sweep file as frozen models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, PrivateAttr, model_validator

from cimsim.arch.quantity import RuleBroken
from cimsim.arch.spec_base import Spec
from cimsim.arch.tree import Origin

__all__ = ["AxisSpec", "SamplerSpec", "SweepSpec"]

Count = Annotated[int, Field(ge=1, le=10_000_000)]
Text = Annotated[str, Field(min_length=1, max_length=1000)]
Direction = Literal["min", "max"]

_NEEDS = {
    "grid": (),
    "random": ("n",),
    "lhs": ("n",),
    "sobol": ("n",),
    "saltelli": ("n",),
    "morris": ("n",),
    "optuna": ("algorithm", "budget"),
}
"""Samplers, and what each must be told beside its seed."""


class AxisSpec(Spec):
    """What changes along an axis: ``values``, or a range ``from`` .. ``to``; a bare list is its values.

    A range is walked in ``n`` values (``spacing`` linear or log), by adding ``step`` or by multiplying with
    ``factor``; with none of them it is continuous, for samplers that draw. ``paths`` links several settings:
    each of ``values`` is then a list with one value for each. ``when`` names earlier axes and the values at
    which this one counts; elsewhere it keeps the value of the architecture.
    """

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    values: list[Any] | None = None
    start: Any = Field(default=None, alias="from")
    stop: Any = Field(default=None, alias="to")
    n: Annotated[int, Field(ge=2, le=1_000_000)] | None = None
    step: Any = None
    factor: float | None = Field(default=None, gt=1)
    spacing: Literal["linear", "log"] = "linear"
    paths: list[Text] | None = None
    when: dict[Text, list[Any]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_way(self) -> AxisSpec:
        ways = [name for name in ("n", "step", "factor") if getattr(self, name) is not None]
        if self.values is not None:
            if self.start is not None or self.stop is not None or ways:
                raise RuleBroken("", "must have either values or a range from .. to", "both")
            if not self.values:
                raise RuleBroken("values", "must hold at least one value", "none")
        elif self.start is None or self.stop is None:
            raise RuleBroken("", "must have values, or a range with from and to")
        if len(ways) > 1:
            raise RuleBroken(ways[1], f"must be left out beside {ways[0]}")
        if self.spacing == "log" and ways and ways != ["n"]:
            raise RuleBroken("spacing", f"must be left out beside {ways[0]}", "log")
        if self.paths is not None and (self.values is None or len(self.paths) < 2):
            raise RuleBroken("paths", "must name at least two paths, and values one list for each point")
        return self


class SamplerSpec(Spec):
    """How points are chosen: all of the ``grid``, ``n`` of the space, or a search within a ``budget``.

    ``saltelli`` and ``morris`` are designs for sensitivity: n points for each axis and one or two more.
    """

    kind: Literal["grid", "random", "lhs", "sobol", "saltelli", "morris", "optuna"] = "grid"
    n: Count | None = None
    seed: int = Field(default=0, ge=0, le=2**32 - 1)
    algorithm: Literal["nsga2", "tpe"] | None = None
    budget: Count | None = None

    @model_validator(mode="after")
    def _told_what_it_needs(self) -> SamplerSpec:
        needed = _NEEDS[self.kind]
        for name in ("n", "algorithm", "budget"):
            if name in needed and getattr(self, name) is None:
                raise RuleBroken("", f"must have {name} where kind is {self.kind}")
            if name not in needed and getattr(self, name) is not None:
                raise RuleBroken(name, f"must be left out where kind is {self.kind}")
        if self.kind in {"sobol", "saltelli"} and self.n is not None and self.n & (self.n - 1):
            below = 1 << (self.n.bit_length() - 1)
            rule, cure = f"must be a power of two for {self.kind}", f"{below} or {2 * below}"
            raise RuleBroken("n", rule, str(self.n), cure)
        return self


class SweepSpec(Spec):
    """A sweep file: a chip and networks, what changes, what is wanted, and how points are chosen.

    ``architecture``, ``workloads`` and ``data`` are bare names, or paths relative to the file. ``axes`` are
    named by what they change: a dotted path of the architecture, or ``architecture``, ``workload``,
    ``n_mc_samples``, ``n_instances``, ``seed``.
    """

    about: str = Field(default="", max_length=2000)
    architecture: Text
    workloads: Annotated[list[Text], Field(min_length=1)]
    data: Text | None = None
    n_images: Count | None = None
    n_mc_samples: Annotated[int, Field(ge=1, le=100_000)] | Literal["exact"] | None = Field(
        default=None, description="'exact' or an integer from 1 to 100000"
    )
    n_instances: Annotated[int, Field(ge=1, le=10_000)] = 1
    fidelity: Literal["ideal", "statistical", "cell", "circuit"] = "statistical"
    seed: int = Field(default=0, ge=0)
    axes: dict[Text, AxisSpec]
    objectives: dict[Text, Direction] = Field(default_factory=dict)
    constraints: list[Text] = Field(default_factory=list)
    sampler: SamplerSpec = SamplerSpec()
    _name: str = PrivateAttr(default="sweep")
    _source: str = PrivateAttr(default="<memory>")
    _origins: dict[str, Origin] = PrivateAttr(default_factory=dict)

    @model_validator(mode="after")
    def _searches_for_something(self) -> SweepSpec:
        if not self.axes:
            raise RuleBroken("axes", "must hold at least one axis", "none")
        for i, name in enumerate(self.workloads):
            if name in self.workloads[:i]:
                raise RuleBroken(f"workloads.{i}", "must not repeat a workload", name, "leave it out")
        if self.sampler.kind == "optuna" and not self.objectives:
            raise RuleBroken("objectives", "must say what to search for where the sampler is optuna")
        return self

    @property
    def name(self) -> str:
        """The file's name without its ending, or ``sweep``."""
        return self._name

    @property
    def source(self) -> str:
        """The file it was read from, or ``<memory>``; names in it are relative to it."""
        return self._source

    def read_from(self, name: str, source: str, origins: Mapping[str, Origin]) -> None:
        """Told once by the loader; ``origins`` says by path where each value was written."""
        self._name, self._source, self._origins = name, source, dict(origins)

    def origin(self, path: str) -> Origin:
        """Where the value at a path was written, or the mapping that leaves it out."""
        while path and path not in self._origins:
            path = path.rpartition(".")[0]
        return self._origins.get(path, Origin(self._source))
