"""Word lines, bit lines and the switch between bit lines and read-out: capacitance charged at the supply."""

from __future__ import annotations

from cimsim.circuits.cost import Action, Component, Scalar

__all__ = [
    "bitline",
    "column_mux",
    "line_capacitance_f",
    "select_energy_j",
    "wordline_driver",
    "wordline_latency_s",
]


def line_capacitance_f(n_cells: int, device_f: Scalar, pitch_m: Scalar, wire_f_per_m: Scalar) -> Scalar:
    """Capacitance of a line over ``n_cells`` cells: one device terminal and one pitch of wire each."""
    return n_cells * (device_f + pitch_m * wire_f_per_m)


def wordline_latency_s(driver_ohm: float, line_f: float, decoder_s: float) -> float:
    """Decode, then charge to 90 %: 2.2 R C of driver and line (the wire's own resistance is far smaller)."""
    return decoder_s + 2.2 * driver_ohm * line_f


def wordline_driver(
    *,
    n_lines: int,
    line_f: Scalar,
    wordline_v: float,
    decoder_fraction: Scalar,
    latency_s: float,
    driver_area_m2: Scalar,
    driver_leakage_w: Scalar,
) -> Component:
    """Drivers of all word lines; the one of a cell's branch that an input opens rises."""
    return Component(
        name="wordline_driver",
        unit="subarray",
        area_m2=n_lines * driver_area_m2,
        leakage_w=n_lines * driver_leakage_w,
        actions={"drive": Action(line_f * wordline_v**2 * (1.0 + decoder_fraction), latency_s)},
    )


def bitline(
    *, line_f: Scalar, read_voltage_v: float, read_supply_v: Scalar, is_differential: bool
) -> Component:
    """Charge of a bit line, or of a pair of them, to the read voltage. Its wires lie over the cells."""
    n_lines = 2 if is_differential else 1
    energy = n_lines * line_f * read_voltage_v * read_supply_v
    return Component("bitline", 0.0, 0.0, {"charge": Action(energy)}, unit="subarray")


def select_energy_j(line_f: Scalar, supply_v: float) -> Scalar:
    """Of going to the next column: its select line and the complement of the one before rise."""
    return 2.0 * line_f * supply_v**2


def column_mux(*, n_columns: int, energy_j: Scalar, area_m2: Scalar, leakage_w: Scalar) -> Component:
    """The switch of each column to its read-out (and away from its write driver)."""
    return Component(
        "column_mux",
        n_columns * area_m2,
        n_columns * leakage_w,
        {"select": Action(energy_j)},
        unit="subarray",
    )
