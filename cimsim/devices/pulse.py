"""Energy of a current pulse through a resistance."""

from __future__ import annotations

from cimsim.devices.scalar import Scalar

__all__ = ["pulse_energy_j"]


def pulse_energy_j(supply_v: Scalar, current_a: Scalar, width_s: Scalar) -> Scalar:
    """V I t at the voltage the charge is drawn from, not V^2 G t at the cell: the drop between is heat too.

    Examples
    --------
    >>> pulse_energy_j(0.5, 1e-3, 2e-9)
    1e-12
    """
    return supply_v * current_a * width_s
