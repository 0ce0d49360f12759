"""Pictures of a sweep: what they draw, not how it looks."""

import itertools

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from drawn_texts import overlapping

from cimsim.metrics import wilson_interval
from cimsim.reporting import figures
from cimsim.reporting.columns import label_of, shown, unit_sign
from cimsim.reporting.figures.canvas import STYLE
from cimsim.reporting.figures.measure import level_name
from cimsim.reporting.figures.sweep import draw_heat_map, draw_parallel, draw_pareto
from cimsim.reporting.figures.sweep_effects import draw_main_effects, draw_sensitivity
from cimsim.sweep.axes import Axis
from cimsim.sweep.constraints import parse_constraint
from cimsim.sweep.front import Objective, flag_front
from cimsim.sweep.pictures import drawings_of
from cimsim.sweep.sensitivity import sensitivity

ROWS, BITS, SCHEDULE = "tile.macro.rows_active", "tile.macro.adc.bits", "chip.mc_schedule"
AXES = [ROWS, BITS, SCHEDULE]
OBJECTIVES = [Objective("energy_j", False), Objective("accuracy", True)]
IS_MAX = {o.column: o.is_max for o in OBJECTIVES}


@pytest.fixture
def table():
    """Two schedules that differ in energy alone; one point failed."""
    rows = []
    for i, (rows_active, bits, schedule) in enumerate(
        itertools.product([8, 16, 64], [3, 5], ["sequential", "prefix_reuse"])
    ):
        right = 990 - 4 * max(0, int(np.log2(rows_active)) + 1 - bits) ** 2
        energy_j = 4e-6 * bits / rows_active * (1.0 if schedule == "sequential" else 0.5)
        rows.append(
            (i, rows_active, bits, schedule, "done", energy_j, right / 1000, *wilson_interval(right, 1000))
        )
    columns = ["point", *AXES, "status", "energy_j", "accuracy", "accuracy_low", "accuracy_high"]
    table = pd.DataFrame(rows, columns=columns)
    table["area_m2"] = 2e-6 + 1e-7 * table[BITS]
    table.loc[0, ["status", "energy_j", "accuracy", "area_m2"]] = ["failed", np.nan, np.nan, np.nan]
    return flag_front(table, OBJECTIVES)


def drawn_points(axes, label):
    line = next(line for line in axes.lines if str(line.get_label()).startswith(label))
    return list(zip(*map(np.asarray, line.get_data()), strict=True))


def test_the_front_is_drawn_at_its_values_with_prefixes(table):
    axes = draw_pareto(table, "energy_j", "accuracy", IS_MAX).axes[0]
    front = table[table["pareto"]]
    assert axes.get_xlabel() == "energy per image (µJ)" and axes.get_ylabel() == "accuracy (%)"
    wanted = np.column_stack([front["energy_j"] * 1e6, front["accuracy"] * 100])
    assert np.sort(drawn_points(axes, "front"), axis=0) == pytest.approx(np.sort(wanted, axis=0))
    n_other = int((~table["pareto"] & ~table["pareto_tie"] & (table["status"] == "done")).sum())
    assert len(drawn_points(axes, f"other points ({n_other})")) == n_other
    assert any(line.get_drawstyle() == "steps-post" for line in axes.lines)


def test_more_than_two_objectives_have_no_line(table):
    axes = draw_pareto(table, "energy_j", "accuracy", {**IS_MAX, "latency_s": False}).axes[0]
    assert not any("steps" in line.get_drawstyle() for line in axes.lines)


def test_what_a_limit_forbids_is_shaded_and_marked(table):
    marked = table.assign(is_allowed=table["accuracy"] > 0.98)
    axes = draw_pareto(marked, "energy_j", "accuracy", IS_MAX, [("accuracy", ">", 0.98)]).axes[0]
    (span,) = axes.patches
    assert span.get_bbox().y1 == pytest.approx(98.0) and span.get_bbox().y0 == pytest.approx(
        axes.get_ylim()[0]
    )
    assert all(y <= 98 for _, y in drawn_points(axes, "beyond a constraint"))


def test_each_finished_point_is_a_line_across_all_columns(table):
    axes = draw_parallel(table, [*AXES, "energy_j", "accuracy"]).axes[0]
    others, front = axes.collections
    assert len(others.get_segments()) + len(front.get_segments()) == 11
    assert len(front.get_segments()) == table["pareto"].sum()
    heights = np.array([segment[:, 1] for segment in front.get_segments()])
    assert heights.min() >= 0 and heights.max() <= 1
    words = [text.get_text() for text in axes.texts]
    assert {"8", "16", "64", "3", "5", "sequential", "prefix_reuse"} <= set(words)


def test_a_map_holds_means_over_the_other_axes(table):
    figure = draw_heat_map(table, ROWS, BITS, "energy_j")
    cells = figure.axes[0].images[0].get_array()
    means = table.pivot_table(index=BITS, columns=ROWS, values="energy_j") * 1e6
    assert np.asarray(cells) == pytest.approx(means.to_numpy())
    assert figure.axes[1].get_ylabel() == "mean energy per image (µJ)"


def test_a_cell_without_a_point_is_empty(table):
    found = table[~((table[ROWS] == 64) & (table[BITS] == 3))]
    cells = draw_heat_map(found, ROWS, BITS, "accuracy").axes[0].images[0].get_array()
    assert np.ma.getmaskarray(cells).tolist() == [[False, False, True], [False, False, False]]


def test_pictures_leave_out_a_chip_that_does_not_have_an_axis(table):
    """As where an axis counts on one architecture alone, and another has no such value."""
    found = table.assign(**{BITS: table[BITS].where(table[SCHEDULE] == "sequential")})
    cells = draw_heat_map(found, ROWS, BITS, "energy_j").axes[0].images[0].get_array()
    means = found.pivot_table(index=BITS, columns=ROWS, values="energy_j") * 1e6
    assert np.ma.filled(cells, np.nan) == pytest.approx(means.to_numpy(), nan_ok=True)
    axes = [Axis(name, (name,), (), None, {}) for name in AXES]
    assert all(draw().axes for draw in drawings_of(found, axes, OBJECTIVES).values())


def test_effects_are_means_at_each_value(table):
    figure = draw_main_effects(table, AXES, "energy_j")
    for panel, axis in zip(figure.axes, AXES, strict=True):
        means = table.groupby(axis, sort=axis != SCHEDULE)["energy_j"].mean() * 1e6
        order = means if axis != SCHEDULE else means.loc[[t.get_text() for t in panel.get_xticklabels()]]
        assert panel.lines[0].get_ydata() == pytest.approx(order.to_numpy())


def test_many_values_of_a_drawn_axis_are_put_into_ten_groups():
    x = np.random.default_rng(0).random(500)
    table = pd.DataFrame({"tile.macro.read_voltage_v": x, "energy_j": 2e-6 * x})
    panel = draw_main_effects(table, ["tile.macro.read_voltage_v"], "energy_j").axes[0]
    places, means = panel.lines[0].get_data()
    assert len(places) == 10 and means == pytest.approx(2e-3 * places if places.max() > 2 else 2 * places)
    assert panel.get_xlabel() == "macro read voltage (mV)"


def test_bars_are_the_indices_with_their_intervals():
    rows = [
        ("energy_j", axis, index, value, value - 0.1, value + 0.1, 80)
        for index, values in (("first_order", (0.6, 0.2)), ("total", (0.7, 0.3)))
        for axis, value in zip((ROWS, BITS), values, strict=True)
    ]
    table = pd.DataFrame(rows, columns=["output", "axis", "index", "value", "low", "high", "n_rows"])
    panel = draw_sensitivity(table).axes[0]
    assert [bar.get_width() for bar in panel.patches] == pytest.approx([0.6, 0.2, 0.7, 0.3])
    assert [label.get_text() for label in panel.get_yticklabels()] == ["macro rows active", "adc bits"]


def test_effects_of_morris_have_the_unit_of_the_output():
    rows = [("energy_j", ROWS, index, 2e-6, 1e-6, 3e-6, 80) for index in ("mu_star", "sigma")]
    table = pd.DataFrame(rows, columns=["output", "axis", "index", "value", "low", "high", "n_rows"])
    panel = draw_sensitivity(table).axes[0]
    assert panel.get_title(loc="left") + panel.get_title() == "energy per image (µJ)"
    assert [bar.get_width() for bar in panel.patches] == pytest.approx([2.0, 2.0])


def test_every_picture_of_a_sweep_is_made_and_no_text_covers_another(table, tmp_path):
    axes = [Axis(name, (name,), tuple((v,) for v in table[name].unique()), None, {}) for name in AXES]
    indices = sensitivity(table, AXES, list(IS_MAX))
    drawings = drawings_of(table, axes, OBJECTIVES, [parse_constraint("accuracy > 0.98")], indices)
    assert set(drawings) == {
        "pareto_energy_j_accuracy", "parallel", "effects_energy_j", "effects_accuracy", "map_energy_j",
        "map_accuracy", "sensitivity",
    }  # fmt: skip
    with mpl.rc_context(STYLE):
        for name, draw in drawings.items():
            assert overlapping(draw()) == [], name
    figures.save_drawings({"map": drawings["map_energy_j"]}, tmp_path)
    assert (tmp_path / "map.png").stat().st_size > 1000


def test_long_names_of_values_are_shortened_and_stand_aslant(table):
    names = ["./chips/a_rather_long_name_of_a_chip_v1.yaml", "./chips/a_rather_long_name_of_a_chip_v2.yaml"]
    assert [level_name("architecture", name) for name in names] == ["a_rather…chip_v1", "a_rather…chip_v2"]
    assert level_name("architecture", "stt_mram") == "stt_mram" and level_name("latency_s", 1e-6) == "1.00 µs"
    table = table.assign(architecture=[names[i % 2] for i in range(len(table))])
    figure = draw_main_effects(table, [ROWS, "architecture"], "energy_j")
    assert [panel.get_xticklabels()[0].get_rotation() for panel in figure.axes] == [0.0, 30.0]
    figure = draw_heat_map(table, "architecture", ROWS, "energy_j")
    assert figure.axes[0].get_xticklabels()[0].get_rotation() == 30.0
    with mpl.rc_context(STYLE):
        assert overlapping(draw_parallel(table, ["architecture", SCHEDULE, "energy_j"])) == []


def test_columns_read_as_people_say_them():
    assert label_of("tile.macro.adc.bits") == "adc bits" and unit_sign("chip.replicas.conv1") == ""
    assert shown("area_m2", 4e-6) == "4.00 mm²" and shown("ops_per_j", 2e12) == "2e+12"
    assert shown(SCHEDULE, "pipelined") == "pipelined" and shown("seed", True) == "True"
