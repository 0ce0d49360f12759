"""Train a recipe and its deterministic twin; write the networks and the logs of their training."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import Progress

from cimsim import metrics
from cimsim.train.evaluate import answers
from cimsim.train.export import export
from cimsim.train.fit import build_network, fit, reproducible
from cimsim.train.methods import METHODS
from cimsim.train.network import BinaryNetwork
from cimsim.train.recipes import RECIPES, Recipe
from cimsim.train.sources import TrainingData, load_training_data
from cimsim.workload import WorkloadGraph, build_graph, deep_ensemble, save, with_bits_redrawn

__all__ = ["train_recipe"]

N_PASSES = 20

Figures = dict[str, dict[str, dict[str, float]]]


def train_recipe(
    name: str,
    *,
    methods: Sequence[str],
    seed: int,
    placement: str,
    out: Path,
    data_dir: str | Path | None = None,
    download: bool = False,
) -> Iterator[Path]:
    """Write the network of each method with a ``.log`` beside it; yields their paths.

    ``<name>.npz`` is Scale Dropout, ``<name>_<method>.npz`` any other method; a placement other than "inside"
    and a seed other than 0 are named too. Raises ``DataError``.
    """
    recipe = RECIPES[name]
    data = load_training_data(recipe.source, data_dir, download=download)
    out.mkdir(parents=True, exist_ok=True)
    for method in methods:
        path = out / f"{_stem(name, method, placement, seed)}.npz"
        if METHODS[method].is_deep:
            _train_deep(recipe, data, path, method=method, seed=seed)
        else:
            graph = _train(recipe, data, path, method=method, placement=placement, seed=seed)
            save(graph, path)
        yield path
        if method == "element":
            yield _redrawn(graph, path)


def _stem(name: str, method: str, placement: str, seed: int) -> str:
    """Of the file: the recipe, and what is not the default."""
    usual = (("scale", method), ("inside", placement), ("seed0", f"seed{seed}"))
    return "_".join([name, *(word for default, word in usual if word != default)])


def _train(
    recipe: Recipe, data: TrainingData, path: Path, *, method: str, placement: str, seed: int
) -> WorkloadGraph:
    """Train one network and write the log for ``path``."""
    settings = _settings(recipe, method, placement, seed)
    log = [f"{key}: {value}" for key, value in settings.items()]
    with reproducible():
        network = build_network(recipe, method, placement=placement, seed=seed)
        log += _epochs(network, recipe, data, seed, path.stem)
        figures = _figures(network, data, seed)
    _write_log(path, log, figures)
    provenance = {**settings, "scores": _scored(figures)}
    return build_graph(*export(network, recipe, path.stem, provenance))


def _train_deep(recipe: Recipe, data: TrainingData, path: Path, *, method: str, seed: int) -> None:
    """Networks without dropout of one seed after another, kept side by side."""
    seeds = range(seed, seed + METHODS[method].n_members)
    members, log = [], []
    for one in seeds:
        member = path.with_name(f"{path.stem}_member{one}.npz")
        members.append(_train(recipe, data, member, method="deterministic", placement="inside", seed=one))
        log.append(member.with_suffix(".log").read_text(encoding="utf-8"))
        member.with_suffix(".log").unlink()
    settings = _settings(recipe, method, "inside", seed)
    save(deep_ensemble(members, path.stem, settings), path)
    path.with_suffix(".log").write_text("\n".join(log), encoding="utf-8")


def _redrawn(graph: WorkloadGraph, path: Path) -> Path:
    """The same network with its bits redrawn; its log is that of the other."""
    name = path.stem.replace("element", "element_redraw")
    save(with_bits_redrawn(graph, name), path.with_stem(name))
    return path.with_stem(name)


def _settings(recipe: Recipe, method: str, placement: str, seed: int) -> dict[str, str | int | float]:
    """What the network can be made again with."""
    way = METHODS[method]
    special: dict[str, str | int | float] = {}
    if way.n_members > 1:
        special["n_members"] = way.n_members
    if way.spread:
        special["spread"] = way.spread
    return {
        "recipe": recipe.name,
        "method": method,
        "trained_on": recipe.trained_on,
        "placement": placement,
        "p": recipe.p if way.has_p else 0.0,
        **special,
        "scale_spread": recipe.scale_spread,
        "epochs": recipe.epochs,
        "batch_size": recipe.batch_size,
        "learning_rate": recipe.learning_rate,
        "seed": seed,
        "torch": torch.__version__.partition("+")[0],
        "date": recipe.date,
    }


def _epochs(
    network: BinaryNetwork, recipe: Recipe, data: TrainingData, seed: int, name: str
) -> Iterator[str]:
    """Train; one line per epoch, shown as it comes."""
    console = Console(stderr=True)
    n_steps = recipe.epochs * (len(data.train[1]) // recipe.batch_size)
    with Progress(console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task(name, total=n_steps)
        results = fit(network, recipe, data.train, seed=seed, on_step=lambda: progress.advance(task))
        for epoch, (loss, accuracy) in enumerate(results, start=1):
            line = f"epoch {epoch}/{recipe.epochs}: loss {loss:.4f}, accuracy {100 * accuracy:.2f} %"
            console.print(f"{name}, {line}", highlight=False)
            yield line


def _figures(network: BinaryNetwork, data: TrainingData, seed: int) -> Figures:
    """Scores by test set and by way of passing: nothing dropped, one pass, many passes."""
    figures: Figures = {}
    for test, (pixels, labels) in data.tests.items():
        found = answers(network, pixels, (1, N_PASSES), seed)
        figures[test] = {way: _scores(output, labels) for way, output in found.items()}
    return figures


def _write_log(path: Path, lines: list[str], figures: Figures) -> None:
    lines += [f"{test}, {row}" for test, rows in figures.items() for row in map(_line, rows.items())]
    path.with_suffix(".log").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _scored(figures: Figures) -> dict[str, dict[str, float]]:
    """By test set, the scores of the way of passing that is meant to be used: the last one."""
    return {test: list(rows.values())[-1] for test, rows in figures.items()}


def _scores(probabilities: NDArray[np.float64], labels: NDArray[np.int64]) -> dict[str, float]:
    return {
        "accuracy": round(metrics.accuracy(probabilities, labels), 6),
        "nll": round(metrics.nll(probabilities, labels), 6),
        "ece": round(metrics.ece(probabilities, labels), 6),
    }


def _line(item: tuple[str, dict[str, float]]) -> str:
    way, scores = item
    accuracy, ece = 100 * scores["accuracy"], 100 * scores["ece"]
    return f"{way}: accuracy {accuracy:.2f} %, NLL {scores['nll']:.4f}, ECE {ece:.2f} %"
