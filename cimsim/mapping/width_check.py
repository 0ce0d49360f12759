"""Words wide enough for the sums of the network, or one clear error."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from cimsim.arch.chip import Chip, Geometry
from cimsim.errors import SpecError
from cimsim.mapping.placement import sum_bits
from cimsim.mapping.program import Fold, Placement
from cimsim.workload.graph import WorkloadGraph

__all__ = ["check_widths", "column_bits"]


def check_widths(
    graph: WorkloadGraph, chip: Chip, placements: Mapping[str, Placement], folds: Mapping[str, Fold]
) -> None:
    """Compare the words of accumulators, adders and threshold units with what each layer needs.

    Raises
    ------
    SpecError
        A word is too narrow; the message names the layer that needs most.
    """
    macro, tile = chip.spec.tile.macro, chip.spec.tile
    name, accumulator = "shift_add", macro.shift_add
    if chip.geometry.readout != "adc":
        name, accumulator = "popcount_counter", macro.popcount_counter
    assert accumulator is not None
    on_arrays = [placement for placement in placements.values() if placement.n_macros]
    for path, bits, needs in (
        (f"tile.macro.{name}", accumulator.bits, _counts(on_arrays, chip.geometry, graph.input.signed)),
        ("tile.adder_tree", tile.adder_tree.bits, _sums(p for p in on_arrays if p.row_tiles > 1)),
        ("tile.threshold_unit", tile.threshold_unit.bits, _sums(placements[layer] for layer in folds)),
    ):
        needed, layer = max(needs, key=lambda need: need[0], default=(0, ""))
        if bits < needed:
            rule = f"must hold the sums of {layer}, {needed} bits"
            cure = f"set {path}.bits to at least {needed}"
            raise SpecError(chip.spec.place(f"{path}.bits"), rule, str(bits), cure)


def column_bits(rows: int, n_planes: int, is_signed: bool, n_phases: int = 1) -> int:
    """Bits of the count that a column gathers over its rows and input planes.

    Signed input has a sign, and so has what a second phase subtracts.

    >>> column_bits(128, 1, False), column_bits(128, 8, True), column_bits(128, 1, False, n_phases=2)
    (8, 15, 9)
    """
    if n_phases > 1:
        return column_bits(rows, n_planes, False) + 1
    if is_signed and n_planes > 1:
        return ((rows << (n_planes - 1)) - 1).bit_length() + 1
    return (rows * ((1 << n_planes) - 1)).bit_length()


def _counts(
    placements: Sequence[Placement], geometry: Geometry, is_signed: bool
) -> Iterator[tuple[int, str]]:
    for placement in placements:
        rows = min(placement.rows, geometry.n_rows, placement.steps * geometry.rows_active)
        yield column_bits(rows, placement.n_planes, is_signed, geometry.n_phases), placement.layer


def _sums(placements: Iterable[Placement]) -> Iterator[tuple[int, str]]:
    return ((sum_bits(placement), placement.layer) for placement in placements)
