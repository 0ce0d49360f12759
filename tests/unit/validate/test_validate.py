"""What is compared is what the parts add up to, and what the shipped report shows."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cimsim.arch import build_chip, load_arch
from cimsim.errors import DataError, InputError
from cimsim.validate import load_publications, validate
from cimsim.validate.networks import four_layers, one_product
from cimsim.validate.run import NEAR

ROOT = Path(__file__).resolve().parents[3]
TRACKED = ROOT / "reports" / "validation" / "validation.csv"
NUMBERS = ["published", "model", "model_low", "model_high", "ratio"]


@pytest.fixture(scope="module")
def table():
    pytest.importorskip("mlxtend", reason="needs mlxtend: pip install 'cimsim[data]'")
    return validate().table


def row(table, publication, quantity):
    (found,) = table[(table["publication"] == publication) & (table["quantity"] == quantity)].itertuples()
    return found


def test_the_shipped_report_is_what_the_model_says_now(table):
    tracked = pd.read_csv(TRACKED)
    words = [name for name in tracked.columns if name not in NUMBERS]
    pd.testing.assert_frame_equal(tracked[words], table[words], check_dtype=False)
    hint = "run: cimsim validate && python docs/renew.py"
    np.testing.assert_allclose(tracked[NUMBERS], table[NUMBERS], rtol=1e-6, err_msg=hint)


def test_a_row_says_how_far_off_the_model_is(table):
    assert np.allclose(table["ratio"], table["model"] / table["published"])
    assert (table["is_near"] == table["ratio"].between(1 / NEAR, NEAR)).all()
    assert (table["model_low"] <= table["model"]).all() and (table["model"] <= table["model_high"]).all()
    assert (table.loc[table["unit"] == "J", "model_low"] < table.loc[table["unit"] == "J", "model"]).all()
    assert not table["reason"].str.contains("{", regex=False).any()
    assert (table["reason"].str.len() >= 10).all()


def test_the_targets_of_the_magnetic_macros(table):
    """24 fJ within two without tuning; the other three are far off, and say why."""
    ops = table[table["quantity"] == "op_energy_j"].set_index("publication")["is_near"]
    assert len(ops) == 8
    assert set(ops[ops].index) == {"deaville_2022", "yin_2020", "spetalnick_2022", "spetalnick_2023"}
    energy, latency = (row(table, "deaville_2021", name) for name in ("op_energy_j", "latency_s"))
    assert not energy.is_near and not latency.is_near
    conversion_s = latency.published
    drawn_a = row(table, "deaville_2021", "column_energy_j").published / 0.8 / conversion_s
    assert f"{1e6 * drawn_a:.0f} uA in each read-out" in energy.reason
    steps_s = conversion_s / (4 + 1), row(table, "deaville_2022", "latency_s").published / (6 + 1)
    assert f"a step takes {1e9 * steps_s[0]:.0f} ns" in latency.reason
    assert f"take {1e9 * steps_s[1]:.0f} ns each" in latency.reason


def test_the_total_of_another_tool_is_the_sum_of_what_is_compared(table):
    """Its parts add up, ours too; the current of our cells is most of ours, as the reason derives."""
    names = ("total", "readout", "accumulation", "periphery", "adc")
    total, *parts, adc = (row(table, "neurosim_w3", f"{name}_energy_j") for name in names)
    assert sum(part.published for part in parts) == pytest.approx(total.published, rel=2e-3)
    assert sum(part.model for part in parts) == pytest.approx(total.model)
    assert 12 < total.ratio < 14 and parts[0].model - adc.model > 0.9 * total.model
    current_a = 128 * 0.1 * (1 / 9e3 + 1 / 18e3) / 2
    assert f"{1e3 * current_a:.2f} mA" in parts[0].reason
    assert f"{1e12 * current_a * 0.8 * 10e-9:.1f} pJ" in parts[0].reason
    assert f"{1e3 * 64 * 0.5 * (1 / 6e3 + 1 / 15e3) / 2:.1f} mA" in parts[0].reason


def test_our_errors_lose_less_accuracy_than_the_published_array_and_calibration_helps(table):
    calibrated = row(table, "jung_2022", "lost_points")
    linear = row(table, "jung_2022", "lost_linear_points")
    assert 0 < calibrated.model < linear.model < linear.published
    assert linear.model_low < linear.model < linear.model_high


def test_a_product_is_the_sum_of_its_parts_by_hand():
    """Deaville 2022: 512 x 128 cells, half of them parallel, as many word lines, bit lines and converters."""
    arch = load_arch(ROOT / "arch_configs" / "validation" / "deaville_vlsi_2022.yaml")
    parts = build_chip(arch).components
    cells = parts["cell_array"].actions
    pair_j = cells["read_parallel"].energy_j + cells["read_antiparallel"].energy_j
    line_j = parts["wordline_driver"].actions["drive"].energy_j
    column_j = sum(
        parts[name].actions[action].energy_j
        for name, action in (("bitline", "charge"), ("column_mux", "select"), ("adc", "convert"))
    )
    wanted_j = 512 * 128 * pair_j / 2 + 512 * line_j + 128 * column_j
    found = validate(["deaville_2022"]).table
    assert math.isclose(row(found, "deaville_2022", "invocation_energy_j").model, wanted_j, rel_tol=1e-12)
    assert math.isclose(
        row(found, "deaville_2022", "op_energy_j").model, wanted_j / (2 * 512 * 128), rel_tol=1e-12
    )
    timing = build_chip(arch).timing
    wanted_s = timing.wordline_s + timing.read_s + timing.convert_s
    assert math.isclose(row(found, "deaville_2022", "latency_s").model, wanted_s, rel_tol=1e-3)


def test_published_figures_agree_with_each_other():
    """Energy per column, invocation and op of one publication; 1 MAC = 2 ops."""
    for publication in load_publications():
        figures = {figure.quantity: figure.published for figure in publication.figures}
        n_ops = 2 * publication.rows * publication.columns
        if "invocation_energy_j" in figures:
            assert math.isclose(figures["op_energy_j"] * n_ops, figures["invocation_energy_j"], rel_tol=2e-3)
            assert math.isclose(
                figures["column_energy_j"] * publication.columns, figures["invocation_energy_j"], rel_tol=2e-3
            )
        if publication.key.startswith("jia"):
            parts = figures["adc_energy_j"] + figures["array_energy_j"]
            assert math.isclose(parts, figures["column_energy_j"], rel_tol=5e-3)


def test_networks_are_those_that_were_published():
    graph = four_layers()
    assert [graph.n_macs(node.name) for node in graph.mac_nodes] == [627_200, 10_035_200, 1_605_632, 5_120]
    product = one_product(9, 8)
    weight = product.mac_nodes[0].params["weight"]
    assert weight.shape == (8, 9) and abs(int(weight.sum())) == 0


def test_a_seed_moves_ranges_alone_and_other_publications_do_not_matter(table):
    one = validate(["horowitz"], seed=1).table
    same = table[table["publication"] == "horowitz"].reset_index(drop=True)
    assert (one["model"] == same["model"]).all() and (one["model_low"] != same["model_low"]).all()
    pd.testing.assert_frame_equal(validate(["horowitz"]).table, same)


def test_an_unknown_publication_is_one_message():
    with pytest.raises(InputError, match=r"deaville_2023: no such publication; did you mean 'deaville_202"):
        validate(["deaville_2023"])


def test_without_its_data_set_a_publication_is_left_out_unless_it_was_named(monkeypatch):
    jung = [publication for publication in load_publications() if publication.measure == "accuracy"]
    horowitz = [publication for publication in load_publications() if publication.key == "horowitz"]

    def nothing(*args, **more):
        raise DataError("mnist5k", "is not there")

    monkeypatch.setattr("cimsim.validate.measures.simulate", nothing)
    monkeypatch.setattr("cimsim.validate.publications.load_publications", lambda: (*jung, *horowitz))
    found = validate()
    assert set(found.table["publication"]) == {"horowitz"}
    assert found.left_out == ("jung_2022: mnist5k: is not there",)
    with pytest.raises(DataError):
        validate(["jung_2022"])
