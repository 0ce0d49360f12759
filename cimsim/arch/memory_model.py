"""A memory of which a file states the size alone: its costs come from a model, with their source."""

from __future__ import annotations

from typing import Any

from cimsim.arch.quantity import RuleBroken
from cimsim.circuits.sram_table import NODE_M, SUPPLY_V, sram_cost

__all__ = ["FILLED", "filled"]

FILLED = ("read_bit_energy_j", "write_bit_energy_j", "bit_area_m2", "bit_leakage_w")
"""What a model knows of a memory."""

_LOW_POWER = 0.01
"""Leakage of low-power cells over that of the table's fast ones: 1 to 3 %, recalled."""


def filled(memory: dict[str, Any]) -> dict[str, Any]:
    """The data of a memory with what it leaves out of `FILLED`; what it states stays.

    Raises
    ------
    RuleBroken
        The model does not cover the size or the port.
    """
    size_bits, port_bits = memory.get("size_bits"), memory.get("port_bits", 64)
    if memory.get("memory_model") != "mnsim_sram" or not isinstance(size_bits, int):
        return memory
    try:
        cost = sram_cost(size_bits, port_bits)
    except ValueError as error:
        name, value = ("port_bits", port_bits) if "one of" in str(error) else ("size_bits", size_bits)
        cure = "leave memory_model out and state energies, area and leakage"
        raise RuleBroken(name, str(error), str(value), cure) from error
    size = f"{size_bits / 8192:g} KB, {port_bits} b"
    source = f"MNSIM 2.0 SRAM table 45 nm, at {size}: a power of the size between two of the table"
    fast = f"{source}; leakage of fast cells x{_LOW_POWER} (low-power cells 1 to 3 %, recalled)"
    node = {"node_m": NODE_M, "grade": "loose_fit", "source": source}
    model = {
        "read_bit_energy_j": {"value": cost.read_j, "voltage_v": SUPPLY_V, **node},
        "write_bit_energy_j": {"value": cost.write_j, "voltage_v": SUPPLY_V, **node},
        "bit_area_m2": {"value": cost.area_m2 / size_bits, **node},
        "bit_leakage_w": {
            "value": _LOW_POWER * cost.leakage_w / size_bits,
            "grade": "recalled",
            "source": fast,
        },
    }
    return {**model, **memory}
