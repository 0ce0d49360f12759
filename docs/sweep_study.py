"""How many points a search needs for the front of a grid: ``python docs/sweep_study.py``.

Runs the 1,000 points of ``arch_configs/sweeps/read_out_space.yaml``, then lets each algorithm search the same
space with the table as its answers. Writes ``reports/lenet_search``: the table of docs/sweep.md.
"""

import os
import sys
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import cimsim
from cimsim.reporting.quantities import percent
from cimsim.sweep.constraints import is_feasible, parse_constraint
from cimsim.sweep.front import Objective, costs_of, hypervolume, is_on_front
from cimsim.sweep.plan import Plan, plan_sweep
from cimsim.sweep.search import ALGORITHMS, Search

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "reports" / "lenet_search"
SPACE = ROOT / "arch_configs" / "sweeps" / "read_out_space.yaml"
BUDGETS = (50, 100, 150, 200)
N_SEEDS = 20
MARGIN = 0.1


class Space:
    """The answers of a grid, and how much of its front some of its points have."""

    def __init__(self, plan: Plan, table: pd.DataFrame) -> None:
        self.plan = plan
        self.objectives = [Objective(name, word == "max") for name, word in plan.spec.objectives.items()]
        self.constraints = [parse_constraint(text) for text in plan.spec.constraints]
        keys = table[list(plan.columns)].itertuples(index=False, name=None)
        self.rows = dict(zip(keys, range(len(table)), strict=True))
        self.table = table
        self.costs = costs_of(table, self.objectives)
        self.allowed = is_feasible(table, self.constraints) & np.isfinite(self.costs).all(axis=1)
        front = self.costs[self.allowed][is_on_front(self.costs[self.allowed])]
        self.n_front = len(np.unique(front, axis=0))
        span = np.ptp(front, axis=0)
        self.scale = np.where(span > 0, span, 1.0)
        self.reference = front.max(axis=0) / self.scale + MARGIN
        self.whole = self.volume(np.arange(len(table)))

    def volume(self, rows: NDArray[np.intp]) -> float:
        """Over the worst values of the front and a tenth of its range."""
        kept = rows[self.allowed[rows]]
        return hypervolume(self.costs[kept] / self.scale, self.reference)

    def searched(self, algorithm: str, seed: int, budget: int) -> NDArray[np.intp]:
        """The rows that a search asks for, in its order."""
        search = Search(
            self.plan.axes, self.objectives, self.constraints, algorithm=algorithm, budget=budget, seed=seed
        )
        asked = []
        while batch := search.ask():
            for settings in batch:
                row = self.rows[tuple(settings[name] for name in self.plan.columns)]
                asked.append(row)
                found = self.table.iloc[row]
                search.tell(settings, found.to_dict() if found["status"] == "done" else None)
        return np.array(asked)

    def drawn(self, seed: int, budget: int) -> NDArray[np.intp]:
        return np.random.default_rng(seed).permutation(len(self.table))[:budget]


def shares(space: Space) -> pd.DataFrame:
    """Share of the grid's hypervolume that each algorithm finds with each budget and seed."""
    rows = []
    for algorithm, seed, budget in product((*ALGORITHMS, "random"), range(N_SEEDS), BUDGETS):
        is_random = algorithm == "random"
        asked = space.drawn(seed, budget) if is_random else space.searched(algorithm, seed, budget)
        share = space.volume(asked) / space.whole
        rows.append({"algorithm": algorithm, "seed": seed, "points": budget, "share": share})
    return pd.DataFrame(rows)


def markdown(table: pd.DataFrame) -> str:
    """Median and least of the seeds."""
    lines = [
        "| algorithm | " + " | ".join(f"{budget} points" for budget in BUDGETS) + " |",
        "| --- " * (1 + len(BUDGETS)) + "|",
    ]
    for algorithm, found in table.groupby("algorithm", sort=False):
        groups = [found[found["points"] == budget]["share"] for budget in BUDGETS]
        cells = " | ".join(f"{percent(g.median(), 1)}, least {percent(g.min(), 1)}" for g in groups)
        lines.append(f"| {algorithm} | {cells} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    plan = plan_sweep(SPACE)
    grid = cimsim.sweep(SPACE, jobs=os.cpu_count() or 1, out=FOLDER / "grid", resume=True)
    space = Space(plan, grid)
    found = shares(space)
    found.to_csv(FOLDER / "shares.csv", index=False, lineterminator="\n")
    (FOLDER / "tables.md").write_text(markdown(found), encoding="utf-8")
    told = f"{len(grid)} points, {space.allowed.sum()} within the limits, {space.n_front} on the front"
    sys.stdout.write(f"{told}\n\n{markdown(found)}")


if __name__ == "__main__":
    main()
