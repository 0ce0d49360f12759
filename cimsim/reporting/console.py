"""The summary on the screen: one page that says how good, how fast, how much, and why."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from rich.console import Console
from rich.text import Text

from cimsim.mapping.program import Fold
from cimsim.reporting.quantities import area, count, number, percent, printable, quantity, things
from cimsim.sim.result import RunResult

__all__ = ["print_summary", "summary_text"]

_WIDTH = 80
_LABEL = 13
_BAR = 10
_N_PROBABILITIES = 4
_N_BARS = 5
_NAMES = 24


def print_summary(result: RunResult, *, directory: Path | None = None, file: IO[str] | None = None) -> None:
    """Print the page in one piece to ``file`` (standard output); plain when it is not a terminal."""
    _render(result, directory, Console(file=file, highlight=False))


def summary_text(result: RunResult) -> str:
    """The page as plain text, 80 columns wide."""
    page = io.StringIO()
    _render(
        result, None, Console(file=page, width=_WIDTH, no_color=True, highlight=False, legacy_windows=False)
    )
    return page.getvalue()


def _render(result: RunResult, directory: Path | None, console: Console) -> None:
    with console:
        console.print(Text(_title(result), style="bold"))
        for label, text in _rows(result, ascii_only="utf" not in console.encoding.lower()):
            _print_row(console, label, text)
        if directory is not None:
            _print_row(console, "report", Text(f"{printable(directory)}/"))


def _print_row(console: Console, label: str, text: Text) -> None:
    console.print(Text.assemble((f"{label:<{_LABEL}}", "cyan"), text))


def _title(result: RunResult) -> str:
    summary, graph = result.summary, result.program.graph
    images = f"{count(summary['n_images'])} images of {printable(summary['dataset'])}"
    return f"{printable(graph.name)} on {printable(result.program.chip.spec.name)}, {images}"


def _rows(result: RunResult, *, ascii_only: bool) -> Iterator[tuple[str, Text]]:
    summary = result.summary
    yield from _quality(result.program.graph.task, summary)
    yield from _doubts(result)
    yield from _chips(summary)
    yield from _speed(summary)
    spread = f"{_range(summary, 'energy_{}_j', 'J')}, 5-95 % of the sources"
    yield "energy", _line(f"{quantity(summary['energy_j'], 'J')} per image", spread)
    yield from _bars(summary["energy_by_component"], ascii_only)
    yield from _chip(summary)
    if result.program.folds:
        yield "folded", Text(_folded(result.program.folds))
    yield "settings", Text(_settings(summary))
    for warning in _warnings(summary):
        lines = textwrap.wrap(printable(warning), _WIDTH - _LABEL) or [""]
        yield "note", Text(f"\n{'':<{_LABEL}}".join(lines), style="yellow")


def _chips(summary: Mapping[str, Any]) -> Iterator[tuple[str, Text]]:
    """Scores of chips out of the fabrication spread, least to most."""
    forms = {
        "accuracy": ("", "%"),
        "pixel_accuracy": ("", "%"),
        "nll": ("NLL ", ".4f"),
        "ece": ("ECE ", "%"),
        "rmse": ("RMSE ", ".4g"),
    }
    parts = []
    for name, (title, form) in forms.items():
        if f"{name}_chips_min" in summary:
            ends = (summary[f"{name}_chips_{end}"] for end in ("min", "max"))
            low, high = (percent(x) if form == "%" else number(x, form) for x in ends)
            parts.append(f"{title}{low} to {high}")
    if parts:
        yield "spread", _line(*parts, things(summary["n_instances"], "chip"))


def _speed(summary: Mapping[str, Any]) -> Iterator[tuple[str, Text]]:
    """The mean latency, its range where a schedule makes images differ, and what limits it."""
    rate = f"{count(summary['throughput_images_per_s'])} images/s in a stream"
    yield "latency", _line(f"{quantity(summary['latency_s'], 's')} per image", rate)
    low, high = quantity(summary["latency_p5_s"], "s"), quantity(summary["latency_p95_s"], "s")
    if low != high:
        yield "", Text(f"{low} to {high}, 5-95 % of the images")
    share = percent(summary["limited_by_busy"], 0)
    yield "limited by", Text(f"{printable(summary['limited_by'])}, busy {share} of the latency")


def _chip(summary: Mapping[str, Any]) -> Iterator[tuple[str, Text]]:
    stream = f"{quantity(summary['energy_stream_j'], 'J')} per image"
    yield "stream", _line(stream, _range(summary, "energy_stream_{}_j", "J"))
    yield "power", _line(quantity(summary["power_w"], "W"), _range(summary, "power_{}_w", "W"))
    yield "efficiency", _line(*_tops_per_w(summary, "executed", "ops"), "1-bit ops, 1 MAC = 2 ops")
    yield "", _line(*_tops_per_w(summary, "nominal", "nominal_ops"))
    ends = (area(summary[f"area_{end}_m2"]) for end in ("low", "high"))
    yield "area", _line(area(summary["area_m2"]), " to ".join(ends))
    written = f"{quantity(summary['program_energy_j'], 'J')} to write them once"
    yield "weights", _line(written, _range(summary, "program_energy_{}_j", "J"))
    yield "random bits", Text(_random_bits(summary))


def _tops_per_w(summary: Mapping[str, Any], kind: str, name: str) -> tuple[str, str]:
    value, low, high = (f"{summary[f'{name}{end}_per_j'] / 1e12:.3g}" for end in ("", "_low", "_high"))
    return f"{value} TOPS/W {kind}", f"{low} to {high}"


def _range(numbers: Mapping[str, Any], key: str, unit: str) -> str:
    """``9.59 µJ to 16.3 µJ``; ``{}`` in the key stands for the end."""
    return " to ".join(quantity(numbers[key.format(end)], unit) for end in ("low", "high"))


def _random_bits(summary: Mapping[str, Any]) -> str:
    if summary["n_random_bits"] == 0:
        return "none"
    units = things(summary["n_stochastic_units"], "stochastic unit")
    given = sorted({f"{p:.3f}" for p in summary["dropout_p"].values()})
    shown = f", p = {' '.join(given[:_N_PROBABILITIES])}" if given else ""
    more = " ..." if len(given) > _N_PROBABILITIES else ""
    return f"{count(summary['n_random_bits'])} per image, from {units}{shown}{more}"


def _folded(folds: Mapping[str, Fold]) -> str:
    """Layers whose signs are decided by comparing integers, and with how many."""
    names = ", ".join(printable(name) for name in folds)
    layers = names if len(names) <= _NAMES else things(len(folds), "layer")
    states = sorted({len(fold.thresholds) for fold in folds.values()})
    each = things(states[0], "state") if len(states) == 1 else f"{states[0]} to {states[-1]} states"
    return f"{layers} into {count(sum(f.thresholds.size for f in folds.values()))} thresholds, {each} each"


def _line(*parts: str) -> Text:
    return Text("   ".join(parts))


def _quality(task: str, summary: Mapping[str, Any]) -> Iterator[tuple[str, Text]]:
    if task == "classification":
        low, high = percent(summary["accuracy_low"]), percent(summary["accuracy_high"])
        accuracy = f"{percent(summary['accuracy'])}   ({low} to {high}, Wilson 95 %)"
        yield "accuracy", Text(accuracy, style="bold")
        ece = f"ECE {percent(summary['ece'])} (15 bins)"
        yield "calibration", _line(f"NLL {number(summary['nll'], '.4f')} nats", ece)
    elif task == "segmentation":
        overlap = f"mean IoU {percent(summary['mean_iou'])}"
        yield "accuracy", _line(f"{percent(summary['pixel_accuracy'])} of pixels", overlap)
    else:
        yield "error", Text(f"RMSE {number(summary['rmse'], '.4g')}")


def _doubts(result: RunResult) -> Iterator[tuple[str, Text]]:
    """A single pass with nothing dropped beside the passes, and images from outside."""
    summary, found = result.summary, result.uncertainty
    if found is None or not any(node.dropout for node in result.program.graph.nodes):
        return
    parts = (
        percent(summary["baseline_accuracy"]),
        f"NLL {number(summary['baseline_nll'], '.4f')}",
        f"ECE {percent(summary['baseline_ece'])}",
    )
    yield "single pass", _line(*parts, "nothing dropped")
    rows = found.ood.to_dict("records") if len(found.ood) else []
    for row in rows:
        if row["score"] == "predictive_entropy_nats":
            auroc, single = (number(row[key], ".4f") for key in ("auroc", "baseline_auroc"))
            yield "outside", _line(f"AUROC {auroc} (entropy)", f"{single} single pass", printable(row["ood"]))


def _bars(parts: Mapping[str, Mapping[str, float]], ascii_only: bool) -> Iterator[tuple[str, Text]]:
    """The largest components with their ranges and as bars; the rest in one line."""
    total = sum(part["energy_j"] for part in parts.values())
    largest = max((part["energy_j"] for part in parts.values()), default=0.0)
    for name, part in list(parts.items())[:_N_BARS]:
        energy_j, spread = quantity(part["energy_j"], "J"), _range(part, "energy_{}_j", "J")
        label = f"{name.replace('_', ' '):<17}{energy_j:>8} {percent(part['energy_j'] / total, 1):>7}"
        bar = ("#" if ascii_only else "█") * max(1, round(_BAR * part["energy_j"] / largest))
        yield "", Text(f"{label}   {spread:<20} ").append(bar, style="cyan")
    if rest := list(parts.values())[_N_BARS:]:
        share = percent(sum(part["energy_j"] for part in rest) / total, 1)
        yield "", Text(f"{f'{len(rest)} others':<25} {share:>7}")


def _settings(summary: Mapping[str, Any]) -> str:
    passes = f"T = {summary['n_mc_samples']} {summary['mc_schedule']}"
    instances = things(summary["n_instances"], "chip instance")
    return f"{passes}, fidelity {summary['fidelity']}, {instances}, seed {summary['seed']}"


def _warnings(summary: Mapping[str, Any]) -> Iterator[str]:
    if not summary["array_errors_modelled"]:
        yield "array errors are not modelled: accuracy assumes a lossless read-out"
    yield from summary["warnings"]
