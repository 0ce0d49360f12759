"""What the table says about the claims of the Scale-Dropout paper."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from cimsim.compare.methods import METHODS, REFERENCE
from cimsim.compare.seeds import paired_differences
from cimsim.reporting.quantities import count, quantity

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["claims_of"]

CLAIMED = 100.0
"""Times less energy than the state of the art, as the abstract of arXiv 2311.15816 says."""

BOUNDARY = "one image with all its passes, from the buffer on the chip to the averaged probabilities"


def claims_of(table: pd.DataFrame) -> list[dict[str, str]]:
    """Claims with what was found, from the rows of ``compare.csv``."""
    return [{"claim": claim, "finding": finding} for claim, finding in _found(table)]


def _found(table: pd.DataFrame) -> Iterator[tuple[str, str]]:
    simulated = table[table["group"] == "simulated"]
    ours = simulated[simulated["label"] == REFERENCE].drop_duplicates("play").set_index("play")
    units = simulated[simulated["label"].isin(METHODS.values())].drop_duplicates("label")
    first = units[units["label"] == REFERENCE].iloc[0]
    counts = ", ".join(f"{row.label} {count(row.n_stochastic_units)}" for row in units.itertuples())
    kept = f"{first['workload']}, {count(first['memory_bits'])} bits of weights and thresholds"
    yield "one stochastic unit whatever the model size", f"{kept}: {counts}"
    yield from _fewer_modules(units.set_index("label"))
    yield from paired_differences(simulated)
    yield from _what_drives_it(simulated, ours)
    yield from _cheaper_bits(simulated, ours)
    for row in table[table["group"] == "literature"].itertuples():
        yield from _against_published(row, ours)


def _fewer_modules(units: pd.DataFrame) -> Iterator[tuple[str, str]]:
    """A module a feature map instead of one a word line."""
    names = METHODS["element"], METHODS["spatial"]
    if not set(names) <= set(units.index):
        return
    found = []
    for column, where in (
        ("n_units_before_conv", "in front of convolutions"),
        ("n_stochastic_units", "in all"),
    ):
        many, few = units.loc[list(names), column].astype(float)
        times = f": {many / few:.3g} times fewer" if few else ""
        found.append(f"{count(many)} and {count(few)} {where}{times}")
    yield "K * K times fewer modules for spatial dropout", f"{' and '.join(names)}, {'; '.join(found)}"


def _what_drives_it(simulated: pd.DataFrame, ours: pd.DataFrame) -> Iterator[tuple[str, str]]:
    """Energy against the other methods, and how little of it random bits are."""
    for play in ("sequential", "best"):
        rows = simulated[(simulated["play"] == play) & simulated["label"].isin(METHODS.values())]
        ratios = ", ".join(f"{row.label} {row.energy_j_ratio:.2f}" for row in rows.itertuples())
        yield f"energy over that of {REFERENCE}, {play}", ratios
        share = ", ".join(
            f"{row.label} {100 * row.energy_stochastic_j / row.energy_j:.2f} %" for row in rows.itertuples()
        )
        yield f"share of random bits and gating in the energy, {play}", share


def _cheaper_bits(simulated: pd.DataFrame, ours: pd.DataFrame) -> Iterator[tuple[str, str]]:
    """Scale Dropout without junctions: every mask played once, or bits of CMOS."""
    best = ours.loc["best"]
    if "enumerate" in ours.index:
        every = ours.loc["enumerate"]
        ratio = every["energy_j"] / best["energy_j"]
        finding = (
            f"{quantity(every['energy_j'], 'J')} without a random bit, {ratio:.2f} of the best sampled "
            f"schedule ({quantity(best['energy_j'], 'J')}); NLL {every['nll']:.4f} against {best['nll']:.4f}"
        )
        yield "enumeration instead of random bits", finding
    for row in simulated[(simulated["method"] == REFERENCE) & (simulated["play"] == "best")].itertuples():
        if row.random_source == "lfsr" and row.label != REFERENCE:
            finding = (
                f"{quantity(row.energy_stochastic_j, 'J')} for random bits in CMOS, "
                f"{quantity(best['energy_stochastic_j'], 'J')} from the junction, of "
                f"{quantity(best['energy_j'], 'J')} in all"
            )
            yield "a shift register instead of the junction", finding


def _against_published(row: object, ours: pd.DataFrame) -> Iterator[tuple[str, str]]:
    label, energy = str(getattr(row, "label", "")), float(getattr(row, "energy_j", "nan"))
    found = []
    for play in ("sequential", "best"):
        own = ours.loc[play]
        taken = f"T = {own['n_mc_samples']:.0f}, {quantity(own['energy_j'], 'J')}"
        found.append(f"{energy / own['energy_j']:.3g} x {play} ({taken})")
    found.append(_needed(energy / CLAIMED, ours.loc["best"]))
    best = ours.loc["best"]
    found.append(f"ours: {best['workload']}, {best['technology']}, {BOUNDARY}")
    found.append(f"theirs: {getattr(row, 'source', '')}")
    yield f"{label}, {quantity(energy, 'J')}, {getattr(row, 'grade', '')}", "; ".join(found)


def _needed(target_j: float, own: pd.Series) -> str:
    """The energy of a conversion at which the best schedule would meet the target, all else as it is."""
    if not own["n_conversions"]:
        return "no conversions"
    rest = own["energy_j"] - own["energy_conversions_j"]
    each = own["energy_conversions_j"] / own["n_conversions"]
    if rest >= target_j:
        return (
            f"{CLAIMED:.0f} x ({quantity(target_j, 'J')}) is out of reach of cheaper conversions: what is no "
            f"conversion takes {quantity(rest, 'J')}"
        )
    needed = quantity((target_j - rest) / own["n_conversions"], "J")
    return f"{CLAIMED:.0f} x would hold at {needed} a conversion instead of {quantity(each, 'J')}"
