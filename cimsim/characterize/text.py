"""A device on one page: the junction, its operating points, its dropout unit."""

from __future__ import annotations

from collections.abc import Iterator

from cimsim.arch.spec_device import MacrospinSpec
from cimsim.characterize.run import Characterization
from cimsim.circuits.dropout_unit import Condition
from cimsim.devices.switch import SttSwitch
from cimsim.reporting.quantities import number, quantity

__all__ = ["OPERATING", "TEMPERATURE", "operating_lines", "temperature_lines", "unit_lines"]

TEMPERATURE = ("T", "read P", "read AP", "Delta", "I_c0 to AP", "I_c0 to P", "tau_D", "threshold")
OPERATING = ("pulse", "p", "amplitude", "current", "set energy", "level +1 %", "+10 K", "Delta +7.7 %")


def temperature_lines(found: Characterization) -> list[tuple[str, ...]]:
    """The junction at several temperatures; a dash for what its kind does not have."""
    return [
        (
            f"{row['temperature_k']:.0f} K",
            quantity(row["read_parallel_a"], "A"),
            quantity(row["read_antiparallel_a"], "A"),
            number(row.get("delta"), ".1f"),
            quantity(row.get("critical_to_antiparallel_a"), "A"),
            quantity(row.get("critical_to_parallel_a"), "A"),
            quantity(row.get("relaxation_s"), "s"),
            quantity(row.get("threshold_v"), "V"),
        )
        for row in found.tables["temperature.csv"].to_dict("records")
    ]


def operating_lines(found: Characterization) -> list[tuple[str, ...]]:
    """Levels for p at each pulse width, and changes of p in points."""
    return [
        (
            quantity(row["width_s"], "s"),
            f"{row['p']:g}",
            quantity(row["amplitude_v"], "V"),
            quantity(row["current_a"], "A"),
            quantity(row["set_energy_j"], "J"),
            *(number(100 * row[name], "+.1f") for name in ("dp_level", "dp_temperature", "dp_delta")),
        )
        for row in found.tables["operating.csv"].to_dict("records")
    ]


def unit_lines(found: Characterization) -> Iterator[str]:
    """What the unit gives and what it costs."""
    unit, room, tables = found.unit, Condition(), found.tables
    codes, bits = tables["unit.csv"], tables["calibration.csv"]
    step = codes["p"].diff().max()
    yield (
        f"bit: {quantity(unit.cycle_s, 's')}, {quantity(float(codes['energy_j'].min()), 'J')} to "
        f"{quantity(float(codes['energy_j'].max()), 'J')}; {len(codes)} levels, "
        f"p in steps of up to {step:.3f}; "
        f"reset fails once in {quantity(1 / max(float(unit.reset_error(room)), 1e-30), '').strip()}"
    )
    yield (
        f"read: currents of the two states differ by {float(unit.read_margin(room)):.0%} of their sum, "
        f"{float(unit.read_margin(Condition(400.0))):.0%} at 400 K"
    )
    spread = codes[(codes["p"] > 0.45) & (codes["p"] < 0.55)]
    if len(spread):
        middle = spread.iloc[len(spread) // 2]
        yield (
            f"untrimmed chips: {middle['p_low']:.2f} to {middle['p_high']:.2f} "
            f"at the code for {middle['p']:.2f}, "
            f"{middle['p_cold']:.2f} at 250 K, {middle['p_hot']:.2f} at 400 K"
        )
    counted = bits[(bits["bits_counted"] == 4096) & (bits["p"] == 0.2)].iloc[0]
    yield (
        f"trimmed with 4,096 bits a step: p = 0.2 to within {counted['error_rms']:.3f}, "
        f"{counted['bits_in_all']:,.0f} bits, {quantity(counted['time_s'], 's')}, "
        f"{quantity(counted['energy_j'], 'J')}"
    )
    spec = found.arch.chip.stochastic_unit.device.switching
    if isinstance(spec, MacrospinSpec) and spec.vcma_j_per_v_m is not None:
        yield "the voltage control of the anisotropy that the device states is not in these numbers"
    if not isinstance(unit.switch, SttSwitch):
        yield "the sigmoid was measured from about 1 to 99 %: probabilities beyond are its extrapolation"
