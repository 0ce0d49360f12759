"""The figures: what they draw, not how it looks."""

from dataclasses import replace
from types import SimpleNamespace

import matplotlib as mpl
import numpy as np
import pytest
from drawn_texts import overlapping

from cimsim.reporting import figures
from cimsim.reporting.figures.canvas import STYLE
from cimsim.sim.result import Timeline


def texts(figure):
    return [text.get_text() for text in figure.findobj(mpl.text.Text) if text.get_text()]


@pytest.mark.parametrize(
    "draw", ["energy_by_component", "energy_by_layer", "energy_sources", "latency_timeline", "reliability"]
)
def test_no_text_covers_another(result, draw):
    with mpl.rc_context(STYLE):
        figure = getattr(figures, f"draw_{draw}")(result)
        assert overlapping(figure) == []


def test_component_bars_have_the_energies_as_lengths(result):
    figure = figures.draw_energy_by_component(result)
    bars = figure.axes[1].patches
    assert [bar.get_width() for bar in bars] == pytest.approx([840, 555, 124, 108, 54, 50, 31, 15, 3.5, 1])
    total = sum(bar.get_width() for bar in figure.axes[0].patches)
    assert total == pytest.approx(1.7815)
    assert figure.axes[1].lines[0].get_xdata()[:2] == pytest.approx([0.7 * 840, 1.6 * 840])
    assert figure.axes[0].lines[0].get_xdata()[:2] == pytest.approx([0.7 * 1.7815, 1.6 * 1.7815])


def test_layer_bars_stack_to_the_layer_totals(result):
    axes = figures.draw_energy_by_layer(result).axes[0]
    assert axes.lines[0].get_xdata()[:2] == pytest.approx([0.7 * 0.1755, 1.6 * 0.1755])
    right_ends = [max(bar.get_x() + bar.get_width() for bar in axes.patches if round(bar.get_y() + 0.36) == y)
                  for y in range(4)]  # fmt: skip
    assert right_ends == pytest.approx([0.1755, 1.4245, 0.1315, 0.05])


def test_the_tornado_has_the_widest_sources_around_the_energy(result):
    axes = figures.draw_energy_sources(result).axes[0]
    low, high = axes.patches[:12], axes.patches[12:]
    energy = 1.7815
    assert [bar.get_x() + bar.get_width() for bar in high[:2]] == pytest.approx([1.5 * energy, 1.25 * energy])
    assert [bar.get_x() + bar.get_width() for bar in low[:2]] == pytest.approx(
        [0.75 * energy, 0.875 * energy]
    )
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert len(labels) == 12 and labels[0] == "tile.macro.adc.bit_energy_j"


def test_the_timeline_shows_each_resource_once_in_order_of_use(result):
    figure = figures.draw_latency_timeline(result)
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == list(result.timeline.resources)
    assert "50 %" in texts(figure)
    assert len(figure.axes) == 2


def test_one_pass_needs_no_closer_look(result):
    single = replace(result, summary={**result.summary, "n_mc_samples": 1})
    assert len(figures.draw_latency_timeline(single).axes) == 1


def test_only_the_busiest_of_many_resources_are_drawn(result):
    n = 60
    ids = np.arange(n, dtype=np.int32)
    line = Timeline(tuple(f"l{i}.mvm" for i in ids), tuple(f"r{i}" for i in ids), ids, ids,
                    np.zeros(n, np.int64), 10**9 * (1 + ids.astype(np.int64)))  # fmt: skip
    program = SimpleNamespace(
        **{
            **vars(result.program),
            "resources": dict.fromkeys(line.resources, 1),
            "commands": [SimpleNamespace(name=name, layer="one") for name in line.names],
        }
    )
    figure = figures.draw_latency_timeline(replace(result, timeline=line, program=program))
    names = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert names == [f"r{i}" for i in range(36, 60)]
    assert "24 busiest of 60" in figure.axes[0].get_title(loc="left") + figure.axes[0].get_title()


def renamed(result, name):
    tables = {
        key: table.assign(layer=table["layer"].replace("conv1", name))
        for key, table in (("components", result.components), ("layers", result.layers))
    }
    return replace(result, **tables)


def test_a_dollar_in_a_name_is_a_dollar(result, tmp_path):
    figures.save_figures(renamed(result, "$x_{$"), tmp_path)
    assert (tmp_path / "energy_by_layer.png").stat().st_size > 1000


def test_a_long_name_leaves_room_for_the_picture(result, tmp_path):
    figure = figures.draw_energy_by_layer(renamed(result, "stage" * 60))
    assert max(len(text) for text in texts(figure) if "stage" in text) < 60


def test_a_regression_has_no_reliability_diagram(result, tmp_path, monkeypatch):
    monkeypatch.setattr(figures, "save", lambda figure, stem: stem.touch())
    program = SimpleNamespace(
        **{**vars(result.program), "graph": replace(result.program.graph, task="regression")}
    )
    figures.save_figures(replace(result, program=program), tmp_path)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["energy_by_component", "energy_by_layer", "energy_sources", "latency_timeline"]
