"""Words that are too narrow for a network are refused, and only those."""

import pytest
from arch_files import ONE, ROW_BY_ROW, SOT, STT

from cimsim.arch import build_chip, load_arch
from cimsim.errors import SpecError
from cimsim.mapping.mapper import map_network
from cimsim.mapping.width_check import column_bits
from cimsim.workload import load_workload

LENET = load_workload(STT.parents[1] / "workloads/lenet.npz")


@pytest.mark.parametrize("rows", [1, 25, 64, 127, 128])
@pytest.mark.parametrize(("n_planes", "is_signed"), [(1, False), (1, True), (2, True), (8, False), (8, True)])
def test_a_count_just_fits(rows, n_planes, is_signed):
    """From all rows of the top plane alone to all rows of the others."""
    bits = column_bits(rows, n_planes, is_signed)
    if is_signed and n_planes > 1:
        low, high = -rows * 2 ** (n_planes - 1), rows * (2 ** (n_planes - 1) - 1)
        assert -(2 ** (bits - 1)) <= low < -(2 ** (bits - 2)) and high < 2 ** (bits - 1)
    else:
        assert 2 ** (bits - 1) <= rows * (2**n_planes - 1) < 2**bits


@pytest.mark.parametrize(
    ("path", "base", "needed", "layer"),
    [
        (STT, "tile.macro.shift_add.bits", 13, "conv1"),  # 25 * 255
        (SOT, "tile.macro.popcount_counter.bits", 13, "conv1"),
        (STT, "tile.threshold_unit.bits", 14, "conv1"),  # and a sign
        (STT, "tile.adder_tree.bits", 11, "fc1"),  # 800 signs over seven row tiles
    ],
)
def test_too_narrow_words_are_named_with_what_they_need(path, base, needed, layer):
    override = f"{base}={needed - 1}"
    with pytest.raises(SpecError) as caught:
        map_network(LENET, build_chip(load_arch(path, [override])))
    assert str(caught.value) == (
        f"--set {override}: must hold the sums of {layer}, {needed} bits (got {needed - 1}); "
        f"set {base} to at least {needed}"
    )
    map_network(LENET, build_chip(load_arch(path, [f"{base}={needed}"])))


def test_what_a_second_phase_subtracts_needs_a_sign():
    """25 rows of 8 planes, on cells with a single branch."""
    with pytest.raises(SpecError, match=r"must hold the sums of conv1, 14 bits \(got 13\)"):
        map_network(LENET, build_chip(load_arch(ONE, ["tile.macro.shift_add.bits=13"])))
    map_network(LENET, build_chip(load_arch(ONE, ["tile.macro.shift_add.bits=14"])))
    map_network(LENET, build_chip(load_arch(ONE, [*ROW_BY_ROW, "tile.macro.popcount_counter.bits=13"])))


def test_a_digital_layer_needs_no_accumulator():
    digital = ["chip.first_layer=digital", "tile.macro.shift_add.bits=8"]
    map_network(LENET, build_chip(load_arch(STT, digital)))
    with pytest.raises(SpecError, match="must hold the sums of conv1"):
        map_network(LENET, build_chip(load_arch(STT, digital[1:])))


def test_a_word_in_the_file_is_named_by_its_line(tmp_path):
    text = STT.read_text()
    start = text.index("threshold_unit:")
    narrow = text[:start] + text[start:].replace("bits: 16", "bits: 9", 1)
    path = tmp_path / "narrow.yaml"
    path.write_text(narrow)
    line = narrow[: narrow.index("bits: 9")].count("\n") + 1
    with pytest.raises(SpecError, match=rf"narrow.yaml:{line}: tile.threshold_unit.bits: must hold"):
        map_network(LENET, build_chip(load_arch(path)))
