"""What each source does to the energy: varied alone between its low and its high."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from cimsim.arch.build import build_chip
from cimsim.arch.ends import Ends
from cimsim.mapping.program import Program
from cimsim.sim.ledger import Ledger
from cimsim.sim.ranges import draw_costs

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["source_table"]


def source_table(program: Program, ledger: Ledger, latency_s: float) -> pd.DataFrame:
    """(path, value, low, high, grade, energy_low_j, energy_high_j), the largest change of the energy first.

    ``energy_low_j`` is the energy of an image where this quantity alone is at its ``low``. Counts and times
    stay; a quantity that sets nothing but those, or that the chip does not use, leaves the energy as it is.
    """
    import pandas as pd

    quantities = program.chip.spec.quantities
    chips = build_chip(program.chip.spec, Ends.of(quantities))
    ends_j = draw_costs(replace(program, chip=chips), ledger, latency_s).total_j.reshape(-1, 2)
    rows = [(path, q.nominal, *q.interval, q.grade) for path, q in quantities.items()]
    table: pd.DataFrame = pd.DataFrame(rows, columns=["path", "value", "low", "high", "grade"])
    table["energy_low_j"], table["energy_high_j"] = ends_j.T
    largest_first = np.argsort(-np.abs(ends_j[:, 1] - ends_j[:, 0]), kind="stable")
    ordered: pd.DataFrame = table.iloc[largest_first].reset_index(drop=True)
    return ordered
