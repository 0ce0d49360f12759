"""Ensembles of macrospins under any waveform: what the table of switching probabilities is checked with.

The table knows square pulses through a perpendicular junction. This integrates the equation of motion
itself, so it also serves other pulse shapes, spin-orbit torque, applied fields and voltage-controlled
anisotropy.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, sqrt

import numpy as np
from numpy.typing import NDArray

from cimsim.devices.llg_kernel import integrate
from cimsim.devices.normal import seeds
from cimsim.metrics import wilson_interval
from cimsim.rng import stream

__all__ = ["Drive", "Ensemble", "run_ensemble", "thermal_start"]

Array = NDArray[np.float64]

STEP = 0.05
"""Length of a step in 1 / (gamma mu0 H_k): 1 ps at mu0 H_k = 0.28 T."""


@dataclass(frozen=True)
class Drive:
    """What acts on a junction at one moment, each relative to what matters for it.

    Attributes
    ----------
    overdrive : spin-transfer current over critical current, positive towards z = -1
    spin_orbit : damping-like spin-orbit torque over the anisotropy field, polarised along y
    anisotropy_loss : share of the anisotropy that a voltage takes away
    """

    overdrive: float = 0.0
    spin_orbit: float = 0.0
    anisotropy_loss: float = 0.0


@dataclass(frozen=True, eq=False)
class Ensemble:
    """What became of n macrospins.

    Attributes
    ----------
    tau : (n_steps + 1,) times in tau_D
    crossing : (n,) when m_z was first below 0, in tau_D; infinite where it never was
    m : (n, 3) at the end
    trace : (n_traced, n_kept, 3) of the first trajectories; times are ``tau[::stride]``
    stride : steps between kept points
    """

    tau: Array
    crossing: Array
    m: Array
    trace: Array
    stride: int

    def crossed(self, tau: float) -> tuple[float, float, float]:
        """Share of the ensemble that has crossed by ``tau``, with its Wilson 95 % interval."""
        n, k = len(self.crossing), int((self.crossing <= tau).sum())
        return (k / n, *wilson_interval(k, n))


def thermal_start(n: int, delta: float, seed: int = 0) -> Array:
    """(n, 3) unit vectors around z = +1, drawn from the Boltzmann distribution above z = 0."""
    generator = stream(seed, "thermal start")
    z = np.linspace(0.0, 1.0, 20_001)
    density = np.exp(-delta * (1.0 - z * z))
    share = np.concatenate([[0.0], np.cumsum(density[1:] + density[:-1])])
    z = np.interp(generator.random(n), share / share[-1], z)
    phi, radius = generator.uniform(0.0, 2.0 * np.pi, n), np.sqrt(1.0 - z * z)
    return np.stack([radius * np.cos(phi), radius * np.sin(phi), z], axis=1)


def run_ensemble(
    n: int,
    delta: float,
    damping: float,
    waveform: list[tuple[float, Drive]],
    *,
    field: tuple[float, float, float] = (0.0, 0.0, 0.0),
    field_like: float = 0.0,
    step: float = STEP,
    start: Array | None = None,
    stop_at_crossing: bool = False,
    n_traced: int = 0,
    stride: int = 10,
    seed: int = 0,
) -> Ensemble:
    """Integrate n macrospins from thermal equilibrium.

    Parameters
    ----------
    delta : barrier over k_B T; infinite for no thermal field (then give ``start``)
    damping : Gilbert damping alpha
    waveform : (tau, drive) corners in rising tau, in tau_D; straight lines between them, from the first to
        the last
    field : applied field over the anisotropy field
    field_like : field-like over damping-like spin-orbit torque
    step : in 1 / (gamma mu0 H_k); 0.05 keeps the probabilities within the error of 10,000 trajectories
    start : (n, 3) unit vectors instead of a thermal start
    n_traced, stride : keep every ``stride``-th step of that many trajectories

    Raises
    ------
    ValueError : the corners do not rise, or a number is out of range
    """
    corners = np.array([tau for tau, _ in waveform], np.float64)
    if len(corners) < 2 or not np.all(np.diff(corners) >= 0.0) or corners[-1] <= corners[0]:
        raise ValueError("waveform must have corners that rise in time")
    if not (delta > 0 and damping > 0 and 0 < step <= 0.5):
        raise ValueError("delta, damping and step must be above 0, and step at most 0.5")
    per_tau = (1.0 + damping**2) / damping
    n_steps = ceil((corners[-1] - corners[0]) * per_tau / step)
    tau = corners[0] + step / per_tau * np.arange(n_steps + 1)
    values = np.array([(-damping * d.overdrive, d.spin_orbit, d.anisotropy_loss) for _, d in waveform])
    drives = np.stack([np.interp(tau, corners, column) for column in values.T], axis=1)
    m = np.array(thermal_start(n, delta, seed) if start is None else start, np.float64, order="C")
    trace = np.empty((min(n_traced, n), n_steps // stride + 1, 3))
    crossed = np.empty(n, np.int64)
    states = seeds(stream(seed, "thermal field"), n)
    noise = 0.0 if np.isinf(delta) else sqrt(damping / (delta * step))
    integrate(
        m, states, drives, np.array(field, np.float64), damping, field_like, noise, step,
        stop_at_crossing, stride, trace, crossed,
    )  # fmt: skip
    crossing = np.where(crossed < 0, np.inf, corners[0] + crossed * step / per_tau)
    return Ensemble(tau, crossing, m, trace, stride)
