"""Sources of random bits: a junction that is reset, set and read, one that fluctuates, and CMOS."""

from __future__ import annotations

from cimsim.circuits.cost import Action, Component, Scalar
from cimsim.devices.pulse import pulse_energy_j

__all__ = ["lfsr", "superparamagnetic_mtj", "written_mtj"]


def written_mtj(
    *,
    n_units: int,
    draw_energy_j: Scalar,
    fair_energy_j: Scalar,
    cycle_s: float,
    area_m2: Scalar,
    leakage_w: Scalar,
) -> Component:
    """One random bit: a reset pulse, a set pulse that switches with probability p, and a sensed read.

    Energies and the time of a bit are those of a `cimsim.circuits.dropout_unit.DropoutUnit`.

    References
    ----------
    The re-arming cycle of SpinDrop and Scale-Dropout (arXiv 2311.15816).
    """
    draw, fair = Action(draw_energy_j, cycle_s), Action(fair_energy_j, cycle_s)
    return _unit(n_units, draw, area_m2, leakage_w, fair)


def superparamagnetic_mtj(
    *,
    n_units: int,
    supply_v: Scalar,
    read_a: Scalar,
    read_s: float,
    bias_a: Scalar,
    interval_s: float,
    sense_energy_j: Scalar,
    area_m2: Scalar,
    leakage_w: Scalar,
) -> Component:
    """One random bit: a sensed read of a junction that fluctuates by itself, ``interval_s`` after the last.

    A bias current flows during the interval and sets the share p of it that the junction spends in one state.
    """
    energy = (
        pulse_energy_j(supply_v, read_a, read_s)
        + pulse_energy_j(supply_v, bias_a, interval_s)
        + sense_energy_j
    )
    return _unit(n_units, Action(energy, interval_s), area_m2, leakage_w)


def lfsr(
    *,
    n_units: int,
    bits: int,
    register_bit_energy_j: Scalar,
    xor_bit_energy_j: Scalar,
    comparator_bit_energy_j: Scalar,
    clock_s: float,
    bit_area_m2: Scalar,
    bit_leakage_w: Scalar,
) -> Component:
    """One random bit: a fresh word of a linear-feedback shift register, compared with p.

    The register leaps ``bits`` steps ahead in one clock, so that words share no bits. Each bit of a word is a
    fair one, without the comparator; bits that a choice or a normal number leaves over are kept for the next.
    """
    leap = register_bit_energy_j + xor_bit_energy_j
    draw, fair = Action(bits * (leap + comparator_bit_energy_j), clock_s), Action(leap, clock_s / bits)
    return _unit(n_units, draw, bits * bit_area_m2, bits * bit_leakage_w, fair)


def _unit(
    n_units: int, draw: Action, area_m2: Scalar, leakage_w: Scalar, fair: Action | None = None
) -> Component:
    """Junctions draw fair bits as any other."""
    actions = {"draw": draw, "draw_fair": fair or draw}
    return Component("stochastic_unit", area_m2, leakage_w, actions, unit="chip", n_per_unit=n_units)
