"""Laws that every device file obeys."""

import numpy as np
import pytest
import yaml
from arch_files import DEVICES

from cimsim.arch import json_schema
from cimsim.arch.loader import load_device
from cimsim.arch.parts_device import build_junction, build_spread, build_switch
from cimsim.devices.junction import Unit
from cimsim.devices.mtj import resistance_ohm, tmr
from cimsim.devices.switch import Pulse, SttSwitch

TEMPERATURES_K = (250.0, 300.0, 350.0, 400.0)


@pytest.fixture(params=DEVICES, ids=lambda path: path.stem)
def device(request):
    return load_device(request.param)


def switch_of(device):
    return build_switch(device, device.random_bit.access_resistance_ohm.value)


def levels(device, n=41):
    bit = device.random_bit
    return np.linspace(bit.set.low_v, bit.set.high_v, n)


def test_its_name_is_its_file_and_every_number_has_a_source(device):
    assert device.name in {path.stem for path in DEVICES}
    assert len(device.quantities) > 14
    assert all(len(quantity.source) > 10 for quantity in device.quantities.values())


@pytest.mark.parametrize("temperature_k", TEMPERATURES_K)
def test_the_parallel_state_conducts_more_and_less_so_hot(device, temperature_k):
    junction = build_junction(device.junction, 1000.0)
    for voltage_v in (0.01, 0.1, 0.5):
        high, low = (
            junction.current_a(voltage_v, parallel=state, temperature_k=temperature_k)
            for state in (True, False)
        )
        assert 0 < low < high
    ratios = [
        junction.current_a(0.1, parallel=True, temperature_k=t)
        / junction.current_a(0.1, parallel=False, temperature_k=t)
        for t in TEMPERATURES_K
    ]
    assert ratios == sorted(ratios, reverse=True)


def test_resistance_rises_with_the_angle(device):
    mtj = device.junction
    zero, half = mtj.tmr_zero_bias.value, mtj.tmr_half_voltage_v.value
    cosines = np.linspace(1.0, -1.0, 21)
    found = resistance_ohm(
        cosines, 0.2, resistance_parallel=1000.0, tmr_zero_bias=zero, tmr_half_voltage_v=half
    )
    assert np.all(np.diff(found) > 0)
    assert found[0] == pytest.approx(1000.0)
    assert found[-1] == pytest.approx(1000.0 * (1.0 + tmr(0.2, zero, half)))


@pytest.mark.parametrize("temperature_k", TEMPERATURES_K)
def test_switching_rises_with_the_level_and_stays_a_probability(device, temperature_k):
    p = switch_of(device).switched(Pulse(levels(device), device.random_bit.set.width_s), temperature_k)
    assert np.all((p >= 0) & (p <= 1)) and np.all(np.diff(p) >= 0)


def test_the_window_reaches_what_networks_ask_for(device):
    p = switch_of(device).switched(Pulse(levels(device), device.random_bit.set.width_s))
    assert p[0] < 0.05 and p[-1] > 0.9


def test_write_errors_fall_with_pulse_and_overdrive(device):
    switch, reset = switch_of(device), device.random_bit.reset
    widths = np.geomspace(0.5, 4.0, 15) * reset.width_s
    by_width = switch.log_error(Pulse(reset.amplitude_v, widths, to_parallel=True))
    by_level = switch.log_error(
        Pulse(np.linspace(0.7, 1.2, 15) * reset.amplitude_v, reset.width_s, to_parallel=True)
    )
    for error in (by_width, by_level):
        assert np.all(np.diff(error) < 0) and np.all(error < 0)


def test_the_reset_is_certain_enough_for_a_random_bit(device):
    reset = device.random_bit.reset
    error = switch_of(device).log_error(Pulse(reset.amplitude_v, reset.width_s, to_parallel=True))
    assert float(error) < np.log(1e-6)


def test_heat_helps_and_a_higher_barrier_hinders(device):
    switch, width_s = switch_of(device), device.random_bit.set.width_s
    pulse = Pulse(levels(device)[len(levels(device)) // 2], width_s)
    by_heat = [float(switch.switched(pulse, t)) for t in TEMPERATURES_K]
    assert by_heat == sorted(by_heat)
    weak, strong = (float(switch.switched(pulse, unit=Unit(critical=f))) for f in (0.9, 1.1))
    assert weak > strong
    low, high = (float(switch.switched(pulse, unit=Unit(delta=f))) for f in (0.9, 1.1))
    assert low >= high and (device.is_sot or low > high)


def test_charge_is_positive_and_between_both_states(device):
    switch, width_s = switch_of(device), device.random_bit.set.width_s
    pulse = Pulse(levels(device), width_s)
    charge, held = switch.charge_c(pulse), switch.held_charge_c(pulse)
    assert np.all(charge > 0) and np.all(held > 0)
    if isinstance(switch, SttSwitch):
        before = width_s * switch.junction.current_a(levels(device), parallel=True)
        assert np.all((charge <= before + 1e-30) & (charge >= held - 1e-30))


def test_no_two_units_are_alike(device):
    units = build_spread(device).draw(np.random.default_rng(0), 5000)
    for name, factor in vars(units).items():
        asked = getattr(device.spread, f"{name}_cv")
        if asked is None:
            continue
        assert np.std(np.log(factor)) == pytest.approx(asked.value, rel=0.05)
        assert np.median(factor) == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize("path", DEVICES, ids=lambda path: path.stem)
def test_the_json_schema_accepts_it(path):
    jsonschema = pytest.importorskip("jsonschema", reason="extra dev")
    data = yaml.safe_load(path.read_text())
    jsonschema.Draft202012Validator(json_schema("device")).validate(data)
    data["junction"]["tmr_zero_bias"]["grade"] = "guessed"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(json_schema("device")).validate(data)
