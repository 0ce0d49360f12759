"""ArchSpec -> Chip: geometry, timing and the price of every component."""

from __future__ import annotations

from collections.abc import Callable

from cimsim.arch.chip import Chip, Geometry, Timing
from cimsim.arch.parts_array import readouts_per_macro, wordline_latency
from cimsim.arch.parts_cell import build_cell_physics
from cimsim.arch.parts_errors import build_array_model
from cimsim.arch.quantity import Pick, nominal
from cimsim.arch.registry import COMPONENTS, ComponentKind
from cimsim.arch.sources import build_bit_source, build_trimmed_source
from cimsim.arch.spec import ArchSpec
from cimsim.arch.traced import Traced
from cimsim.circuits.cost import Component

__all__ = ["Builder", "ComponentsOf", "build_chip", "build_components"]

ComponentsOf = Callable[[ArchSpec, Pick], dict[str, Component]]


def build_chip(spec: ArchSpec, pick: Pick = nominal, *, components: ComponentsOf | None = None) -> Chip:
    """The chip that an architecture describes.

    Parameters
    ----------
    spec : ArchSpec
    pick : what to take of each quantity for energy, area and leakage: `nominal`, or `Draws(seed, n_draws)`,
        which makes every cost an array (n_draws,); latencies are always nominal
    components : what prices the components, by default `build_components`
    """
    priced = (components or build_components)(spec, pick)
    cells = build_cell_physics(spec)
    return Chip(
        spec=spec,
        geometry=_geometry(spec),
        timing=_timing(spec, priced),
        components=priced,
        mc_schedule=spec.chip.mc_schedule,
        first_layer=spec.chip.first_layer,
        conv_mapping=spec.chip.conv_mapping,
        replicas=dict(spec.chip.replicas),
        bit_source=build_bit_source(spec),
        cells=cells,
        arrays=build_array_model(spec, cells),
        trimmed=build_trimmed_source(spec),
        level_per=spec.chip.trim_dac.per,
    )


def build_components(spec: ArchSpec, pick: Pick) -> dict[str, Component]:
    """The components alone, by name."""
    return {kind.name: kind.build(spec, pick) for kind in COMPONENTS if kind.is_in(spec)}


class Builder:
    """`build_chip` and `build_components` of many architectures: what is as it was is not priced again."""

    def __init__(self) -> None:
        self._priced: dict[tuple[str, Pick], Traced[Component]] = {}

    def chip(self, spec: ArchSpec) -> Chip:
        return build_chip(spec, components=self.components)

    def components(self, spec: ArchSpec, pick: Pick) -> dict[str, Component]:
        return {kind.name: self._of(kind, pick)(spec) for kind in COMPONENTS if kind.is_in(spec)}

    def _of(self, kind: ComponentKind, pick: Pick) -> Traced[Component]:
        if (kind.name, pick) not in self._priced:
            self._priced[kind.name, pick] = Traced(lambda spec: kind.build(spec, pick))
        return self._priced[kind.name, pick]


def _geometry(spec: ArchSpec) -> Geometry:
    macro = spec.tile.macro
    return Geometry(
        n_rows=macro.subarray.rows,
        n_columns=macro.subarray.columns,
        rows_active=macro.rows_active,
        subarrays_per_macro=macro.subarrays,
        macros_per_tile=spec.tile.macros,
        n_tiles=None if spec.chip.tiles == "auto" else spec.chip.tiles,
        columns_per_readout=macro.columns_per_readout,
        readouts_per_macro=readouts_per_macro(spec),
        readout="adc" if macro.adc is not None else "sense_amp",
        biases_unselected_columns=macro.biases_unselected_columns,
        reference_columns=macro.reference_columns,
        n_branches=macro.subarray.cell.n_branches,
    )


def _timing(spec: ArchSpec, components: dict[str, Component]) -> Timing:
    readout = components["adc" if "adc" in components else "sense_amp"]
    digital = spec.chip.digital_mac
    return Timing(
        clock_s=1.0 / spec.chip.clock_hz,
        wordline_s=wordline_latency(spec),
        read_s=spec.tile.macro.read_time_s,
        convert_s=readout.actions["convert"].latency_s,
        draw_s=components["stochastic_unit"].actions["draw"].latency_s,
        threshold_lanes=spec.tile.threshold_unit.lanes,
        adder_lanes=spec.tile.adder_tree.lanes,
        vector_lanes=spec.chip.vector_unit.lanes,
        averaging_lanes=spec.chip.averaging_unit.lanes,
        link_bits_per_clock=spec.chip.link.bits_per_clock,
        buffer_bits_per_clock=spec.tile.buffer.bits_per_clock,
        digital_lanes=digital.lanes if "digital_mac" in components and digital is not None else 0,
    )
