"""A scale memory and a multiplier in place of two thresholds: words and products by hand."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hand_chip import lenet_like

import cimsim
from cimsim.arch import build_chip, load_arch
from cimsim.errors import SpecError
from cimsim.mapping.mapper import map_network
from cimsim.mapping.placement import sum_bits
from cimsim.mapping.thresholds import Constants, constants_of
from cimsim.sim.memory import network_bits

STT = "arch_configs/stt_mram.yaml"
MULTIPLIER = "tile.scale_select=multiplier"
CHANNELS = {"co1": 5, "co2": 7, "li3": 20}
POSITIONS = {"co1": 64, "co2": 4, "li3": 1}


def mapped(dropout, *overrides):
    return map_network(lenet_like(dropout=dropout), build_chip(load_arch(STT, list(overrides))))


def constants(program):
    return {
        layer: constants_of(program.graph, program.chip, fold, program.placements[layer])
        for layer, fold in program.folds.items()
    }


def test_a_multiplier_reads_a_factor_a_shift_and_a_threshold_of_sixteen_bits():
    program = mapped("scale", MULTIPLIER)
    for layer, found in constants(program).items():
        n_classes = program.folds[layer].thresholds.shape[1]
        assert found == Constants(CHANNELS[layer] * 16 * (2 + n_classes), 3 * 16, 1)
    multiplied = {
        c.layer: n for c in program.commands for name, _, n in c.actions if name == "scale_multiplier"
    }
    assert multiplied == {layer: CHANNELS[layer] * POSITIONS[layer] for layer in CHANNELS}


@pytest.mark.parametrize(
    ("dropout", "overrides"), [("affine", [MULTIPLIER]), ("scale", []), (None, [MULTIPLIER])]
)
def test_everything_else_has_a_threshold_for_each_state(dropout, overrides):
    program = mapped(dropout, *overrides)
    for layer, found in constants(program).items():
        bits = sum_bits(program.placements[layer]) + 1
        assert found == Constants(program.folds[layer].thresholds.size * bits, bits)
    assert not any(name == "scale_multiplier" for c in program.commands for name, _, _ in c.actions)


def test_a_multiplier_takes_energy_and_area_that_are_no_random_bits():
    x = np.random.default_rng(0).integers(0, 8, (6, 1, 8, 8))
    runs = [
        cimsim.simulate(load_arch(STT, changes), lenet_like(), x=x, y=np.zeros(6, int), n_mc_samples=5)
        for changes in ([], [MULTIPLIER])
    ]
    two, one = (run.summary for run in runs)
    for key in ("energy_j", "area_m2"):
        assert one[key] > two[key], key
    for key in ("energy_stochastic_j", "area_stochastic_m2"):
        assert one[key] == pytest.approx(two[key]), key
    cells = network_bits(mapped("scale")) - sum(c.stored_bits for c in constants(mapped("scale")).values())
    asked = mapped("scale", MULTIPLIER)
    assert network_bits(asked) == cells + sum(c.stored_bits for c in constants(asked).values())


def test_scales_that_are_dropped_to_another_keep_both_and_open_ones_alone_are_multiplied():
    graph = lenet_like()

    def stored(p, **params):
        nodes = tuple(
            replace(
                node,
                dropout=replace(node.dropout, p=p),
                params={**node.params, **{key: value(node.params["gamma"]) for key, value in params.items()}},
            )
            if node.dropout
            else node
            for node in graph.nodes
        )
        program = map_network(replace(graph, nodes=nodes), build_chip(load_arch(STT, [MULTIPLIER])))
        return constants(program)

    one, both, never = stored(0.3), stored(0.3, dropped_alpha=np.ones_like), stored(0.0)
    for layer, channels in CHANNELS.items():
        assert both[layer].stored_bits == one[layer].stored_bits + 16 * channels
        assert both[layer][1:] == one[layer][1:]
        assert never[layer].n_products == 0


def test_a_multiplier_must_be_described(tmp_path):
    text = Path(STT).read_text()
    start, end = text.index("  scale_multiplier:"), text.index("  threshold_sram:")
    path = tmp_path / "chip.yaml"
    path.write_text(text[:start] + text[end:])
    load_arch(path)
    with pytest.raises(SpecError, match="must have scale_multiplier where scale_select is multiplier"):
        load_arch(path, [MULTIPLIER])
