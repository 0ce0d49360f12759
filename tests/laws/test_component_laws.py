"""Laws that every registered component obeys, in every shipped architecture and its variants."""

import numpy as np
import pytest
from arch_files import FLASH, SOT, STT, WALDEN

from cimsim.arch import Draws, build_chip, list_components, load_arch
from cimsim.circuits.bit_source import BitSource
from cimsim.circuits.dropout import GAUSSIAN_BITS

VARIANTS = {
    "stt": (STT, []),
    "stt flash": (STT, [FLASH]),
    "stt digital first layer": (STT, ["chip.first_layer=digital"]),
    "sot": (SOT, []),
    "superparamagnetic": (STT, ["chip.random_source=smtj"]),
    "cmos bits": (SOT, ["chip.random_source=lfsr"]),
    "scale memory and multiplier": (STT, ["tile.scale_select=multiplier"]),
    "stt by a figure of merit": (STT, [WALDEN]),
    "sot at a finer node": (SOT, ["technology.node_m=16e-9", "technology.supply_v=0.7"]),
}


def energy(path, overrides, component, action):
    return build_chip(load_arch(path, overrides)).components[component].actions[action].energy_j


def test_the_variants_cover_every_registered_component():
    built = set()
    for path, overrides in VARIANTS.values():
        built |= set(build_chip(load_arch(path, overrides)).components)
    assert built == {row["component"] for row in list_components()}


@pytest.mark.parametrize("pick", [None, Draws(3, 50)], ids=["nominal", "draws"])
@pytest.mark.parametrize("variant", VARIANTS)
def test_costs_are_positive_and_finite(variant, pick):
    path, overrides = VARIANTS[variant]
    spec = load_arch(path, overrides)
    for component in (build_chip(spec, pick) if pick else build_chip(spec)).components.values():
        assert component.unit in {"chip", "tile", "macro", "subarray"}
        assert component.n_per_unit >= 1
        assert component.actions
        for number in (component.area_m2, component.leakage_w):
            assert np.all(np.isfinite(number)) and np.all(np.asarray(number) >= 0)
        for action in component.actions.values():
            assert np.all(np.isfinite(action.energy_j)) and np.all(np.asarray(action.energy_j) > 0)
            assert np.isfinite(action.latency_s) and action.latency_s >= 0


@pytest.mark.parametrize("path", [STT, SOT], ids=["stt", "sot"])
def test_wordlines_cost_more_with_columns_and_bitlines_with_rows(path):
    sizes = (32, 64, 128, 256, 512)
    wide = [energy(path, [f"tile.macro.subarray.columns={n}"], "wordline_driver", "drive") for n in sizes]
    tall = [
        energy(path, [f"tile.macro.subarray.rows={n}", "tile.macro.rows_active=1"], "bitline", "charge")
        for n in sizes
    ]
    assert wide == sorted(set(wide))
    assert tall == sorted(set(tall))
    rows_only = [f"tile.macro.subarray.rows={2 * 128}"]
    assert energy(path, rows_only, "wordline_driver", "drive") == energy(path, [], "wordline_driver", "drive")


@pytest.mark.parametrize("base", [[], [FLASH]], ids=["sar", "flash"])
def test_an_adc_costs_more_energy_time_and_area_with_each_bit(base):
    built = [
        build_chip(load_arch(STT, [*base, f"tile.macro.adc.bits={bits}"])).components["adc"]
        for bits in range(1, 9)
    ]
    for costs in (
        [adc.actions["convert"].energy_j for adc in built],
        [adc.actions["convert"].latency_s for adc in built],
        [adc.area_m2 for adc in built],
    ):
        assert costs == sorted(set(costs))


def test_the_parallel_state_draws_more_and_more_tmr_draws_less():
    cell = "tile.macro.subarray.cell.device.junction.tmr_zero_bias.value"
    antiparallel = [
        energy(STT, [f"{cell}={ratio}"], "cell_array", "read_antiparallel") for ratio in (1.2, 1.5, 1.8, 2.0)
    ]
    assert antiparallel == sorted(set(antiparallel), reverse=True)
    assert energy(STT, [], "cell_array", "read_parallel") > antiparallel[0]


@pytest.mark.parametrize(
    ("override", "component", "action"),
    [
        ("tile.macro.read_time_s", "cell_array", "read_parallel"),
        ("tile.macro.subarray.cell.write.width_s", "cell_array", "write"),
        ("chip.stochastic_unit.device.random_bit.reset.width_s", "stochastic_unit", "draw"),
        ("chip.stochastic_unit.device.random_bit.set.width_s", "stochastic_unit", "draw"),
        ("chip.stochastic_unit.device.random_bit.read.width_s", "stochastic_unit", "draw"),
    ],
)
def test_longer_pulses_cost_more(override, component, action):
    costs = [energy(STT, [f"{override}={width} ns"], component, action) for width in (1, 2, 5, 20)]
    assert costs == sorted(set(costs))


def test_a_word_of_more_bits_costs_more_and_a_longer_wait_too():
    cmos = ["chip.random_source=lfsr"]
    words = [energy(STT, [*cmos, f"chip.lfsr_unit.bits={n}"], "stochastic_unit", "draw") for n in (4, 8, 16)]
    assert words == sorted(set(words))
    junction = ["chip.random_source=smtj"]
    waits = [
        energy(STT, [*junction, f"chip.smtj_unit.sample_interval_s={n} ns"], "stochastic_unit", "draw")
        for n in (5, 25, 100)
    ]
    assert waits == sorted(set(waits))


def test_a_longer_wait_forgets_more():
    rho = [
        build_chip(
            load_arch(STT, ["chip.random_source=smtj", f"chip.smtj_unit.sample_interval_s={n} ns"])
        ).bit_source.correlation
        for n in (5, 10, 25)
    ]
    np.testing.assert_allclose(rho, np.exp([-1, -2, -5]))
    assert build_chip(load_arch(STT)).bit_source == BitSource(normal_bits=GAUSSIAN_BITS)
    shared = load_arch(STT, ["chip.random_source=smtj", "chip.smtj_unit.n_units=4"])
    assert build_chip(shared).bit_source.n_units == 4


def test_a_longer_link_costs_more():
    costs = [energy(STT, [f"chip.link.length_m={mm} mm"], "link", "transfer_bit") for mm in (0.5, 1, 2, 4)]
    assert costs == sorted(set(costs))


def test_more_rows_read_at_once_take_a_larger_count():
    costs = [
        energy(STT, [f"tile.macro.rows_active={n}"], "row_counter", "count") for n in (1, 2, 4, 8, 16, 32)
    ]
    assert costs == sorted(set(costs))
