"""Every way to spoil an architecture file, and the one message it gives."""

import pickle

import pytest
from arch_files import DEVICE, ONE, SOT, STT, changed
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cimsim.arch import load_arch
from cimsim.errors import SpecError

CLOCK = "clock_hz: 500.0e6"
NUMBER = "must be a number from 1e6 to 1e10"
TILES = "must be 'auto' or an integer from 1 to 65536"
SCHEDULES = "sequential, pipelined, prefix_reuse, enumerate"
GRADES = "measured, fitted, loose_fit, assumed, recalled"
TAB = "is not valid YAML, found a tab character that violates indentation"

MACRO, UNIT, ADC = "tile.macro", "chip.stochastic_unit", "tile.macro.adc"
LOSES_ADC = "    adc:\n      type: sar_adc"
BITS = f"{ADC}.bits: must be an integer from 1 to 12"
NAME = "name: must be text of 1 to 100 characters"
KEYS = "chip, description, name, technology, tile"

SPOILED = [
    ("bits: 5 ", "bits: 0 ", f"{BITS} (got 0)"),
    ("bits: 5 ", "bits: 5.0 ", f"{BITS} (got 5.0)"),
    ("bits: 5 ", "bits: 0x5 ", f"{BITS} (got 0x5)"),
    ("bits: 5 ", "bits: [5] ", f"{BITS} (got a list)"),
    ("bits: 5 ", "bitz: 5 ", f"{ADC}.bitz: is not a known key; did you mean 'bits'? (1 more problem)"),
    ("bits: 5 ", "bits: 5\n      bits: 6 ", f"{ADC}.bits: is written twice"),
    ("type: sar_adc", "type: sar", f"{ADC}.type: must be one of sar_adc, flash_adc, walden_adc (got sar)"),
    (LOSES_ADC, "    adc:", f"{ADC}.type: is missing; it must be one of sar_adc, flash_adc, walden_adc"),
    ("tiles: auto", "tiles: 0", f"chip.tiles: {TILES} (got 0)"),
    ("tiles: auto", "tiles: many", f"chip.tiles: {TILES} (got many)"),
    (CLOCK, "clock_hz: 5_0e6", f"chip.clock_hz: {NUMBER} (got 5_0e6)"),
    (CLOCK, "clock_hz: .nan", f"chip.clock_hz: {NUMBER} (got .nan)"),
    (CLOCK, "clock_hz: inf", f"chip.clock_hz: {NUMBER} (got inf)"),
    (CLOCK, "clock_hz: 1e999", f"chip.clock_hz: {NUMBER} (got 1e999)"),
    (CLOCK, "clock_hz: on", f"chip.clock_hz: {NUMBER} (got on)"),
    (CLOCK, "clock_hz:", f"chip.clock_hz: {NUMBER} (got nothing)"),
    (CLOCK, "clock_hz: 500 ns", "chip.clock_hz: must be in units of hertz (got 500 ns)"),
    (CLOCK, "clock_hz: 5 bananas", "chip.clock_hz: has a unit that is not known (got 5 bananas)"),
    ("columns: false", "columns: off", f"{MACRO}.biases_unselected_columns: must be true or false (got off)"),
    (
        "mc_schedule: sequential",
        "mc_schedule: sequentail",
        f"chip.mc_schedule: must be one of {SCHEDULES} (got sequentail); did you mean 'sequential'?",
    ),
    ("active: 16", "active: 200", f"{MACRO}.rows_active: must be at most subarray.rows, 128 (got 200)"),
    (
        "readout: 8",
        "readout: 129",
        f"{MACRO}.columns_per_readout: must be at most subarray.columns, 128 (got 129)",
    ),
    ("replicas: {}", "replicas: {c1: 0}", "chip.replicas.c1: must be an integer from 1 to 65536 (got 0)"),
    ("replicas: {}", "replicas: {c1: two}", "chip.replicas.c1: must be an integer from 1 to 65536 (got two)"),
    (
        "0.2e-9, high: 2.0e-9",
        "0, high: 2.0e-9",
        f"{ADC}.bit_latency_s.low: must be above 0 where the value is (got 0)",
    ),
    (
        "0.2e-9, high: 2.0e-9",
        "0.2e-9, high: 2.0",
        f"{ADC}.bit_latency_s.high: must be a number from 0 to 0.001 (got 2)",
    ),
    (
        "grade: measured",
        "grade: guessed",
        f"chip.smtj_unit.mtj.ra_product_ohm_m2.grade: must be one of {GRADES} (got guessed)",
    ),
    (
        "{value: 0.035, grade: fitted, source:",
        "{value: 0.035, grade: fitted, sourse:",
        f"{UNIT}.driver_overhead.sourse: is not a known key; did you mean 'source'? (1 more problem)",
    ),
    ("name: stt_mram", "name:", f"{NAME} (got nothing)"),
    ("name: stt_mram", "name: [stt]", f"{NAME} (got a list)"),
    ("name: stt_mram", "name: &a stt\nx: *a", "must not use YAML aliases"),
    ("name: stt_mram", "name: {[a]: b}", "must use plain words as keys"),
    ("name: stt_mram", "name: x\n\ty: 1", f"{TAB}"),
    ("name: stt_mram", 'name: stt\n"\\e[31m": 1', f"\\x1b[31m: is not a known key; known: {KEYS}"),
]


@pytest.mark.parametrize(("old", "new", "rule"), SPOILED, ids=[f"{n[:30]!r}" for _, n, _ in SPOILED])
def test_one_spoiled_line_gives_one_message(message, old, new, rule):
    text = changed((old, new))
    line = text[: text.index(new) + len(new)].count("\n") + 1
    assert message(text) == f"demo.yaml:{line}: {rule}"


def test_what_is_missing_is_named_at_the_line_of_its_section(message):
    lines = changed().splitlines()
    lines = [line for line in lines if not line.strip().startswith("clock_hz")]
    expected = f"demo.yaml:{lines.index('chip:') + 1}: chip.clock_hz: is missing; it {NUMBER}"
    assert message("\n".join(lines)) == expected


def test_spread_must_enclose_the_value(message):
    found = message(changed(), f"{ADC}.bit_latency_s.low=2 ns")
    rule = "must hold low <= value <= high (got 2e-9, 1e-9, 2e-9)"
    assert found.endswith(f": {ADC}.bit_latency_s: {rule}")


def test_a_bare_number_where_a_source_is_due(message):
    text = changed(
        (
            "driver_overhead:               # 0.807 pJ with driver, 0.78 pJ without\n      {",
            "driver_overhead: 0.035 # {",
        )
    )
    line = text[: text.index("driver_overhead: 0.035")].count("\n") + 1
    assert message(text) == (
        f"demo.yaml:{line}: {UNIT}.driver_overhead: must be a mapping with value, grade and source "
        '(got 0.035); for example {value: 1e-12, grade: assumed, source: "..."}'
    )


def test_a_problem_in_a_device_file_is_told_with_its_own_line(message):
    text = DEVICE.read_text()
    line = text[: text.index("reset: {amplitude_v")].count("\n") + 1
    found = message(changed(), f"{UNIT}.write_supply_v=1.0")
    path = f"{UNIT}.device.random_bit.reset.amplitude_v"
    cure = "set chip.stochastic_unit.write_supply_v to at least 1.1"
    assert found == f"{DEVICE}:{line}: {path}: must be at most write_supply_v, 1 (got 1.1); {cure}"


def test_a_device_that_nobody_knows(message):
    found = message(changed(), f"{UNIT}.device=ref4")
    assert found == f"--set {UNIT}.device=ref4: no such device (got ref4); did you mean 'ref40'?"
    text = changed(("device: smtj_pbnn_2025 ", "device: nowhere/mine.yaml "))
    line = text[: text.index("nowhere/mine.yaml")].count("\n") + 1
    assert message(text).startswith(
        f"demo.yaml:{line}: {UNIT}.device: no such device (got nowhere/mine.yaml)"
    )


def test_a_value_inside_a_device_can_be_set(message):
    found = message(changed(), f"{UNIT}.device.spread.delta_cv.value=2")
    assert found == f"--set {UNIT}.device.spread.delta_cv.value=2: must be a number from 0 to 0.99 (got 2)"


def test_a_magnet_without_a_barrier_is_refused(message):
    cell = "tile.macro.subarray.cell.device"
    weak = f"{cell}.switching.anisotropy_j_per_m2={{value: 7e-4, grade: assumed, source: mine}}"
    found = message(changed(), f"{cell}=ref40", weak)
    assert f"must make a barrier from 15 to 120 k_B T at 300 K (got {-10.04})" in found


def test_a_barrier_that_melts_where_the_chip_stands_is_refused(message):
    cell = "tile.macro.subarray.cell.device"
    weak = f"{cell}.switching.delta={{value: 15.5, grade: assumed, source: mine}}"
    soft = f"{cell}.switching.temperature.curie_k={{value: 700, grade: assumed, source: mine}}"
    found = message(changed(), f"{cell}=foundry_stt", weak, soft, "technology.temperature_k=423")
    assert "must make a barrier from 8 to 200 k_B T at 423 K" in found
    assert "macrospin" not in found


def test_cells_and_devices_must_fit(message):
    for base in (STT, ONE):
        found = message(base.read_text(), "tile.macro.subarray.cell.device=smtj_pbnn_2025")
        expected = "cell.device=smtj_pbnn_2025: must be written by spin transfer (got smtj_pbnn_2025)"
        assert found.endswith(expected)


def test_a_source_of_random_bits_must_be_described(message):
    text = changed(("  lfsr_unit:", "  lfsr_unit_of_old:"))
    found = message(text, "chip.random_source=lfsr")
    assert "lfsr_unit_of_old: is not a known key; did you mean 'lfsr_unit'?" in found
    lines = text.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("  lfsr_unit_of_old"))
    end = next(i for i, line in enumerate(lines) if line.startswith("  trim_dac"))
    found = message("\n".join([*lines[:start], *lines[end:]]), "chip.random_source=lfsr")
    assert found.endswith("chip: must have lfsr_unit where random_source is lfsr")


def test_of_several_problems_the_first_line_speaks_and_counts_the_others(message):
    text = changed(("bits: 5 ", "bits: 0 "), ("tiles: auto", "tiles: x"), ("macros: 8", "macros: -1"))
    line = text[: text.index("tiles: x")].count("\n") + 1
    assert message(text) == f"demo.yaml:{line}: chip.tiles: {TILES} (got x); 2 more problems"


OVERRIDDEN = [
    ("tile.macro.adc.bits=0", ": must be an integer from 1 to 12 (got 0)"),
    ("tile.macro.adx.bits=0", ": tile.macro.adx: is not a known key; did you mean 'adc'?"),
    ("tile=3", ": must be a mapping (got 3)"),
    ("tile.macro.adc", ": must be path=value; for example --set tile.macro.adc.bits=5"),
    ("=3", ": must be path=value; for example --set tile.macro.adc.bits=5"),
    ("tile..x=3", ": must be path=value; for example --set tile.macro.adc.bits=5"),
    ("tile.macros=[1", ": is not valid YAML, did not find expected ',' or ']'"),
    ("tile.macro.adc.bit_energy_j=5", ": must be a number from 0 to 1e-6 (got 5)"),
    ("tile.macro.adc.bit_energy_j=5 ns", ": must be in units of joule (got 5 ns)"),
    ("tile.macro.read_voltage_v=2", ": must be at most technology.supply_v, 0.9 (got 2)"),
    ("tile.macro.adc={type: sar_adc}", ": tile.macro.adc.bits: is missing; "
     "it must be an integer from 1 to 12 (6 more problems)"),
]  # fmt: skip


@pytest.mark.parametrize(("override", "expected"), OVERRIDDEN)
def test_an_override_is_named_as_the_place(message, override, expected):
    assert message(changed(), override) == f"--set {override}{expected}"


def test_reference_columns_are_for_sums(message):
    found = message(SOT.read_text(), "tile.macro.reference_columns=2")
    assert found.startswith("--set tile.macro.reference_columns=2: must be 0 with sense_amp")
    assert found.endswith("(got 2)")


def test_read_out_must_be_one_and_complete(message):
    line = changed().splitlines().index("  macro:") + 1
    place = f"demo.yaml:{line}: tile.macro: must have"
    assert (
        message(changed(), "tile.macro.adc=null") == f"{place} one read-out, adc or sense_amp (got neither)"
    )
    assert message(changed(), "tile.macro.shift_add=null") == f"{place} shift_add behind adc"
    sense = "{decision_energy_j: 1e-14, latency_s: 5e-10, area_m2: 1e-11, leakage_w: 1e-8}"
    assert (
        message(changed(), f"tile.macro.sense_amp={sense}")
        == f"{place} one read-out, adc or sense_amp (got both)"
    )


def test_a_sense_amplifier_reads_one_row_at_a_time(message):
    expected = ": must be 1 with sense_amp, which reads one row at a time (got 2)"
    assert message(SOT.read_text(), "tile.macro.rows_active=2") == f"--set tile.macro.rows_active=2{expected}"


def test_a_counter_holds_all_rows_of_a_column(message):
    expected = "tile.macro.popcount_counter.bits=7: must be at least 8 to count 128 rows (got 7)"
    assert message(SOT.read_text(), "tile.macro.popcount_counter.bits=7") == f"--set {expected}"


def test_a_track_needs_the_voltage_of_its_write_current(message):
    override = "tile.macro.subarray.cell.write.supply_v=0.6"
    expected = ": must cover current times track resistance, 0.64 V (got 0.6)"
    assert message(SOT.read_text(), override) == f"--set {override}{expected}"


@pytest.mark.parametrize("name", ["digital_mac", "weight_memory"])
def test_a_digital_first_layer_needs_its_hardware(message, name):
    found = message(changed(), "chip.first_layer=digital", f"chip.{name}=null")
    line = changed().splitlines().index("chip:") + 1
    assert found == f"demo.yaml:{line}: chip: must have {name} where first_layer is digital"


def test_a_junction_has_one_way_to_its_resistance(message):
    path = "tile.macro.subarray.cell.device.junction"
    rule = "must have either resistance_parallel_ohm, or ra_product_ohm_m2 and diameter_m"
    assert message(changed(), f"{path}.resistance_parallel_ohm=5000").endswith(f": {path}: {rule}")
    assert message(changed(), f"{path}.diameter_m=null").endswith(f": {path}: {rule}")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", ": must be a mapping of keys and values (got nothing)"),
        (b"- a\n", ": must be a mapping of keys and values (got a list)"),
        (b"5", ": must be a mapping of keys and values (got 5)"),
        (b"\xff\xfe\x00", ": must be UTF-8 text"),
        (b"a: \x00", ": is not valid YAML, it holds a character that YAML does not allow"),
        (b"x: " + b"[" * 100_000, ":1: must be at most 20 levels deep"),
        (b"a" * 1_000_001, ": must be at most 1 MB (got 1,000,001 bytes)"),
        (b"a: 'x", ":1: is not valid YAML, found unexpected end of stream"),
    ],
)
def test_what_is_no_architecture_at_all(message, content, expected):
    assert message(content) == f"demo.yaml{expected}"


def test_a_file_that_cannot_be_read(tmp_path):
    with pytest.raises(SpecError) as caught:
        load_arch(tmp_path / "none.yaml")
    assert str(caught.value) == f"{tmp_path}/none.yaml: cannot be read, no such file or directory"
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200), st.integers(0, 20_000))
def test_damaged_files_give_a_message_or_load(tmp_path, damage, position):
    text = STT.read_bytes()
    path = tmp_path / "damaged.yaml"
    path.write_bytes(text[:position] + damage + text[position + len(damage) :])
    try:
        load_arch(path)
    except SpecError as error:
        assert str(error).startswith(str(path))
