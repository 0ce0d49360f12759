"""Chips out of the fabrication spread: their probabilities, their scores, and the chip without spread."""

import numpy as np
import pytest
from arch_files import STT
from hand_chip import lenet_like

import cimsim
from cimsim.arch import build_chip, load_arch
from cimsim.errors import InputError
from cimsim.mapping.mapper import map_network
from cimsim.sim.instances import as_drawn, chips


def run(*overrides, graph=None, **asked):
    rng = np.random.default_rng(1)
    x, y = rng.integers(0, 8, (30, 1, 8, 8)), rng.integers(0, 4, 30)
    arch = load_arch(STT, list(overrides))
    return cimsim.simulate(arch, graph or lenet_like(), x=x, y=y, **asked)


def test_each_chip_draws_with_a_probability_of_its_own():
    found = run("chip.stochastic_unit.calibration.bits=0", n_instances=12, n_mc_samples=8)
    table = found.chips
    assert len(table) == found.summary["n_instances"] == 12
    assert table["p_bn1"].std() > 0.1
    assert (table["p_bn1"] == table["p_bn2"]).all()  # one unit serves all layers
    assert table["nll"].nunique() > 1
    for word in ("mean", "min", "max"):
        assert found.summary[f"nll_chips_{word}"] == getattr(table["nll"], word)()
    trimmed = run(n_instances=12, n_mc_samples=8).chips
    assert trimmed["p_bn1"].std() < 0.03


def test_the_rest_of_a_run_is_the_chip_without_spread():
    one, many = run(n_mc_samples=8), run(n_mc_samples=8, n_instances=3)
    assert one.chips is None
    np.testing.assert_array_equal(one.predictions.probabilities, many.predictions.probabilities)
    assert one.summary["energy_j"] == many.summary["energy_j"]


def test_a_chip_is_a_run_with_its_probability():
    """The same masks as a network that asks for that p of a perfect source."""
    found = run(n_mc_samples=8, n_instances=2)
    p = float(found.chips["p_bn1"][0])
    program = found.program
    names, drawn = chips(program, 2, 0)
    assert names == ["bn1", "bn2", "bn3"] and drawn[0, 0] == p
    again = run(n_mc_samples=8, n_instances=2)
    assert again.chips.equals(found.chips)


def test_banks_and_cmos_bits_have_chips_too():
    spatial = run(graph=lenet_like(dropout="spatial"), n_instances=3, n_mc_samples=4).chips
    assert spatial["p_act1"].nunique() == 3
    lfsr = run("chip.random_source=lfsr", n_instances=3, n_mc_samples=4).chips
    assert lfsr["p_bn1"].nunique() == 1
    smtj = run("chip.random_source=smtj", "chip.stochastic_unit.calibration.bits=0", n_instances=3).chips
    assert smtj["p_bn1"].nunique() == 3


@pytest.mark.parametrize(("word", "p"), [("never", 0.0), ("always", 1.0)])
def test_a_stuck_unit_costs_what_it_costs_and_draws_one_mask(word, p):
    stuck, plain = run(f"chip.stochastic_unit.stuck={word}", n_mc_samples=8), run(n_mc_samples=8)
    assert set(np.unique(stuck.predictions.masks)) == {int(p)}
    assert stuck.predictions.mutual_information_nats.max() == pytest.approx(0.0, abs=1e-12)
    assert stuck.summary["n_random_bits"] == plain.summary["n_random_bits"]
    assert stuck.summary["energy_stochastic_j"] == plain.summary["energy_stochastic_j"]
    assert any(f"this chip draws with {p:.3f}" in text for text in stuck.summary["warnings"])


def test_exact_answers_weigh_with_what_was_asked_for():
    found = run("chip.stochastic_unit.level_error=0.05", n_mc_samples="exact")
    plain = run(n_mc_samples="exact")
    np.testing.assert_array_equal(found.predictions.weights, plain.predictions.weights)
    assert found.summary["dropout_p"] == {}


def test_the_masks_fire_as_often_as_the_unit():
    graph = lenet_like()
    chip = build_chip(load_arch(STT, ["chip.stochastic_unit.level_error=0.02"]))
    p = as_drawn(graph, chip).node("bn1").dropout.p
    assert abs(p - 0.3) > 0.05
    masks = run("chip.stochastic_unit.level_error=0.02", n_mc_samples=200).predictions.masks
    assert masks.mean() == pytest.approx(p, abs=4.5 * np.sqrt(p * (1 - p) / masks.size))
    assert map_network(graph, chip).graph is graph


@pytest.mark.parametrize("n", [0, 10_001, 2.0, True])
def test_a_bad_number_of_chips_is_refused(n):
    with pytest.raises(InputError, match="n_instances: must be an integer from 1 to 10,000"):
        run(n_instances=n)


def test_every_mask_weighted_leaves_exact_chips_nothing_to_differ_in():
    with pytest.raises(InputError, match="n_instances: must be 1 where every mask is weighted"):
        run(n_instances=2, n_mc_samples="exact", fidelity="ideal")
    assert run(n_instances=2, n_mc_samples="exact").chips["nll"].nunique() == 2
