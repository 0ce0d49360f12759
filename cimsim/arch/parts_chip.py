"""From spec to components, tile and chip: each function reads one block of the file and prices it."""

from __future__ import annotations

from cimsim.arch.quantity import Pick
from cimsim.arch.spec import ArchSpec, ControllerSpec, SramSpec
from cimsim.circuits import arithmetic, transport
from cimsim.circuits.cost import Component
from cimsim.circuits.memory import sram

__all__ = [
    "build_adder_tree",
    "build_averaging_unit",
    "build_chip_controller",
    "build_digital_mac",
    "build_global_buffer",
    "build_link",
    "build_scale_multiplier",
    "build_threshold_sram",
    "build_threshold_unit",
    "build_tile_buffer",
    "build_tile_controller",
    "build_vector_unit",
    "build_weight_memory",
]


def build_adder_tree(spec: ArchSpec, pick: Pick) -> Component:
    block = spec.tile.adder_tree
    return arithmetic.adder_tree(
        lanes=block.lanes,
        bits=block.bits,
        bit_energy_j=pick(block.bit_energy_j),
        bit_area_m2=pick(block.bit_area_m2),
        leakage_w=pick(block.leakage_w),
    )


def build_threshold_unit(spec: ArchSpec, pick: Pick) -> Component:
    block = spec.tile.threshold_unit
    return arithmetic.threshold_unit(
        lanes=block.lanes,
        bits=block.bits,
        bit_energy_j=pick(block.bit_energy_j),
        bit_area_m2=pick(block.bit_area_m2),
        leakage_w=pick(block.leakage_w),
    )


def build_scale_multiplier(spec: ArchSpec, pick: Pick) -> Component:
    """A lane for each lane of the threshold unit."""
    block = spec.tile.scale_multiplier
    assert block is not None
    return arithmetic.scale_multiplier(
        lanes=spec.tile.threshold_unit.lanes,
        multiply_energy_j=pick(block.multiply_energy_j),
        lane_area_m2=pick(block.lane_area_m2),
        leakage_w=pick(block.leakage_w),
    )


def build_threshold_sram(spec: ArchSpec, pick: Pick) -> Component:
    return _memory("threshold_sram", "tile", spec.tile.threshold_sram, pick)


def build_tile_buffer(spec: ArchSpec, pick: Pick) -> Component:
    return _memory("tile_buffer", "tile", spec.tile.buffer, pick)


def build_tile_controller(spec: ArchSpec, pick: Pick) -> Component:
    return _controller("tile_controller", "tile", spec.tile.controller, pick)


def build_global_buffer(spec: ArchSpec, pick: Pick) -> Component:
    return _memory("global_buffer", "chip", spec.chip.global_buffer, pick)


def build_link(spec: ArchSpec, pick: Pick) -> Component:
    block = spec.chip.link
    return transport.link(
        length_m=block.length_m,
        wire_f_per_m=pick(spec.technology.wire_capacitance_f_per_m),
        supply_v=spec.technology.supply_v,
        activity_factor=block.activity_factor,
        router_bit_energy_j=pick(block.router_bit_energy_j),
        area_m2=pick(block.area_m2),
        leakage_w=pick(block.leakage_w),
    )


def build_chip_controller(spec: ArchSpec, pick: Pick) -> Component:
    return _controller("chip_controller", "chip", spec.chip.controller, pick)


def build_vector_unit(spec: ArchSpec, pick: Pick) -> Component:
    block = spec.chip.vector_unit
    return arithmetic.vector_unit(
        lanes=block.lanes,
        op_energy_j=pick(block.op_energy_j),
        lane_area_m2=pick(block.lane_area_m2),
        leakage_w=pick(block.leakage_w),
    )


def build_digital_mac(spec: ArchSpec, pick: Pick) -> Component:
    block = spec.chip.digital_mac
    assert block is not None
    return arithmetic.digital_mac(
        lanes=block.lanes,
        mac_bit_energy_j=pick(block.mac_bit_energy_j),
        lane_area_m2=pick(block.lane_area_m2),
        leakage_w=pick(block.leakage_w),
    )


def build_weight_memory(spec: ArchSpec, pick: Pick) -> Component:
    block = spec.chip.weight_memory
    assert block is not None
    return _memory("weight_memory", "chip", block, pick)


def build_averaging_unit(spec: ArchSpec, pick: Pick) -> Component:
    block = spec.chip.averaging_unit
    return arithmetic.averaging_unit(
        lanes=block.lanes,
        accumulate_energy_j=pick(block.accumulate_energy_j),
        weigh_energy_j=pick(block.weigh_energy_j),
        softmax_energy_j=pick(block.softmax_energy_j),
        lane_area_m2=pick(block.lane_area_m2),
        leakage_w=pick(block.leakage_w),
    )


def _memory(name: str, unit: str, block: SramSpec, pick: Pick) -> Component:
    return sram(
        name,
        unit,
        size_bits=block.size_bits,
        read_bit_energy_j=pick(block.read_bit_energy_j),
        write_bit_energy_j=pick(block.write_bit_energy_j),
        bit_area_m2=pick(block.bit_area_m2),
        bit_leakage_w=pick(block.bit_leakage_w),
    )


def _controller(name: str, unit: str, block: ControllerSpec, pick: Pick) -> Component:
    return transport.controller(
        name,
        unit,
        issue_energy_j=pick(block.issue_energy_j),
        area_m2=pick(block.area_m2),
        leakage_w=pick(block.leakage_w),
    )
