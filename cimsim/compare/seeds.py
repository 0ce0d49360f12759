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
    """Mean and deviation of each score over networks of one method, where there are several."""
    scores = [
        column
        for column in table.columns
        if column.removeprefix("baseline_") in ("accuracy", "nll", "ece")
        or column.removeprefix("baseline_").startswith("auroc_")
    ]
    groups = _played_once(table).groupby("method", sort=False)
    found = groups[scores].mean().join(groups[scores].std().add_suffix("_deviation"))
    order = [name for score in scores for name in (score, f"{score}_deviation")]
    found = found[order]
    found.insert(0, "n_seeds", groups.size())
    several: pd.DataFrame = found[found["n_seeds"] > 1].reset_index()
    return several


def paired_differences(table: pd.DataFrame) -> Iterator[tuple[str, str]]:
    """Accuracy and NLL less those of the deterministic network of the same seed, with 95 % t intervals."""
    rows = _played_once(table).dropna(subset=["seed"]).set_index(["method", "seed"])
    twin = METHODS[""]
    for method in dict.fromkeys(rows.index.get_level_values("method")):
        if method == twin or twin not in rows.index.get_level_values("method"):
            continue
        own, other = (rows.loc[name][["accuracy", "nll"]] for name in (method, twin))
        differences = (own - other).dropna()
        if len(differences) > 1:
            points, nats = (_interval(differences[key].to_numpy()) for key in ("accuracy", "nll"))
            yield (
                f"{method} less deterministic, {len(differences)} seeds paired",
                f"accuracy {100 * points[0]:+.2f} ± {100 * points[1]:.2f} points, NLL {nats[0]:+.4f} ± "
                f"{nats[1]:.4f} nats (95 %)",
            )


def _played_once(table: pd.DataFrame) -> pd.DataFrame:
    """A row for each network, on the chip's own source."""
    rows: pd.DataFrame = table[(table["play"] == "sequential") & (table["is_own_source"] == True)]  # noqa: E712
    return rows


def _interval(values: np.ndarray) -> tuple[float, float]:
    """Mean and half width of its 95 % interval by Student's t."""
    n = len(values)
    half = float(stdtrit(n - 1, 0.975)) * float(values.std(ddof=1)) / np.sqrt(n)
    return float(values.mean()), float(half)
