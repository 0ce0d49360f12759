"""Write errors, read disturb and retention of the cells, from device to run."""

from dataclasses import replace
from math import exp, log, log1p

import numpy as np
import pytest
from arch_files import SOT, STT
from hand_chip import lenet_like

import cimsim
from cimsim.arch import build_chip, load_arch
from cimsim.devices.escape import escape_rate
from cimsim.devices.switching_table import switching_table


def cells(path=STT, *overrides):
    return build_chip(load_arch(path, list(overrides))).cells


def test_a_write_pulse_fails_as_the_table_says():
    """80 uA over 45 and 30 uA for 10 ns over 1.9 ns, Delta 70."""
    found = cells().pulse_errors()
    for error, critical in zip(found, (45e-6, 30e-6), strict=True):
        expected = float(switching_table().log_error(80e-6 / critical, 10 / 1.9, 70.0))
        assert log(error) == pytest.approx(expected, rel=1e-6)


def test_pulses_that_are_checked_and_repeated_leave_fewer_errors():
    once, four = cells(STT, "tile.macro.subarray.cell.write.max_pulses=1"), cells()
    up, down = four.pulse_errors()
    assert once.write_error() == pytest.approx((up + down) / 2)
    assert four.write_error() == pytest.approx((up**4 + down**4) / 2)
    assert once.mean_pulses() == 1.0
    assert four.mean_pulses() == pytest.approx(((1 - up**4) / (1 - up) + (1 - down**4) / (1 - down)) / 2)


def test_a_hopeless_pulse_is_tried_to_the_end():
    weak = cells(STT, "tile.macro.subarray.cell.write.current_a=1e-6")
    assert weak.mean_pulses() == pytest.approx(4.0)
    assert weak.write_error() == pytest.approx(1.0)


def test_errors_below_what_was_measured_are_not_told():
    assert cells(SOT).write_error() is None
    short = cells(SOT, "tile.macro.subarray.cell.write.width_s=3e-9")
    assert short.write_error() > 0.01


def test_the_budget_of_reads_by_hand():
    """Reads favour parallel: the antiparallel junction's current against 30 uA, 5 ns over 1.9 ns."""
    found = cells()
    overdrive = found.antiparallel_a / 30e-6
    assert found.overdrive() == pytest.approx(overdrive)
    rate = escape_rate(overdrive, 70.0)
    assert found.reads_until_lost() == pytest.approx(-log1p(-0.01) / (rate * 5 / 1.9))
    other = cells(STT, "tile.macro.read_favours=antiparallel")
    assert other.overdrive() == pytest.approx(found.parallel_a / 45e-6)
    assert cells(SOT).reads_until_lost() is None


def test_hard_reads_and_heat_wear_cells_out():
    budgets = [cells(STT, f"tile.macro.read_voltage_v={v}").reads_until_lost() for v in (0.1, 0.2, 0.3, 0.6)]
    assert budgets == sorted(budgets, reverse=True)
    assert budgets[-1] < 1e3
    hot = [cells(STT, f"technology.temperature_k={t}") for t in (300, 350, 400)]
    for values in ([c.reads_until_lost() for c in hot], [c.retention_s() for c in hot]):
        assert values == sorted(values, reverse=True)
    assert replace(hot[0], temperature_k=300.0).retention_s() == pytest.approx(
        -log1p(-0.01) * 1.9e-9 / (2 * escape_rate(0.0, 70.0))
    )


def run(*overrides):
    x = np.random.default_rng(0).integers(0, 8, (4, 1, 8, 8))
    return cimsim.simulate(load_arch(STT, list(overrides)), lenet_like(), x=x, y=np.zeros(4, int))


def test_a_run_tells_the_budget_of_each_layer_and_warns():
    calm, hard = run(), run("tile.macro.read_voltage_v=0.4", "technology.temperature_k=350")
    assert not any("disturb" in text for text in calm.summary["warnings"])
    assert any("reads disturb the cells" in text for text in hard.summary["warnings"])
    assert any("cells forget" in text for text in run("technology.temperature_k=420").summary["warnings"])
    layers = calm.layers.set_index("layer")["images_until_disturbed"]
    assert calm.summary["images_until_disturbed"] == layers.min()
    parts = calm.components
    mismatches = parts[(parts.layer == "co2") & (parts.action == "read_antiparallel")]["count"].sum()
    placement = calm.program.placements["co2"]
    reads = mismatches / (placement.rows * placement.columns)
    assert layers["co2"] == pytest.approx(calm.program.chip.cells.reads_until_lost() / reads)


def test_repeated_pulses_and_their_reads_are_paid():
    once = run("tile.macro.subarray.cell.write.max_pulses=1").summary
    four = run().summary
    assert four["write_pulses"] > once["write_pulses"] == 1.0
    assert four["program_energy_j"] > once["program_energy_j"]
    assert exp(-30) < four["write_error_rate"] < once["write_error_rate"]
