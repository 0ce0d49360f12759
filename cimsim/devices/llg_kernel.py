"""One step after another of many macrospins: the stochastic Landau-Lifshitz-Gilbert equation.

In units of the anisotropy field H_k and of the time 1 / (gamma mu0 H_k)::

    (1 + alpha^2) dm/ds = - m x A - m x (m x B)
    A = h - (alpha a + f) p,    B = alpha h + (a - alpha f) p,    summed over the torques

with the field h = (1 - v) m_z e_z + applied + thermal, damping-like torques a and field-like torques f of
polarisation p (along z for spin transfer, along y for spin-orbit), and the relative change -v of the
anisotropy by a voltage. Heun's method with the same noise in both stages, which converges to the
Stratonovich solution.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cimsim._jit import njit, parallel, prange
from cimsim.devices.normal import normal

__all__ = ["integrate"]

Array = NDArray[np.float64]


@parallel
def integrate(
    m: Array,
    states: NDArray[np.uint64],
    drives: Array,
    field: Array,
    damping: float,
    field_like: float,
    noise: float,
    step: float,
    stop_at_crossing: bool,
    stride: int,
    trace: Array,
    crossed: NDArray[np.int64],
) -> None:
    """Advance every macrospin over all steps.

    Parameters
    ----------
    m : (n, 3) unit vectors, changed
    states : (n, 4) of `cimsim.devices.normal`, changed
    drives : (n_steps + 1, 3): spin transfer a, spin-orbit a, and v, at the ends of the steps
    field : (3,) applied field over H_k
    field_like : f over a, of the spin-orbit torque
    noise : deviation of each component of the thermal field over H_k, for this step
    step : length in 1 / (gamma mu0 H_k)
    stop_at_crossing : end a trajectory when m_z first falls below 0
    stride, trace : every ``stride`` steps (from the start on) m goes to ``trace`` (n_traced, n_kept, 3)
    crossed : (n,) steps until m_z was first below 0; -1 where it never was
    """
    for k in prange(len(m)):
        crossed[k] = _one(
            k, m, states[k], drives, field, damping, field_like, noise, step, stop_at_crossing, stride, trace
        )


@njit
def _one(
    trajectory: int,
    m: Array,
    state: NDArray[np.uint64],
    drives: Array,
    field: Array,
    damping: float,
    field_like: float,
    noise: float,
    step: float,
    stop_at_crossing: bool,
    stride: int,
    trace: Array,
) -> int:
    """Advance one macrospin; returns the steps until m_z was first below 0, or -1."""
    x, y, z = m[trajectory, 0], m[trajectory, 1], m[trajectory, 2]
    scale = step / (1.0 + damping * damping)
    is_traced, crossing = trajectory < len(trace), -1
    for k in range(len(drives) - 1):
        if is_traced and k % stride == 0:
            kept = trace[trajectory, k // stride]
            kept[0], kept[1], kept[2] = x, y, z
        hx = field[0] + noise * normal(state)
        hy = field[1] + noise * normal(state)
        hz = field[2] + noise * normal(state)
        a, b, v = drives[k, 0], drives[k, 1], drives[k, 2]
        dx, dy, dz = _slope(x, y, z, hx, hy, hz + (1.0 - v) * z, a, b, damping, field_like)
        u, w, q = x + scale * dx, y + scale * dy, z + scale * dz
        a, b, v = drives[k + 1, 0], drives[k + 1, 1], drives[k + 1, 2]
        ex, ey, ez = _slope(u, w, q, hx, hy, hz + (1.0 - v) * q, a, b, damping, field_like)
        x += 0.5 * scale * (dx + ex)
        y += 0.5 * scale * (dy + ey)
        z += 0.5 * scale * (dz + ez)
        length = 1.0 / np.sqrt(x * x + y * y + z * z)
        x, y, z = x * length, y * length, z * length
        if z < 0.0 and crossing < 0:
            crossing = k + 1
            if stop_at_crossing:
                break
    m[trajectory, 0], m[trajectory, 1], m[trajectory, 2] = x, y, z
    return crossing


@njit
def _slope(
    x: float, y: float, z: float, hx: float, hy: float, hz: float, a: float, b: float, damping: float,
    field_like: float,
) -> tuple[float, float, float]:  # fmt: skip
    """(1 + alpha^2) dm/ds = - m x (A + m x B)."""
    f = field_like * b
    bx, by, bz = damping * hx, damping * hy + b - damping * f, damping * hz + a
    ax = hx + y * bz - z * by
    ay = hy - damping * b - f + z * bx - x * bz
    az = hz - damping * a + x * by - y * bx
    return z * ay - y * az, x * az - z * ax, y * ax - x * ay
