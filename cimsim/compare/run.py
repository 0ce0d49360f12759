"""The comparison: networks on one chip, side by side, with ratios, seeds and what follows from them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cimsim.arch import load_arch
from cimsim.compare.claims import claims_of
from cimsim.compare.literature import PUBLISHED
from cimsim.compare.methods import METHODS, REFERENCE, method_of
from cimsim.compare.rows import Job, rows_of
from cimsim.compare.seeds import over_seeds
from cimsim.errors import InputError
from cimsim.sim.answer import Question
from cimsim.sim.inputs import check_seed
from cimsim.sim.ranges import ENDS
from cimsim.workload import load_workload

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["RATIOS", "Comparison", "compare"]

RATIOS = (
    "energy_j", "energy_stochastic_j", "latency_s", "area_m2", "n_random_bits", "n_stochastic_units",
    "memory_bits",
)  # fmt: skip
"""Columns that stand beside their ratio to Scale Dropout, played the same way."""

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, eq=False)
class Comparison:
    """What `compare` found.

    Attributes
    ----------
    table : ``compare.csv``, a row for each network, random source and way of playing its passes; published
        figures last, under ``group`` "literature"
    parts : energy in J by group of components, index as ``table``
    seeds : mean and deviation over networks that differ in their seed alone
    claims : what follows: ``claim`` and ``finding``
    settings : what it takes to repeat it
    """

    table: pd.DataFrame
    parts: pd.DataFrame
    seeds: pd.DataFrame
    claims: pd.DataFrame
    settings: dict[str, Any]


def compare(
    arch: str | Path,
    workloads: Sequence[str | Path],
    *,
    overrides: Sequence[str] = (),
    data: str | Path | None = None,
    data_dir: str | Path | None = None,
    download: bool = False,
    n_images: int | None = None,
    n_mc_samples: int = 20,
    ood: Sequence[str] = (),
    random_sources: Sequence[str] = (),
    literature: bool = False,
    seed: int = 0,
    jobs: int = 1,
    progress: Progress | None = None,
) -> Comparison:
    """Run networks of different methods on the same chip, each with the units that its method needs.

    Parameters
    ----------
    arch, workloads : files; without a Scale Dropout network among them, the one they are named after joins
        (``lenet.npz`` for ``lenet_*.npz``)
    overrides : ``path=value`` changes of the architecture
    data, data_dir, download, n_images, seed : as for `cimsim.simulate`
    n_mc_samples : passes of every network with random masks
    ood : sets outside the training data
    random_sources : to build the chip with, of "mtj", "smtj" and "lfsr" (default: all that it describes)
    literature : whether published energies are added
    jobs : processes
    progress : called with (stage, done, total)

    Raises
    ------
    CimsimError : input that cannot be used; no Scale Dropout network to compare with
    """
    arch, seed = Path(arch), check_seed(seed)
    sources = _sources(arch, tuple(overrides), random_sources)
    question = Question(tuple(ood), (), data_dir, download)
    question.check("classification")
    paths = _with_reference([Path(path) for path in workloads])
    if data is None:
        _check_data(list(paths))
    firsts = {method: path for path, method in reversed(paths.items())}
    tasks = [
        Job(
            arch,
            tuple(overrides),
            path,
            sources,
            data,
            n_images,
            n_mc_samples,
            question,
            seed,
            plays_every_mask=firsts[method] == path,
        )
        for path, method in paths.items()
    ]
    rows = _run(tasks, jobs, progress or (lambda *done: None))
    settings = {
        "architecture": str(arch), "overrides": list(overrides), "workloads": [str(path) for path in paths],
        "data": None if data is None else str(data), "n_images": n_images, "n_mc_samples": n_mc_samples,
        "ood": list(ood), "random_sources": list(sources), "literature": literature, "seed": seed,
    }  # fmt: skip
    return _assemble(rows, settings, literature)


def _sources(arch: Path, overrides: tuple[str, ...], asked: Sequence[str]) -> tuple[str, ...]:
    """The chip's own source first."""
    chip = load_arch(arch, overrides).chip
    described = [name for name, unit in chip.random_units.items() if unit is not None]
    for name in asked:
        if name not in described:
            rule = f"must be one of {', '.join(described)}, which {arch.name} describes"
            raise InputError("random source", rule, repr(name))
    own, wanted = chip.random_source, list(asked or described)
    return tuple(sorted(dict.fromkeys(wanted), key=lambda name: (name != own, wanted.index(name))))


def _with_reference(paths: list[Path]) -> dict[Path, str]:
    """The files, each once and in the order of their methods, with a Scale Dropout network among them."""
    graphs = {path: load_workload(path) for path in dict.fromkeys(paths)}
    for path, graph in graphs.items():
        if graph.task != "classification":
            raise InputError(str(path), "must be a classification to be compared", graph.task)
    methods = {path: method_of(graph) for path, graph in graphs.items()}
    if REFERENCE not in methods.values():
        found = next((p for p in _namesakes(paths) if method_of(load_workload(p)) == REFERENCE), None)
        if found is None:
            rule, cure = f"must hold a {REFERENCE} network to compare with", "add one"
            raise InputError("workloads", rule, ", ".join(path.name for path in paths), cure)
        methods[found] = REFERENCE
    order = list(METHODS.values())
    rank = {path: order.index(m) if m in order else len(order) for path, m in methods.items()}
    ordered = sorted(methods, key=lambda path: (rank[path], len(path.stem), path.stem))
    return {path: methods[path] for path in ordered}


def _check_data(paths: Sequence[Path]) -> None:
    """Networks are compared on one data set."""
    found = {load_workload(path).dataset: path.name for path in reversed(paths)}
    if len(found) > 1:
        got = ", ".join(f"{name} of {path}" for name, path in found.items())
        raise InputError("workloads", "must be made for one data set", got, "name one with data (--data)")


def _namesakes(paths: Sequence[Path]) -> Iterator[Path]:
    """Files named like these without their last words."""
    for path in paths:
        words = path.stem.split("_")
        for n in range(len(words) - 1, 0, -1):
            candidate = path.with_name("_".join(words[:n]) + path.suffix)
            if candidate.is_file():
                yield candidate


def _run(tasks: Sequence[Job], jobs: int, progress: Progress) -> list[dict[str, Any]]:
    """Rows of all networks in their order, from as many processes as asked for."""
    progress("networks", 0, len(tasks))
    if jobs == 1:
        found = []
        for done, task in enumerate(tasks, start=1):
            found.append(rows_of(task))
            progress("networks", done, len(tasks))
        return [row for rows in found for row in rows]
    with ProcessPoolExecutor(min(jobs, len(tasks)), mp_context=get_context("spawn")) as pool:
        futures = [pool.submit(rows_of, task) for task in tasks]
        try:
            for done, future in enumerate(as_completed(futures), start=1):
                future.result()
                progress("networks", done, len(tasks))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
        return [row for future in futures for row in future.result()]


def _assemble(rows: list[dict[str, Any]], settings: dict[str, Any], literature: bool) -> Comparison:
    import pandas as pd

    parts = pd.DataFrame([row.pop("parts") for row in rows]).fillna(0.0)
    drawn_j = np.array([row.pop("drawn_j") for row in rows])
    table = _labelled(pd.DataFrame(rows))
    for column in RATIOS:
        table[f"{column}_ratio"] = _ratios(table, column)
    table["energy_j_ratio_low"], table["energy_j_ratio_high"] = _ratio_ranges(table, drawn_j)
    seeds = over_seeds(table)
    if literature:
        table = pd.concat([table, _published()], ignore_index=True)
    return Comparison(table, parts, seeds, pd.DataFrame(claims_of(table)), settings)


def _labelled(table: pd.DataFrame) -> pd.DataFrame:
    """With a name for each row: the method, its seed if it is not the first, and whose bits it uses."""
    first = table.groupby("method")["workload"].transform("first")
    own = table["random_source"].replace("", None).dropna()
    own_source = own.iloc[0] if len(own) else ""
    labels = []
    for row, reference in zip(table.to_dict("records"), first, strict=True):
        label = row["method"]
        if row["workload"] != reference:
            label += f", {row['workload']}"
        if row["random_source"] not in ("", own_source):
            label += f", {row['random_source']}"
        labels.append(label)
    table.insert(1, "label", labels)
    table["is_own_source"] = table["random_source"].isin(["", own_source])
    return table


def _ratios(table: pd.DataFrame, column: str) -> list[float]:
    """To the first Scale Dropout network on the chip's own source, played the same way; NaN without one."""
    reference = table[table["label"] == REFERENCE].drop_duplicates("play").set_index("play")[column].to_dict()
    pairs = zip(table["play"], table[column], strict=True)
    return [float(value / reference[play]) if reference.get(play) else float("nan") for play, value in pairs]


def _ratio_ranges(table: pd.DataFrame, drawn_j: NDArray[np.float64]) -> NDArray[np.float64]:
    """(2, n_rows): `ENDS` of the ratio of energies, both (n_rows, n_draws) on the same drawn chips."""
    first = table.index.to_series().where(table["label"] == REFERENCE).groupby(table["play"]).transform("min")
    ratios = drawn_j / drawn_j[first.fillna(0).astype(int)]
    ratios[first.isna()] = np.nan
    return np.asarray(np.quantile(ratios, ENDS, axis=1))


def _published() -> pd.DataFrame:
    import pandas as pd

    rows = [
        {"group": "literature", "label": f"{p.name}, {p.platform}", "method": p.name, "energy_j": p.energy_j,
         "grade": p.grade, "source": p.source}
        for p in PUBLISHED
    ]  # fmt: skip
    published: pd.DataFrame = pd.DataFrame(rows)
    return published
