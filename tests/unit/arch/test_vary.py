"""Variations of a file against the file read with overrides."""

from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cimsim.arch import load_arch
from cimsim.arch.vary import Variations, assignment
from cimsim.errors import SpecError

FILES = ("arch_configs/stt_mram.yaml", "arch_configs/sot_mram.yaml")
BASES = {path: Variations(path, ["chip.clock_hz=2e8"]) for path in FILES}
CELL = "tile.macro.subarray.cell"

VALUES = {
    "tile.macro.adc.bits": (1, 5, 12, 0, "5 V"),
    "tile.macro.rows_active": (1, 16, 1000),
    "tile.macro.subarray.rows": (16, 256),
    "tile.macro.read_voltage_v": (0.05, "60 mV", 4.0),
    "tile.macro.biases_unselected_columns": (True, False),
    "tile.macro.adc": (
        None,
        {"type": "walden", "bits": 4, "rate_hz": 1e8},
        {
            "type": "sar", "bits": 3,
            **{name: {"value": 1e-15, "grade": "assumed", "source": "a test"}
               for name in ("bit_energy_j", "step_energy_j")},
        },
    ),
    "tile.macro.adc.type": ("sar", "flash", "none"),
    "tile.macro.adc.bit_energy_j": (1e-15, "2 fJ", -1),
    "tile.macro.adc.bit_energy_j.grade": ("measured", "guessed"),
    "tile.macro.adc.bit_energy_j.value": (3e-15,),
    "tile.macro.adc.errors.full_scale": (8, 0),
    "tile.macro.adc.errors.noise_steps": (0.25, 1e9),
    "tile.buffer.size_bits": (65536, 131072, 3),
    "tile.buffer.read_bit_energy_j": (1e-15,),
    "technology.supply_v": (0.8, 1.0, 0.1),
    "technology.node_m": (45e-9, None, 1e-9),
    "technology.temperature_k": (250, 400, 999),
    "chip.replicas.conv1": (2, 0),
    "chip.replicas": ({"conv1": 2, "fc1": 3}, {}),
    "chip.mc_schedule": ("prefix_reuse", "sometimes"),
    "chip.random_source": ("lfsr", "smtj", "dice"),
    "chip.stochastic_unit.device": ("mtj_stt_45nm", "no_such_device"),
    "chip.stochastic_unit.device.junction.tmr_zero_bias": (0.8, 1e4),
    f"{CELL}.device.spread.resistance_cv": (0.0, 0.08),
    f"{CELL}.errors.access_cv": (0.01,),
    f"{CELL}.area_m2": ("0.2 um^2",),
    "chip.no_such_key": (1,),
    "chip.no.such.mapping": (1,),
    "name": ("another",),
}  # fmt: skip

CHANGES = st.lists(
    st.sampled_from(sorted(VALUES)).flatmap(lambda p: st.tuples(st.just(p), st.sampled_from(VALUES[p]))),
    max_size=4,
    unique_by=lambda change: change[0],
).map(dict)


def outcome(make):
    """The spec, or the message that it is refused with."""
    try:
        return make()
    except SpecError as error:
        return str(error)


@settings(max_examples=60, deadline=None)
@given(path=st.sampled_from(FILES), changes=CHANGES)
def test_is_the_file_with_overrides(path, changes):
    overrides = ["chip.clock_hz=2e8", *(assignment(p, value) for p, value in changes.items())]
    wanted, found = outcome(lambda: load_arch(path, overrides)), outcome(lambda: BASES[path].at(changes))
    assert found == wanted
    if not isinstance(wanted, str):
        factors = {p: (q.path, q.factor) for p, q in wanted.quantities.items()}
        assert {p: (q.path, q.factor) for p, q in found.quantities.items()} == factors
        assert found.overrides == wanted.overrides
        assert all(
            found.place(p) == wanted.place(p) for p in (*changes, *wanted.quantities, "chip", "tile.macro")
        )


def test_the_base_stays_as_it_was():
    base = Variations(FILES[0])
    for changes in ({"technology.supply_v": 0.8}, {"tile.macro.adc.bits": 3}, {"technology.node_m": 28e-9}):
        base.at(changes)
    fresh = load_arch(FILES[0])
    assert base.at({}) == base.base == fresh
    factors = {path: quantity.factor for path, quantity in fresh.quantities.items()}
    assert {path: quantity.factor for path, quantity in base.base.quantities.items()} == factors


def test_a_base_that_is_refused_says_so(tmp_path):
    with pytest.raises(SpecError, match="must be an integer"):
        Variations(FILES[0], ["tile.macro.adc.bits=0"])


def test_what_is_unchanged_is_shared():
    base = Variations(FILES[0])
    changed = base.at({"tile.macro.adc.bits": 3})
    assert changed.chip is base.base.chip
    assert changed.tile.macro.subarray is base.base.tile.macro.subarray
    assert changed.tile.macro.adc.bits == 3


@pytest.mark.parametrize("value", [5, 5.0, 1e-12, True, False, None, "5 ns", {"a": 1}])
def test_values_as_set_reads_them(value, tmp_path):
    assert assignment("a.b", value).startswith("a.b=")
    assert "True" not in assignment("a.b", value)


@settings(max_examples=30, deadline=None)
@example("null")
@example("Müller 😀")
@example("...")
@example("x #1\x85[a\u2028: 'b\nc")
@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20))
def test_texts_come_through_as_they_are(text):
    base, path = Variations(FILES[0]), "tile.macro.adc.bit_energy_j.source"
    assert base.at({path: text}).quantities["tile.macro.adc.bit_energy_j"].source == text
    found = load_arch(FILES[0], [assignment(path, text)])
    assert found.quantities["tile.macro.adc.bit_energy_j"].source == text


def test_every_shipped_file_varies():
    for path in sorted(Path("arch_configs").glob("*.yaml")):
        assert Variations(path).at({"chip.clock_hz": "1e8"}) == load_arch(path, ["chip.clock_hz=1e8"])


def test_a_refused_variation_leaves_the_base_alone():
    base = Variations(FILES[0])
    for path, values in VALUES.items():
        for value in values:
            outcome(lambda path=path, value=value: base.at({path: value}))
    assert base.base == load_arch(FILES[0])
