"""Model against publication, figure by figure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cimsim.arch import load_arch
from cimsim.errors import DataError
from cimsim.validate.measures import MEASURES, Measured
from cimsim.validate.publications import Publication, choose
from cimsim.validate.shipped import find_shipped
from cimsim.validate.text import in_words

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["NEAR", "Validation", "validate"]

NEAR = 2.0
"""A model within this factor of a publication is called near."""

_UNITS = {"j": "J", "s": "s", "a": "A", "points": "points"}


@dataclass(frozen=True, eq=False)
class Validation:
    """A row of ``table`` for each published figure, and what was asked for.

    ``left_out`` says which publications need data that is not there; those asked for by name are an error.
    """

    table: pd.DataFrame
    settings: Mapping[str, Any]
    left_out: tuple[str, ...] = ()

    def near(self, mark: str) -> tuple[int, int]:
        """Of the independent figures with a mark: how many are within `NEAR`, and how many there are."""
        rows = self.table[(self.table["mark"] == mark) & self.table["is_independent"]]
        return int(rows["is_near"].sum()), len(rows)


def validate(
    keys: Sequence[str] = (), *, seed: int = 0, progress: Callable[[str, int, int], None] | None = None
) -> Validation:
    """Rebuild published designs and compare.

    Parameters
    ----------
    keys : of publications; none for all
    seed : of the draws of the sources behind the ranges
    progress : called with (stage, done, total)

    Raises
    ------
    InputError : there is no such publication, or its architecture file is not installed
    DataError : a publication was named whose network needs data that is not there
    """
    import pandas as pd

    chosen, rows, left_out = choose(keys), list[dict[str, Any]](), list[str]()
    for done, publication in enumerate(chosen):
        if progress is not None:
            progress("publications", done, len(chosen))
        try:
            rows += _rows(publication, seed)
        except DataError as error:
            if keys:
                raise
            left_out.append(f"{publication.key}: {error}")
    table = pd.DataFrame(rows)
    return Validation(
        table, {"publications": list(table["publication"].unique()), "seed": seed}, tuple(left_out)
    )


def _rows(publication: Publication, seed: int) -> list[dict[str, Any]]:
    arch = load_arch(find_shipped(f"arch_configs/validation/{publication.architecture}.yaml"))
    measured = MEASURES[publication.measure](arch, publication, seed)
    words = {name: in_words(float(draws[0]), _unit(name)) for name, draws in measured.items()}
    return [
        {
            "publication": publication.key,
            "figure": figure.what,
            "quantity": figure.quantity,
            "unit": _unit(figure.quantity),
            "published": figure.published,
            **_model(measured, figure.quantity, figure.published),
            "is_independent": figure.is_independent,
            "mark": publication.mark,
            "grade": publication.grade,
            "convention": publication.convention,
            "title": publication.title,
            "source": publication.source,
            "architecture": publication.architecture,
            "reason": figure.reason.format_map(words),
        }
        for figure in publication.figures
    ]


def _model(measured: Measured, name: str, published: float) -> dict[str, Any]:
    """Value, 5 % and 95 % points, ratio to the publication."""
    value, low, high = float(measured[name][0]), *map(float, np.quantile(measured[name][1:], (0.05, 0.95)))
    ratio = value / published
    near = 1.0 / NEAR <= ratio <= NEAR
    return {"model": value, "model_low": low, "model_high": high, "ratio": ratio, "is_near": near}


def _unit(name: str) -> str:
    return _UNITS[name.rpartition("_")[2]]
