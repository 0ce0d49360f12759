"""Integer arithmetic blocks: one formula, energy and area in proportion to the word."""

from __future__ import annotations

from cimsim.circuits.cost import Action, Component, Scalar
from cimsim.circuits.registers import Registers

__all__ = [
    "adder_tree",
    "averaging_unit",
    "digital_mac",
    "scale_multiplier",
    "shift_add",
    "threshold_unit",
    "vector_unit",
]


def shift_add(
    *,
    n_per_macro: int,
    bits: int,
    bit_energy_j: Scalar,
    bit_area_m2: Scalar,
    leakage_w: Scalar,
    registers: Registers,
) -> Component:
    """Accumulates the codes of columns over row steps and input planes: an adder, registers per column."""
    return Component(
        "shift_add",
        area_m2=bits * bit_area_m2 + registers.area_m2,
        leakage_w=leakage_w + registers.leakage_w,
        actions={"add": Action(bits * bit_energy_j + registers.write_j)},
        unit="macro",
        n_per_unit=n_per_macro,
    )


def adder_tree(
    *, lanes: int, bits: int, bit_energy_j: Scalar, bit_area_m2: Scalar, leakage_w: Scalar
) -> Component:
    """Adds partial sums of row tiles, ``lanes`` of them per clock."""
    area = lanes * bits * bit_area_m2
    return Component("adder_tree", area, leakage_w, {"add": Action(bits * bit_energy_j)}, unit="tile")


def threshold_unit(
    *, lanes: int, bits: int, bit_energy_j: Scalar, bit_area_m2: Scalar, leakage_w: Scalar
) -> Component:
    """Compares sums with the threshold that the dropout bit selects, ``lanes`` channels per clock."""
    area = lanes * bits * bit_area_m2
    return Component("threshold_unit", area, leakage_w, {"compare": Action(bits * bit_energy_j)}, unit="tile")


def scale_multiplier(
    *, lanes: int, multiply_energy_j: Scalar, lane_area_m2: Scalar, leakage_w: Scalar
) -> Component:
    """Multiplies sums by the learned scale, or by 1 where it is dropped, in front of one threshold."""
    actions = {"multiply": Action(multiply_energy_j)}
    return Component("scale_multiplier", lanes * lane_area_m2, leakage_w, actions, unit="tile")


def vector_unit(*, lanes: int, op_energy_j: Scalar, lane_area_m2: Scalar, leakage_w: Scalar) -> Component:
    """Fixed-point lanes for what does not fold into thresholds: sums with real values, averages, logits."""
    return Component("vector_unit", lanes * lane_area_m2, leakage_w, {"op": Action(op_energy_j)}, unit="chip")


def digital_mac(
    *, lanes: int, mac_bit_energy_j: Scalar, lane_area_m2: Scalar, leakage_w: Scalar
) -> Component:
    """A digital first layer: 1-bit weights times input bits, ``lanes`` such products per clock."""
    return Component(
        "digital_mac", lanes * lane_area_m2, leakage_w, {"mac_bit": Action(mac_bit_energy_j)}, unit="chip"
    )


def averaging_unit(
    *,
    lanes: int,
    accumulate_energy_j: Scalar,
    weigh_energy_j: Scalar,
    softmax_energy_j: Scalar,
    lane_area_m2: Scalar,
    leakage_w: Scalar,
) -> Component:
    """Softmax of each pass and the running mean of its probabilities, weighted where passes are not equal."""
    actions = {
        "accumulate": Action(accumulate_energy_j),
        "weigh": Action(weigh_energy_j),
        "softmax": Action(softmax_energy_j),
    }
    return Component("averaging_unit", lanes * lane_area_m2, leakage_w, actions, unit="chip")
