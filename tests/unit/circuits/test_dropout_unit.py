"""The dropout unit: its bits, their energy, trimming, drift, and a junction that fluctuates."""

from dataclasses import replace

import numpy as np
import pytest
from arch_files import STT

from cimsim.arch import load_arch
from cimsim.arch.sources import build_dropout_unit, build_telegraph_unit, build_trimmed_source
from cimsim.circuits.dropout_unit import Condition, SetDac
from cimsim.circuits.trimming import N_TRIALS_MORE, trim
from cimsim.devices.junction import Spread
from cimsim.devices.switch import Pulse

ROOM = Condition()


SUPPLY = "chip.stochastic_unit.write_supply_v=1.8"


def arch(*overrides):
    return load_arch(STT, list(overrides))


@pytest.fixture(params=["smtj_pbnn_2025", "foundry_stt", "ref40"])
def unit(request):
    place = f"chip.stochastic_unit.device={request.param}"
    return build_dropout_unit(arch(place, "chip.stochastic_unit.write_supply_v=1.6"))


def test_levels_divide_the_window():
    dac = SetDac(3, 0.1, 0.8)
    np.testing.assert_allclose(dac.level_v(dac.codes), np.arange(1, 9) / 10)
    assert dac.step_v == pytest.approx(0.1)


def test_p_rises_with_the_code_and_with_the_level(unit):
    p = unit.probability(unit.dac.codes, ROOM)
    assert np.all(np.diff(p) >= 0) and p[0] < 0.05 and p[-1] > 0.9
    code = unit.code_for(0.3, ROOM)
    assert abs(p[code] - 0.3) == np.min(np.abs(p - 0.3)) < 0.02
    up, down = (unit.probability(code, Condition(level_error=e)) for e in (0.02, -0.02))
    assert down < p[code] < up
    assert unit.probability(code, Condition(ageing=0.02)) < p[code]
    assert unit.probability(code, Condition(350.0)) > p[code]


def test_noise_of_the_pulse_averages_over_the_curve(unit):
    """Against ten thousand drawn pulses."""
    noisy = replace(unit, cycle=0.05)
    code = noisy.code_for(0.2, ROOM)
    z = np.random.default_rng(1).standard_normal(10_000)
    pulse = Pulse(noisy.dac.level_v(code) * (1 + 0.05 * z), noisy.set_width_s)
    drawn = noisy.switch.switched(pulse)
    assert noisy.set_probability(code, ROOM) == pytest.approx(drawn.mean(), abs=4.5 * drawn.std() / 100)


def test_resets_that_fail_make_a_bit_follow_the_one_before(unit):
    """A chain of junction states, drawn: share of ones and correlation as the closed forms say."""
    volts = np.linspace(0.1, 1.0, 1000) * unit.reset.amplitude_v
    errors = np.exp(unit.switch.log_error(replace(unit.reset, amplitude_v=volts)))
    weak_v = float(volts[np.argmin(np.abs(errors - 0.4))])
    weak = replace(unit, reset=replace(unit.reset, amplitude_v=weak_v))
    r = float(weak.reset_error(ROOM))
    assert r == pytest.approx(0.4, abs=0.05)
    code = weak.code_for(0.5, ROOM)
    p = float(weak.set_probability(code, ROOM))
    u = np.random.default_rng(2).random((40_000, 2))
    bits, state = np.empty(len(u), bool), False
    for k, (fails, sets) in enumerate(u):
        state = (state and fails < r) or sets < p
        bits[k] = state
    share = float(weak.probability(code, ROOM))
    assert bits.mean() == pytest.approx(share, abs=0.03)
    centred = bits - bits.mean()
    lag = (centred[1:] * centred[:-1]).mean() / bits.var()
    assert lag == pytest.approx(float(weak.correlation(code, ROOM)), abs=0.03)


def test_pulses_that_hardly_ever_switch_give_a_probability():
    weak = "chip.stochastic_unit.device.random_bit"
    pulses = (f"{weak}.reset.amplitude_v=0.03", f"{weak}.set.low_v=0.05")
    found = build_dropout_unit(arch("chip.stochastic_unit.device=foundry_stt", SUPPLY, *pulses))
    p = found.probability(found.dac.codes, Condition(250.0))
    assert p.min() >= 0.0 and p.max() <= 1.0


def test_the_energy_of_a_bit_is_its_pulses_drivers_read_and_decision(unit):
    code = unit.code_for(0.2, ROOM)
    whole = float(unit.energy_j(code, ROOM))
    bare = replace(unit, driver_overhead=0.0, sense_energy_j=0.0)
    doubled = replace(bare, write_supply_v=2 * unit.write_supply_v)
    written = float(doubled.energy_j(code, ROOM)) - float(bare.energy_j(code, ROOM))
    read = float(bare.energy_j(code, ROOM)) - written
    assert whole == pytest.approx((1 + unit.driver_overhead) * written + read + unit.sense_energy_j)
    high = unit.switch.junction.current_a(unit.read_v, parallel=True)
    low = unit.switch.junction.current_a(unit.read_v, parallel=False)
    p = float(unit.probability(code, ROOM))
    assert read == pytest.approx(unit.read_supply_v * unit.read_s * (p * low + (1 - p) * high))
    assert unit.read_margin(ROOM) == pytest.approx((high - low) / (high + low))
    assert unit.cycle_s == pytest.approx(
        unit.reset.width_s + unit.set_width_s + unit.read_s + 2 * unit.relax_s
    )


def test_bisection_finds_the_level_of_a_loop_without_noise():
    p = np.linspace(0.0, 1.0, 64)
    targets = np.array([0.0, 0.1, 0.5, 0.77, 1.0])
    found = trim(lambda code: p[code], (1, 6), targets, 10**9, np.random.default_rng(0))
    np.testing.assert_array_equal(found[0], [np.argmin(np.abs(p - t)) for t in targets])


def test_counting_more_bits_trims_better():
    source = build_trimmed_source(arch())
    errors = []
    for bits in (0, 16, 256, 4096):
        found = replace(source, n_bits=bits).chips([0.1, 0.2], [1, 1], 300, np.random.default_rng(3))
        errors.append(np.sqrt(np.mean((found - [0.1, 0.2]) ** 2)))
    assert errors == sorted(errors, reverse=True)
    assert errors[0] > 0.2 and errors[-1] < 0.02
    assert replace(source, n_bits=256).bits_per_level == 256 * (8 + N_TRIALS_MORE)


def test_without_spread_every_chip_is_the_nominal_one():
    source = replace(build_trimmed_source(arch()), spread=Spread(), gain_spread=0.0, n_bits=0)
    found = source.chips([0.15, 0.3], [1, 1], 4, np.random.default_rng(0))
    np.testing.assert_allclose(found, np.tile([source.nominal(0.15), source.nominal(0.3)], (4, 1)))


def test_a_bank_shows_the_mean_of_its_junctions():
    """Of many junctions that share a level, p is sharper than that of one; trimmed alone, sharper still."""
    source = replace(build_trimmed_source(arch()), n_bits=0, gain_spread=0.0)
    one, many = (source.chips([0.5], [n], 100, np.random.default_rng(5)).std() for n in (1, 64))
    assert many < one / 4
    own = replace(source, level_per="module", n_bits=4096).chips([0.5], [64], 20, np.random.default_rng(5))
    assert abs(own.mean() - 0.5) < 0.02


def test_what_moves_the_level_moves_p_and_trimming_there_recovers_it():
    spoiled = {
        "chip.stochastic_unit.level_error=0.05": "chip.stochastic_unit.calibration.level_error=0.05",
        "technology.temperature_k=350": "chip.stochastic_unit.calibration.temperature_k=350",
        "chip.stochastic_unit.calibration.age_s=1e8": None,
    }
    for override, cure in spoiled.items():
        p = build_trimmed_source(arch(override)).nominal(0.2)
        assert abs(p - 0.2) > 0.05, override
        if cure:
            assert abs(build_trimmed_source(arch(override, cure)).nominal(0.2) - 0.2) < 0.02


@pytest.mark.parametrize(("word", "p"), [("never", 0.0), ("always", 1.0)])
def test_a_stuck_unit(word, p):
    source = build_trimmed_source(arch(f"chip.stochastic_unit.stuck={word}"))
    assert source.nominal(0.2) == p
    np.testing.assert_array_equal(source.chips([0.2, 0.5], [1, 1], 3, np.random.default_rng(0)), p)


def test_a_fluctuating_junction_is_balanced_where_it_should_be():
    unit = build_telegraph_unit(arch("chip.random_source=smtj"))
    p = unit.probability(unit.dac.codes, ROOM)
    assert np.interp(unit.balance_a, unit.dac.level_v(unit.dac.codes), p) == pytest.approx(0.5, abs=1e-3)
    e = np.exp(1.0)
    one_width = np.interp(unit.balance_a + unit.width_a, unit.dac.level_v(unit.dac.codes), p)
    assert one_width == pytest.approx(e / (1 + e), abs=1e-3)
    assert (
        unit.autocorrelation_s(0.5, 400.0) < unit.autocorrelation_s(0.5) < unit.autocorrelation_s(0.5, 250.0)
    )
    assert unit.autocorrelation_s(0.1) < unit.autocorrelation_s(0.5)


def test_cmos_bits_need_no_trimming():
    assert build_trimmed_source(arch("chip.random_source=lfsr")) is None
