"""Barrier, critical current and relaxation time of the free layer, against the dossier's figures."""

import numpy as np
import pytest

from cimsim.devices.junction import Junction
from cimsim.devices.magnet import Bloch, EffectiveMagnet, Macrospin
from cimsim.devices.mtj import tmr_at
from cimsim.devices.switch import Pulse, SotSwitch, SttSwitch

BLOCH = Bloch(1200.0, 1.5, 2.5)
REF40 = {
    "diameter_m": 40e-9, "thickness_m": 1.3e-9, "magnetisation_a_per_m": 1.0e6,
    "anisotropy_j_per_m2": 0.9308e-3, "damping": 0.01, "polarisation": 0.6, "temperature": BLOCH,
}  # fmt: skip


def test_ref40_is_what_the_dossier_says():
    magnet = Macrospin(**REF40)
    found = magnet.barrier()
    assert found.delta == pytest.approx(60.0, rel=1e-3)
    assert found.to_antiparallel_a == found.to_parallel_a == pytest.approx(25.2e-6, rel=2e-3)
    assert found.relaxation_s == pytest.approx(1.868e-9, rel=1e-3)
    assert magnet.anisotropy_field_t() == pytest.approx(0.304, rel=1e-3)
    n_in, n_out = magnet.demagnetisation
    assert 2 * n_in + n_out == pytest.approx(1.0)


def test_an_asymmetry_keeps_the_geometric_mean():
    plain, tilted = Macrospin(**REF40).barrier(), Macrospin(**REF40, asymmetry=1.5).barrier()
    assert tilted.to_antiparallel_a / tilted.to_parallel_a == pytest.approx(1.5)
    assert tilted.to_antiparallel_a * tilted.to_parallel_a == pytest.approx(plain.to_parallel_a**2)


def test_a_positive_voltage_lowers_the_barrier():
    """K_i - xi V / t_ox with 75 fJ/(V m) over 1.5 nm: 25 uJ/m2 at half a volt."""
    magnet = Macrospin(**REF40, vcma_j_per_vm=75e-15, barrier_m=1.5e-9)
    ratio = magnet.stiffness_j_per_m3(voltage_v=0.5) - magnet.stiffness_j_per_m3()
    assert ratio == pytest.approx(-25e-6 / 1.3e-9)
    assert magnet.barrier(voltage_v=0.5).delta < magnet.barrier().delta < magnet.barrier(voltage_v=-0.5).delta


def test_both_kinds_of_magnet_cool_alike():
    """With the same law, a magnet without demagnetisation is known by its barrier alone."""
    thin = Macrospin(**{**REF40, "magnetisation_a_per_m": 1.0e3})
    at_room = thin.barrier()
    known = EffectiveMagnet(
        at_room.delta, at_room.to_antiparallel_a, at_room.to_parallel_a, at_room.relaxation_s, BLOCH
    )
    for t in (250.0, 400.0):
        for name in ("delta", "to_antiparallel_a", "to_parallel_a", "relaxation_s"):
            assert getattr(known.barrier(t), name) == pytest.approx(getattr(thin.barrier(t), name), rel=1e-3)


def test_critical_currents_are_divided_by_the_polarisation_that_is_left():
    """E_b / P: of 400 K over 300 K, 0.905 of the polarisation with a loss of 0.15."""
    plain, losing = (Macrospin(**{**REF40, "temperature": Bloch(1200.0, 1.5, 2.5, x)}) for x in (0.0, 0.15))
    assert losing.barrier().to_parallel_a == plain.barrier().to_parallel_a
    ratio = losing.barrier(400.0).to_parallel_a / plain.barrier(400.0).to_parallel_a
    assert ratio == pytest.approx(0.85 / (1.0 - 0.15 * (4 / 3) ** 1.5))
    known = EffectiveMagnet(60.0, 1.0, 1.0, 1.0, Bloch(1200.0, 1.5, 2.5, 0.15)).barrier(400.0)
    assert known.to_parallel_a / Bloch(1200.0, 1.5, 2.5).anisotropy(400.0) == pytest.approx(ratio)


def test_tmr_falls_with_temperature_and_is_given_at_300_k():
    assert tmr_at(300.0, 1.5, 0.15) == pytest.approx(1.5)
    assert tmr_at(400.0, 1.5, 0.15) < 1.5 < tmr_at(250.0, 1.5, 0.15)
    assert tmr_at(400.0, 1.5, 0.0) == pytest.approx(1.5)


def test_the_measured_sigmoid_of_the_sot_device():
    """894 and 22.4 mV at 0.75 ns; 7.7 % of Delta move the threshold by 1 mV there, 5 at 1 ns, 27 at 5 ns."""
    switch = SotSwitch(
        Junction(4900.0, 1.0, 0.5), track_ohm=776.0, nominal_track_ohm=776.0, threshold_v=0.857,
        width_v=0.0224, delta=4.91, attempt_s=1e-9, incubation_v=0.108, incubation_s=1e-9, temperature=BLOCH,
    )  # fmt: skip
    assert float(switch.switched(Pulse(0.894, 0.75e-9))) == pytest.approx(0.5, abs=0.01)
    e = np.exp(1.0)
    assert float(switch.switched(Pulse(0.8944 + 0.0224, 0.75e-9))) == pytest.approx(e / (1 + e), abs=0.01)

    def threshold_v(width_s, unit):
        volts = np.linspace(0.3, 1.2, 20_001)
        return np.interp(0.5, switch.switched(Pulse(volts, width_s), unit=unit), volts)

    from cimsim.devices.junction import NOMINAL, Unit

    for width_s, moved_mv in ((0.75e-9, 1.1), (1e-9, 4.9), (2e-9, 14.2), (5e-9, 26.6)):
        moved = 77.0 * (threshold_v(width_s, Unit(delta=1.001)) - threshold_v(width_s, NOMINAL))
        assert 1e3 * moved == pytest.approx(moved_mv, rel=0.02, abs=0.05)
    wide = threshold_v(0.75e-9, Unit(track=1.07)) / threshold_v(0.75e-9, NOMINAL)
    assert wide == pytest.approx(1.07, rel=1e-4)


def test_energy_is_at_the_old_resistance_until_the_flip():
    """A write that never comes takes V t / R_P, one that comes at once V t / R_AP."""
    switch = SttSwitch(Junction(4000.0, 1.0, 1e6), Macrospin(**REF40))
    late, early = Pulse(0.02, 1e-9), Pulse(1.0, 200e-9)
    assert float(switch.charge_c(late)) == pytest.approx(0.02 * 1e-9 / 4000, rel=1e-6)
    assert float(switch.charge_c(early)) == pytest.approx(1.0 * 200e-9 / 8000, rel=0.02)
    assert float(switch.held_charge_c(early)) == pytest.approx(1.0 * 200e-9 / 8000)
