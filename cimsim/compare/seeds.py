"""What seeds say: spreads of each method, and differences to the deterministic twin, seed by seed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import stdtrit

from cimsim.compare.methods import METHODS

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["over_seeds", "paired_differences"]


def over_seeds(table: pd.DataFrame) -> pd.DataFrame:
    """Mean and deviation of each score over networks that differ in their seed alone."""
    scores = [
        column
        for column in table.columns
        if column.removeprefix("baseline_") in ("accuracy", "nll", "ece")
        or column.removeprefix("baseline_").startswith("auroc_")
    ]
    groups = _played_once(table).groupby(["method", "training", "variant"], sort=False)
    found = groups[scores].mean().join(groups[scores].std().add_suffix("_deviation"))
    order = [name for score in scores for name in (score, f"{score}_deviation")]
    found = found[order]
    found.insert(0, "n_seeds", groups.size())
    several: pd.DataFrame = found[found["n_seeds"] > 1].reset_index()
    return several


def paired_differences(table: pd.DataFrame) -> Iterator[tuple[str, str]]:
    """Accuracy and NLL less those of the deterministic twin of each seed, with 95 % t intervals."""
    import pandas as pd

    rows, twin = _played_once(table), METHODS[""]
    twins = rows[rows["method"] == twin].drop_duplicates(["training", "seed"]).set_index(["training", "seed"])
    groups = rows.groupby(["method", "training", "variant"], sort=False)
    methods = list(groups.size().reset_index()["method"])
    for (method, training, variant), own in groups:
        if method == twin or not training or training not in twins.index:
            continue
        scores = [own.set_index("seed")[key] - twins.loc[training][key] for key in ("accuracy", "nll")]
        differences = pd.concat(scores, axis=1).dropna()
        if len(differences) > 1:
            told = f" ({training}; {variant})" if methods.count(method) > 1 else ""
            points, nats = (_interval(differences[key].to_numpy()) for key in ("accuracy", "nll"))
            yield (
                f"{method}{told} less deterministic, {len(differences)} seeds paired",
                f"accuracy {100 * points[0]:+.2f} ± {100 * points[1]:.2f} points, NLL {nats[0]:+.4f} ± "
                f"{nats[1]:.4f} nats (95 %)",
            )


def _played_once(table: pd.DataFrame) -> pd.DataFrame:
    """A row for each network that names its seed, on the chip's own source; no seed twice."""
    rows = table[(table["play"] == "sequential") & (table["is_own_source"] == True)]  # noqa: E712
    once: pd.DataFrame = rows.dropna(subset=["seed"]).drop_duplicates(
        ["method", "training", "variant", "seed"]
    )
    return once


def _interval(values: np.ndarray) -> tuple[float, float]:
    """Mean and half width of its 95 % interval by Student's t."""
    n = len(values)
    half = float(stdtrit(n - 1, 0.975)) * float(values.std(ddof=1)) / np.sqrt(n)
    return float(values.mean()), float(half)
