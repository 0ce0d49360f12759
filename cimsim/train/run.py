"""Train a recipe and its deterministic twin; write the networks and the logs of their training."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import Progress

from cimsim import metrics
from cimsim.train.evaluate import mask_probabilities, mean_of_passes
from cimsim.train.export import export
from cimsim.train.fit import build_network, fit, reproducible
from cimsim.train.network import BinaryNetwork
from cimsim.train.recipes import RECIPES, Recipe
from cimsim.train.sources import TrainingData, load_training_data
from cimsim.workload import build_graph, save

__all__ = ["train_recipe"]

N_PASSES = 20


def train_recipe(
    name: str,
    *,
    seed: int,
    placement: str,
    out: Path,
    data_dir: str | Path | None = None,
    download: bool = False,
) -> Iterator[Path]:
    """Write ``<name>.npz`` and ``<name>_deterministic.npz`` with a ``.log`` beside each; yields their paths.

    A placement other than "inside" writes ``<name>_<placement>.npz`` alone. Raises ``DataError``.
    """
    recipe = RECIPES[name]
    data = load_training_data(name, data_dir, download=download)
    out.mkdir(parents=True, exist_ok=True)
    if placement == "inside":
        variants = {name: recipe.p, f"{name}_deterministic": 0.0}
    else:
        variants = {f"{name}_{placement}": recipe.p}
    for variant, p in variants.items():
        path = out / f"{variant}.npz"
        _train_variant(recipe, data, path, p=p, placement=placement, seed=seed)
        yield path


def _train_variant(
    recipe: Recipe, data: TrainingData, path: Path, *, p: float, placement: str, seed: int
) -> None:
    log = [f"{key}: {value}" for key, value in _settings(recipe, p, placement, seed).items()]
    with reproducible():
        network = build_network(recipe, p=p, placement=placement, seed=seed)
        log += _epochs(network, recipe, data, seed, path.stem)
        figures = _figures(network, data, p, seed)
    log += [f"{test}, {row}" for test, rows in figures.items() for row in map(_line, rows.items())]
    scored = {test: rows[f"T={N_PASSES}" if p else "deterministic"] for test, rows in figures.items()}
    provenance = {**_settings(recipe, p, placement, seed), "scores": scored}
    save(build_graph(*export(network, recipe, path.stem, provenance)), path)
    path.with_suffix(".log").write_text("\n".join(log) + "\n", encoding="utf-8")


def _settings(recipe: Recipe, p: float, placement: str, seed: int) -> dict[str, str | int | float]:
    return {
        "recipe": recipe.name,
        "trained_on": recipe.trained_on,
        "placement": placement,
        "p": p,
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


def _figures(
    network: BinaryNetwork, data: TrainingData, p: float, seed: int
) -> dict[str, dict[str, dict[str, float]]]:
    """Scores by test set and by way of passing: nothing dropped, one pass, many passes."""
    figures: dict[str, dict[str, dict[str, float]]] = {}
    for test, (pixels, labels) in data.tests.items():
        masks = mask_probabilities(network, pixels)
        outputs = {"deterministic": masks[0]}
        if p > 0:
            outputs |= {f"T={n}": mean_of_passes(masks, p, n, seed) for n in (1, N_PASSES)}
        figures[test] = {way: _scores(output, labels) for way, output in outputs.items()}
    return figures


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
