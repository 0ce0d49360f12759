"""The free layer of a perpendicular junction: barrier, critical currents, relaxation time, by temperature."""

from __future__ import annotations

from dataclasses import dataclass
from math import pi, sqrt

from cimsim.devices.constants import BOLTZMANN, CHARGE, GAMMA, HBAR, MU0
from cimsim.devices.mtj import polarisation_kept
from cimsim.devices.scalar import Scalar

__all__ = ["ROOM_K", "Barrier", "Bloch", "EffectiveMagnet", "Macrospin", "Magnet"]

ROOM_K = 300.0
"""Temperature that device parameters are stated at."""


@dataclass(frozen=True)
class Barrier:
    """What switching needs to know, at one temperature.

    Attributes
    ----------
    delta : energy barrier over k_B T
    to_antiparallel_a, to_parallel_a : critical currents
    relaxation_s : tau_D = (1 + alpha^2) / (alpha gamma mu0 H_k)
    """

    delta: Scalar
    to_antiparallel_a: Scalar
    to_parallel_a: Scalar
    relaxation_s: Scalar

    def critical_a(self, *, to_parallel: bool) -> Scalar:
        return self.to_parallel_a if to_parallel else self.to_antiparallel_a


@dataclass(frozen=True)
class Bloch:
    """How magnetisation and anisotropy fall with temperature, relative to `ROOM_K`.

    M(T) ~ 1 - (T / Tc)^q, K(T) ~ M^n; q = 1.5 is Bloch's law, n = 2 to 3 the usual range.
    Critical currents are divided by the polarisation, which falls as in the TMR.
    """

    curie_k: Scalar
    exponent: Scalar
    anisotropy_exponent: Scalar
    polarisation_loss_300k: Scalar = 0.0

    def polarisation(self, temperature_k: float) -> Scalar:
        return polarisation_kept(temperature_k, self.polarisation_loss_300k)

    def magnetisation(self, temperature_k: float) -> Scalar:
        return (1.0 - (temperature_k / self.curie_k) ** self.exponent) / (
            1.0 - (ROOM_K / self.curie_k) ** self.exponent
        )

    def anisotropy(self, temperature_k: float) -> Scalar:
        return self.magnetisation(temperature_k) ** self.anisotropy_exponent


@dataclass(frozen=True)
class Macrospin:
    """A round free layer that turns as one, from its materials.

    Attributes
    ----------
    magnetisation_a_per_m, anisotropy_j_per_m2 : M_s and the interfacial K_i, at `ROOM_K`
    polarisation : torque efficiency, the same for every angle
    asymmetry : critical current to antiparallel over that to parallel; their geometric mean is the formula's
    vcma_j_per_vm, barrier_m : voltage control of the anisotropy, K_i - xi V / t_ox, and the oxide it acts
        over
    """

    diameter_m: Scalar
    thickness_m: Scalar
    magnetisation_a_per_m: Scalar
    anisotropy_j_per_m2: Scalar
    damping: Scalar
    polarisation: Scalar
    temperature: Bloch
    asymmetry: Scalar = 1.0
    vcma_j_per_vm: Scalar = 0.0
    barrier_m: Scalar = 1e-9

    @property
    def volume_m3(self) -> Scalar:
        return pi / 4.0 * self.diameter_m**2 * self.thickness_m

    @property
    def demagnetisation(self) -> tuple[Scalar, Scalar]:
        """Factors in the plane and out of it, of a flat cylinder.

        References
        ----------
        M. Sato and Y. Ishii, J. Appl. Phys. 66, 983 (1989).
        """
        out = 1.0 / (1.0 + 4.0 * self.thickness_m / (self.diameter_m * sqrt(pi)))
        return (1.0 - out) / 2.0, out

    def stiffness_j_per_m3(self, temperature_k: float = ROOM_K, voltage_v: Scalar = 0.0) -> Scalar:
        """Effective anisotropy K_i / t - mu0 / 2 (N_z - N_x) M_s^2; a positive voltage lowers it (VCMA)."""
        ms = self.magnetisation_a_per_m * self.temperature.magnetisation(temperature_k)
        ki = self.anisotropy_j_per_m2 * self.temperature.anisotropy(temperature_k)
        n_in, n_out = self.demagnetisation
        interface = ki - self.vcma_j_per_vm * voltage_v / self.barrier_m
        return interface / self.thickness_m - MU0 / 2.0 * (n_out - n_in) * ms**2

    def anisotropy_field_t(self, temperature_k: float = ROOM_K, voltage_v: Scalar = 0.0) -> Scalar:
        """mu0 H_k = 2 K_eff / M_s."""
        ms = self.magnetisation_a_per_m * self.temperature.magnetisation(temperature_k)
        return 2.0 * self.stiffness_j_per_m3(temperature_k, voltage_v) / ms

    def barrier(self, temperature_k: float = ROOM_K, voltage_v: Scalar = 0.0) -> Barrier:
        """Delta = K_eff V / (k_B T) and I_c0 = 4 alpha e E_b / (hbar eta), with N_z - N_x in both."""
        energy_j = self.stiffness_j_per_m3(temperature_k, voltage_v) * self.volume_m3
        polarisation = self.polarisation * self.temperature.polarisation(temperature_k)
        critical_a = 4.0 * self.damping * CHARGE * energy_j / (HBAR * polarisation)
        tau_s = (1.0 + self.damping**2) / (
            self.damping * GAMMA * self.anisotropy_field_t(temperature_k, voltage_v)
        )
        root = self.asymmetry**0.5
        return Barrier(energy_j / (BOLTZMANN * temperature_k), critical_a * root, critical_a / root, tau_s)


@dataclass(frozen=True)
class EffectiveMagnet:
    """A free layer known by its barrier and critical currents at `ROOM_K`, not by its materials.

    Pillars above some 40 nm reverse by nucleation: their Delta is measured, not computed from the area.
    """

    delta: Scalar
    to_antiparallel_a: Scalar
    to_parallel_a: Scalar
    relaxation_s: Scalar
    temperature: Bloch

    def barrier(self, temperature_k: float = ROOM_K) -> Barrier:
        """Barrier energy and critical currents follow K(T), the relaxation time M(T) / K(T)."""
        k = self.temperature.anisotropy(temperature_k)
        m = self.temperature.magnetisation(temperature_k)
        torque = self.temperature.polarisation(temperature_k)
        return Barrier(
            self.delta * k * ROOM_K / temperature_k,
            self.to_antiparallel_a * k / torque,
            self.to_parallel_a * k / torque,
            self.relaxation_s * m / k,
        )


Magnet = Macrospin | EffectiveMagnet
