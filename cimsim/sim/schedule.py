"""Commands of one pass -> stages of one image: which runs there are, and what each one waits for.

A *run* is one play of a layer. `sequential` and `pipelined` play every layer once a pass; `prefix_reuse` and
`enumerate` once for each distinct state of the masks before it. Where a mask acts inside a layer, each of its
sums is compared with the thresholds of all states in turn and every bitmap is sent on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from operator import attrgetter

from cimsim.mapping.program import Command, Program, Window
from cimsim.sim.stage_table import Edge, Stage, StageTable
from cimsim.units import to_femtoseconds

__all__ = ["IN_FLIGHT", "Masks", "Plan", "run_masks", "stage_table"]

Masks = tuple[str, ...]
"""Names of stochastic nodes, in graph order."""

IN_FLIGHT = 2
"""Runs whose data may wait between two commands at a time, where runs overlap."""

_FIELDS = attrgetter(*Edge._fields[2:])


@dataclass(frozen=True)
class Plan:
    """How often things happen for one image.

    Attributes
    ----------
    n_passes : weighted or sampled passes
    n_draws : times each mask is drawn: before everything else in a tree, else with its run
    counts : distinct states of each set of masks that commands depend on
    is_tree : whether runs are distinct mask states instead of passes
    """

    n_passes: int
    n_draws: int
    counts: Mapping[Masks, int]
    is_tree: bool

    def runs(self, masks: Masks) -> int:
        return self.counts[masks] if self.is_tree else self.n_passes


def run_masks(program: Program) -> dict[str, Masks]:
    """By layer: the masks that decide what it works on; one run for each of their states."""
    first: dict[str, Masks] = {}
    for command in program.commands:
        if command.kind != "draw":
            first.setdefault(command.layer, command.depends_on_masks)
    return first


def stage_table(program: Program, plan: Plan) -> tuple[StageTable, list[Command]]:
    """The table of one image, and the command behind each of its stages."""
    return _Layout(program, plan).table()


class _Layout:
    """Numbers the stages and draws the edges between them."""

    def __init__(self, program: Program, plan: Plan) -> None:
        self.program, self.plan = program, plan
        self.masks = run_masks(program)
        self.by_name = {c.name: c for c in program.commands if plan.n_draws or c.kind != "draw"}
        self.resources = {name: index for index, name in enumerate(program.resources)}
        self.first: dict[str, int] = {}
        self.edges: list[Edge] = []

    def table(self) -> tuple[StageTable, list[Command]]:
        stages: list[Stage] = []
        commands: list[Command] = []
        for command in self.by_name.values():
            self.first[command.name] = len(stages)
            for run in range(self.n_runs(command)):
                stages.append(self.stage(command, run))
                commands.append(command)
        for command in self.by_name.values():
            self.join(command)
        names = [command.name for command in commands]
        return StageTable.build(
            stages, self.edges, list(self.program.resources.values()), names=names
        ), commands

    def n_runs(self, command: Command) -> int:
        if command.kind == "draw" and self.plan.is_tree:
            return 1
        return self.plan.runs(self.masks.get(command.layer, ()))

    def stage(self, command: Command, run: int) -> Stage:
        resource, service_fs = self.resources[command.resource], max(1, to_femtoseconds(command.service_s))
        if command.kind == "draw" and self.plan.is_tree:
            return Stage(resource, command.n_items * self.plan.n_draws, service_fs)
        repeats = 1
        if self.plan.is_tree:
            n_runs, n_states = self.n_runs(command), self.plan.runs(command.depends_on_masks)
            repeats = _first_child(run + 1, n_runs, n_states) - _first_child(run, n_runs, n_states)
        return Stage(resource, command.n_items, service_fs * repeats)

    def join(self, command: Command) -> None:
        n_runs = self.n_runs(command)
        for run in range(n_runs):
            if run:
                self.edges.append(self.after(command, run - 1, command, run))
            for window in command.after:
                if window.producer in self.by_name:
                    self.wait(window, command, run, n_runs)

    def wait(self, window: Window, command: Command, run: int, n_runs: int) -> None:
        """The window of one run, and its producer's leave to run ahead."""
        producer = self.by_name[window.producer]
        n_before = self.n_runs(producer)
        parent = run * n_before // n_runs
        if producer.kind == "draw" and self.plan.is_tree:
            self.edges.append(self.after(producer, 0, command, run))
            return
        edge = Edge(self.first[producer.name] + parent, self.first[command.name] + run, *_FIELDS(window))
        if self.plan.is_tree and producer.layer != command.layer:
            edge = edge._replace(capacity=0)
        self.edges.append(edge)
        is_last = (run + 1) * n_before // n_runs > parent
        if is_last and parent + IN_FLIGHT < n_before:
            self.edges.append(self.after(command, run, producer, parent + IN_FLIGHT))

    def after(self, before: Command, run: int, command: Command, later: int) -> Edge:
        """``later`` starts when ``run`` is complete."""
        n_items = before.n_items * (self.plan.n_draws if before.kind == "draw" and self.plan.is_tree else 1)
        return Edge(self.first[before.name] + run, self.first[command.name] + later,
                    producer_height=n_items, reach_y=n_items)  # fmt: skip


def _first_child(run: int, n_runs: int, n_states: int) -> int:
    """The first state with a parent run from this one on; state s descends from s * n_runs // n_states."""
    return -(-run * n_states // n_runs)
