"""The time pass: play the Program on the event engine and say how long an image takes, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cimsim.mapping.program import Command, Program
from cimsim.sim.engine import EngineResult, play
from cimsim.sim.prefixes import distinct_states
from cimsim.sim.result import Timeline
from cimsim.sim.schedule import Masks, Plan, stage_table
from cimsim.sim.stream import stream_period
from cimsim.sim.timeline import MAX_INTERVALS, timeline
from cimsim.units import to_femtoseconds

__all__ = ["MAX_PLAYS", "Times", "run_time"]

MAX_PLAYS = 64
"""Different images played at most under a tree schedule; rarer ones take the latency of the most similar."""

SECONDS_PER_FS = 1e-15


@dataclass(frozen=True, eq=False)
class Times:
    """When things happen for one image, all its passes.

    Attributes
    ----------
    latency_s, latency_p5_s, latency_p95_s : mean over images, and its 5 and 95 % quantiles
    period_s : time between two images of a stream
    is_period_exact : false where the distance of images does not repeat and `period_s` is a mean
    is_weighted : whether runs of distinct masks are averaged by their share of the passes
    n_plays : by command, how often it is played (passes, or distinct mask states; draws), mean over images
    busy_s : by command, how long it holds its resource, mean over images
    span_s : by layer, from its first start to its last end, passes that follow each other added up
    n_exact : images whose latency was played, not taken from the most similar one
    timeline : of one image (of median latency); None where nobody wants to see it
    """

    latency_s: float
    latency_p5_s: float
    latency_p95_s: float
    period_s: float
    n_plays: Mapping[str, float]
    busy_s: Mapping[str, float]
    span_s: Mapping[str, float]
    n_exact: int
    timeline: Timeline | None
    is_period_exact: bool = True
    is_weighted: bool = False

    def busiest(self, program: Program) -> tuple[str, float]:
        """The resource that serves for the largest share of the latency, and that share."""
        totals = dict.fromkeys(program.resources, 0.0)
        for command in program.commands:
            totals[command.resource] += self.busy_s[command.name] / program.resources[command.resource]
        name = max(totals, key=lambda resource: totals[resource])
        return name, totals[name] / self.latency_s


def run_time(program: Program, masks: NDArray[np.uint8], schedule: str, *, is_shown: bool = True) -> Times:
    """Latency of an image, throughput of a stream, and what holds the resources.

    Parameters
    ----------
    masks : (n_images, n_passes, n_scalar_nodes) uint8, as the values pass used them
    schedule : ``sequential`` plays one pass and repeats it: the chip is empty in between, so this is exact.
        ``pipelined`` plays all passes; the next image's follow at the same distance. ``prefix_reuse`` and
        ``enumerate`` play each distinct mask state once; images follow one after another, since the buffers
        hold the bitmaps of one image.
    is_shown : whether there shall be a timeline
    """
    n_passes, record = masks.shape[1], MAX_INTERVALS if is_shown else 0
    if schedule == "pipelined":
        return _pipelined(program, n_passes, record)
    if schedule == "sequential":
        return _sequential(program, n_passes, record)
    return _tree(program, masks, n_passes if schedule == "prefix_reuse" else 0, record)


def _sequential(program: Program, n_passes: int, record: int) -> Times:
    result, commands = _play(program, Plan(1, 1, {}, is_tree=False), record=record // n_passes)
    latency_s = n_passes * result.end_fs * SECONDS_PER_FS
    return Times(
        latency_s, latency_s, latency_s, latency_s,
        n_plays=dict.fromkeys((c.name for c in program.commands), float(n_passes)),
        busy_s={name: n_passes * busy for name, busy in _busy(commands, result).items()},
        span_s={layer: n_passes * span for layer, span in _spans(commands, result).items()},
        n_exact=1,
        timeline=timeline(program, commands, result.intervals, n_passes, result.end_fs) if record else None,
    )  # fmt: skip


def _pipelined(program: Program, n_passes: int, record: int) -> Times:
    result, commands = _play(program, Plan(n_passes, 1, {}, is_tree=False), record=record)
    latency_s = result.end_fs * SECONDS_PER_FS
    period = stream_period(program, n_passes, result.end_fs)
    return Times(
        latency_s, latency_s, latency_s, period.fs * SECONDS_PER_FS,
        n_plays=dict.fromkeys((c.name for c in program.commands), float(n_passes)),
        busy_s=_busy(commands, result),
        span_s=_spans(commands, result),
        n_exact=1,
        timeline=timeline(program, commands, result.intervals, 1, 0) if record else None,
        is_period_exact=period.is_exact,
    )  # fmt: skip


def _play(program: Program, plan: Plan, *, record: int = 0) -> tuple[EngineResult, list[Command]]:
    """One play of the engine with its first ``record`` intervals; the command behind each of its stages."""
    table, commands = stage_table(program, plan)
    n_items = int(table.stages[:, 1].sum())
    return play(table, record=min(n_items, record)), commands


def _busy(commands: Sequence[Command], result: EngineResult) -> dict[str, float]:
    busy: dict[str, int] = {}
    for command, busy_fs in zip(commands, result.busy_fs.tolist(), strict=True):
        busy[command.name] = busy.get(command.name, 0) + busy_fs
    return {name: busy_fs * SECONDS_PER_FS for name, busy_fs in busy.items()}


def _spans(commands: Sequence[Command], result: EngineResult) -> dict[str, float]:
    """By layer, first start to last end; random bits drawn ahead do not count."""
    first: dict[str, int] = {}
    last: dict[str, int] = {}
    for command, start, finish in zip(
        commands, result.start_fs.tolist(), result.finish_fs.tolist(), strict=True
    ):
        if command.kind not in ("draw", "issue"):
            first[command.layer] = min(first.get(command.layer, start), start)
            last[command.layer] = max(last.get(command.layer, finish), finish)
    return {layer: (last[layer] - first[layer]) * SECONDS_PER_FS for layer in first}


def _tree(program: Program, masks: NDArray[np.uint8], n_draws: int, record: int) -> Times:
    """Play each group of images with equal counts of distinct states once, the most frequent groups first."""
    sets = sorted({command.depends_on_masks for command in program.commands if command.kind != "draw"})
    counts = distinct_states(program.graph, sets, masks)
    groups, group_of, sizes = np.unique(
        np.stack([counts[names] for names in sets], axis=1), axis=0, return_inverse=True, return_counts=True
    )
    frequent = np.argsort(-sizes, kind="stable")[:MAX_PLAYS]
    plans = [_plan(sets, groups[g], masks.shape[1], n_draws) for g in frequent]
    plays = [_play(program, plan) for plan in plans]
    distance = np.abs(groups[:, None, :] - groups[None, frequent, :]).sum(axis=2)
    nearest = distance.argmin(axis=1)
    weights = np.bincount(nearest, weights=sizes, minlength=len(frequent)) / sizes.sum()
    latency_fs = np.array([result.end_fs for result, _ in plays])[nearest][group_of.reshape(-1)]
    low, median, high = np.quantile(latency_fs, (0.05, 0.5, 0.95), method="nearest")
    shown = next(i for i, (result, _) in enumerate(plays) if result.end_fs == median)
    latency_s = float(latency_fs.mean()) * SECONDS_PER_FS
    n_plays = _n_plays(program, {names: float(counts[names].mean()) for names in sets}, n_draws)
    return Times(
        latency_s, float(low) * SECONDS_PER_FS, float(high) * SECONDS_PER_FS, latency_s,
        n_plays=n_plays,
        busy_s={c.name: n_plays[c.name] * c.n_items * to_femtoseconds(c.service_s) * SECONDS_PER_FS
                for c in program.commands},
        span_s=_mean([_spans(stages, result) for result, stages in plays], weights),
        n_exact=int(sizes[frequent].sum()),
        timeline=_shown(program, plans[shown], record) if record else None,
        is_weighted=True,
    )  # fmt: skip


def _shown(program: Program, plan: Plan, record: int) -> Timeline:
    result, commands = _play(program, plan, record=record)
    return timeline(program, commands, result.intervals, 1, 0)


def _plan(sets: Sequence[Masks], counts: NDArray[np.int64], n_passes: int, n_draws: int) -> Plan:
    return Plan(n_passes, n_draws, dict(zip(sets, counts.tolist(), strict=True)), is_tree=True)


def _n_plays(program: Program, mean_counts: Mapping[Masks, float], n_draws: int) -> dict[str, float]:
    return {
        command.name: float(n_draws) if command.kind == "draw" else mean_counts[command.depends_on_masks]
        for command in program.commands
    }


def _mean(rows: Sequence[Mapping[str, float]], weights: NDArray[np.float64]) -> dict[str, float]:
    return {key: sum(w * row[key] for w, row in zip(weights.tolist(), rows, strict=True)) for key in rows[0]}
