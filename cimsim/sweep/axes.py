"""Axes: what changes from point to point, as choices or as a range to draw from."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cimsim.errors import SpecError, show
from cimsim.sweep.paths import Paths
from cimsim.sweep.spec import AxisSpec, SweepSpec

__all__ = ["Axis", "Span", "axes_of"]

_MAX_VALUES = 1_000_000


@dataclass(frozen=True)
class Span:
    """A range of numbers, both ends included."""

    low: float
    high: float
    is_log: bool
    is_integer: bool

    def at(self, position: float) -> int | float:
        """The number at a position from 0 to 1; whole numbers get equal shares."""
        low, high = self.low, self.high
        if self.is_integer:
            low, high = low - 0.5, high + 0.5
        value = low * (high / low) ** position if self.is_log else low + (high - low) * position
        if self.is_integer:
            return int(min(max(round(value), self.low), self.high))
        return min(max(_short(value), self.low), self.high)


@dataclass(frozen=True)
class Axis:
    """One thing that changes, or several that change together.

    Attributes
    ----------
    name : as in the sweep file
    paths : the settings that it sets, one column of the table each
    choices : what it sets them to, one value for each path; empty where it is a `span`
    span : the range of a continuous axis
    when : settings of earlier axes at which it counts: by path, the values
    """

    name: str
    paths: tuple[str, ...]
    choices: tuple[tuple[Any, ...], ...]
    span: Span | None
    when: Mapping[str, tuple[Any, ...]]

    def at(self, position: float) -> dict[str, Any]:
        """The settings at a position from 0 (included) to 1 (excluded)."""
        if self.span is not None:
            return {self.paths[0]: self.span.at(position)}
        return self.setting(min(int(position * len(self.choices)), len(self.choices) - 1))

    def setting(self, choice: int) -> dict[str, Any]:
        """The settings of one choice."""
        return dict(zip(self.paths, self.choices[choice], strict=True))

    def counts(self, settings: Mapping[str, Any]) -> bool:
        """Whether its condition holds, given the settings of the axes before it."""
        return all(path in settings and settings[path] in values for path, values in self.when.items())


def axes_of(spec: SweepSpec, paths: Paths) -> tuple[Axis, ...]:
    """The axes of a sweep in their order, the networks first where there are several.

    Raises
    ------
    SpecError : with the line of the axis that cannot be
    """
    found: list[Axis] = []
    if len(spec.workloads) > 1:
        found.append(Axis("workload", ("workload",), tuple((name,) for name in spec.workloads), None, {}))
    for name, axis in spec.axes.items():
        found.append(_Builder(spec, paths, name, axis).build(found))
    return tuple(found)


@dataclass(frozen=True)
class _Builder:
    spec: SweepSpec
    paths: Paths
    name: str
    axis: AxisSpec

    def build(self, earlier: Sequence[Axis]) -> Axis:
        names = tuple(self.axis.paths or (self.name,))
        taken = [path for other in earlier for path in other.paths]
        for i, path in enumerate(names):
            if path == "workload":
                raise self._refuse("", "workload is no axis of its own", cure="list them under workloads")
            if path in (*taken, *names[:i]):
                raise self._refuse("", "must not set what another axis sets", path)
        when = {path: self._condition(path, values, taken) for path, values in self.axis.when.items()}
        if self.axis.values is not None:
            return Axis(self.name, names, self._choices(names, self.axis.values), None, when)
        low, high = self._end("from"), self._end("to")
        if not low < high:
            raise self._refuse("to", f"must be above from, {low:g}", f"{high:g}")
        if (self.axis.spacing == "log" or self.axis.factor) and low <= 0:
            raise self._refuse("from", "must be above 0 where values are multiplied", f"{low:g}")
        is_integer = self.paths.is_integer(self.name)
        if self.axis.n is None and self.axis.step is None and self.axis.factor is None:
            span = Span(low, high, self.axis.spacing == "log", is_integer)
            return Axis(self.name, names, (), span, when)
        values = (round(v) if is_integer else _short(v) for v in self._walk(low, high))
        return Axis(self.name, names, tuple((v,) for v in dict.fromkeys(values)), None, when)

    def _choices(self, names: tuple[str, ...], values: list[Any]) -> tuple[tuple[Any, ...], ...]:
        rows = [[value] for value in values] if self.axis.paths is None else values
        for i, row in enumerate(rows):
            if not isinstance(row, list) or len(row) != len(names):
                raise self._refuse(f"values.{i}", f"must be a list with {len(names)} values", show(row))
        choices: dict[str, tuple[Any, ...]] = {}
        for i, row in enumerate(rows):
            pairs = zip(names, row, strict=True)
            choice = tuple(self._read(path, value, f"values.{i}") for path, value in pairs)
            if (key := json.dumps(choice, sort_keys=True)) in choices:
                raise self._refuse(f"values.{i}", "must not repeat a value", show(values[i]), "leave it out")
            choices[key] = choice
        return tuple(choices.values())

    def _condition(self, path: str, values: Iterable[Any], taken: list[str]) -> tuple[Any, ...]:
        if path not in taken:
            raise self._refuse(f"when.{path}", "must name what an axis above this one sets", path)
        return tuple(self._read(path, value, f"when.{path}") for value in values)

    def _end(self, key: str) -> float:
        value = self._read(self.name, self.axis.start if key == "from" else self.axis.stop, key)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._refuse(key, "must be a number", show(value))
        return value

    def _walk(self, low: float, high: float) -> Iterator[float]:
        axis = self.axis
        if axis.n is not None:
            space = np.geomspace if axis.spacing == "log" else np.linspace
            yield from space(low, high, axis.n).tolist()
            return
        next_value: Callable[[int], float]
        if axis.factor is not None:
            n, factor = math.log(high / low) / math.log(axis.factor), axis.factor
            next_value = lambda i: low * factor**i  # noqa: E731
        else:
            step = self._step()
            n = (high - low) / step
            next_value = lambda i: low + step * i  # noqa: E731
        if n > _MAX_VALUES:
            raise self._refuse("", f"must have at most {_MAX_VALUES:,} values", f"{n:.0f}")
        yield from (min(next_value(i), high) for i in range(int(n + 1e-9) + 1))

    def _step(self) -> float:
        where = f"axes.{self.name}"
        origin = self.spec.origin(f"{where}.step")
        step = self.paths.convert(self.name, self.axis.step, origin, where)
        if isinstance(step, bool) or not isinstance(step, int | float) or step <= 0:
            raise self._refuse("step", "must be a number above 0", show(step))
        return step

    def _read(self, path: str, value: Any, below: str) -> Any:
        where = f"axes.{self.name}"
        return self.paths.read(path, value, self.spec.origin(f"{where}.{below}"), where)

    def _refuse(self, below: str, rule: str, value: str = "", cure: str = "") -> SpecError:
        where = f"axes.{self.name}" + (f".{below}" if below else "")
        return SpecError(self.spec.origin(where).place(where), rule, value, cure)


def _short(value: float) -> float:
    """Twelve digits: 0.15, not 0.15000000000000002."""
    return float(f"{value:.12g}")
