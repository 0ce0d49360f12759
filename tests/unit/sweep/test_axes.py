"""Axes and samplers: which points there are."""

import itertools

import numpy as np
import pytest

from cimsim.errors import SpecError
from cimsim.sweep.axes import Axis, Span
from cimsim.sweep.plan import plan_sweep
from cimsim.sweep.samplers import SAMPLERS, points_of


def settings(wishes, axes, **more):
    plan = plan_sweep({**wishes, "axes": axes, **more})
    return [point.settings for point in plan.points()]


@pytest.mark.parametrize(
    ("axis", "values"),
    [
        ({"from": 4, "to": 64, "factor": 2}, [4, 8, 16, 32, 64]),
        ({"from": 4, "to": 60, "factor": 2}, [4, 8, 16, 32]),
        ({"from": 4, "to": 10, "step": 3}, [4, 7, 10]),
        ({"from": 1, "to": 100, "n": 3, "spacing": "log"}, [1, 10, 100]),
        ({"from": 1, "to": 4, "n": 7}, [1, 2, 3, 4]),
    ],
)
def test_ranges_of_whole_numbers(wishes, axis, values):
    path = "tile.macro.rows_active"
    assert settings(wishes, {path: axis}) == [{path: value} for value in values]


@pytest.mark.parametrize(
    ("path", "axis", "found"),
    [
        ("tile.macro.adc.bits", [3, 4, 3], "got 3.;"),
        ("tile.macro.read_voltage_v", [0.1, "100 mV"], "100 mV"),
        ("tile.macro.adc.errors", [{"gain_cv": 0.1}, {"gain_cv": 0.1}], ""),
        ("both", {"paths": ["seed", "n_mc_samples"], "values": [[1, 2], [2, 1], [1, 2]]}, "1, 2"),
    ],
)
def test_a_value_stands_on_an_axis_once(wishes, path, axis, found):
    with pytest.raises(
        SpecError, match=rf"axes.{path}.values.\d: must not repeat a value .*{found}.*leave it"
    ):
        settings(wishes, {path: axis})


@pytest.mark.parametrize("kind", ["random", "lhs", "morris"])
def test_points_that_a_sampler_repeats_count_once(wishes, kind):
    if kind == "morris":
        pytest.importorskip("SALib", reason="needs SALib: pip install 'cimsim[sweep]'")
    axes = {"tile.macro.adc.bits": [3, 4], "tile.macro.rows_active": [8, 16]}
    plan = plan_sweep({**wishes, "axes": axes, "sampler": {"kind": kind, "n": 40}})
    assert plan.n_points == len({point.key for point in plan.points()}) <= 4


def test_ranges_of_numbers_have_short_values(wishes):
    path = "tile.macro.read_voltage_v"
    found = settings(wishes, {path: {"from": 0.05, "to": 0.3, "n": 6}})
    assert [repr(each[path]) for each in found] == ["0.05", "0.1", "0.15", "0.2", "0.25", "0.3"]


def test_a_step_may_be_smaller_than_the_least_value(wishes):
    path = "technology.temperature_k"
    assert settings(wishes, {path: {"from": 250, "to": 270, "step": 10}}) == [
        {path: value} for value in (250.0, 260.0, 270.0)
    ]


def test_the_grid_holds_every_combination_the_last_axis_fastest(wishes):
    axes = {"tile.macro.adc.bits": [3, 4], "n_mc_samples": [1, 2], "seed": [7, 8]}
    assert [tuple(each.values()) for each in settings(wishes, axes)] == list(
        itertools.product((3, 4), (1, 2), (7, 8))
    )


def test_linked_axes_change_together_and_conditions_keep_points_apart(wishes):
    rows, columns, bits = "tile.macro.subarray.rows", "tile.macro.subarray.columns", "tile.macro.adc.bits"
    axes = {
        "size": {"paths": [rows, columns], "values": [[64, 32], [128, 64]]},
        bits: {"values": [4, 5], "when": {rows: [128]}},
    }
    assert settings(wishes, axes) == [
        {rows: 64, columns: 32},
        {rows: 128, columns: 64, bits: 4},
        {rows: 128, columns: 64, bits: 5},
    ]


def test_several_networks_are_an_axis(wishes, folder):
    other = folder / "other.npz"
    other.write_bytes((folder / "tiny.npz").read_bytes())
    names = [*wishes["workloads"], str(other)]
    found = settings(wishes, {"seed": [1, 2]}, workloads=names)
    assert [(each["workload"], each["seed"]) for each in found] == list(itertools.product(names, (1, 2)))


def test_a_span_is_covered_evenly():
    span = Span(1, 4, is_log=False, is_integer=True)
    found = [span.at((k + 0.5) / 400) for k in range(400)]
    assert [found.count(value) for value in (1, 2, 3, 4)] == [100] * 4
    log = Span(1e-9, 1e-6, is_log=True, is_integer=False)
    assert [log.at(p) for p in (0.0, 1 / 3, 2 / 3, 1.0)] == pytest.approx([1e-9, 1e-8, 1e-7, 1e-6])


def real(name):
    return Axis(name, (name,), (), Span(0.0, 1.0, False, False), {})


def test_a_latin_hypercube_has_one_point_in_each_stratum():
    found = list(points_of("lhs", [real("a"), real("b")], 50, 3))
    for name in "ab":
        assert sorted(int(each[name] * 50) for each in found) == list(range(50))


def test_sobol_points_fill_elementary_intervals():
    found = np.array([list(each.values()) for each in points_of("sobol", [real("a"), real("b")], 4096, 1)])
    cells = np.floor(found * [64, 64]).astype(int)
    assert len(np.unique(cells, axis=0)) == 4096


@pytest.mark.parametrize("kind", ["random", "lhs", "sobol"])
def test_samples_depend_on_their_seed_alone(kind):
    axes = [real("a"), Axis("b", ("b",), (("x",), ("y",)), None, {})]
    first, again, other = (list(points_of(kind, axes, 64, seed)) for seed in (1, 1, 2))
    assert first == again != other and len(first) == 64
    assert {each["b"] for each in first} == {"x", "y"}


def test_points_are_made_when_they_are_asked_for():
    wide = Axis("a", ("a",), tuple((k,) for k in range(1000)), None, {})
    axes = [Axis(name, (name,), wide.choices, None, {}) for name in "abcdef"]
    assert next(points_of("grid", axes, None, 0)) == dict.fromkeys("abcdef", 0)
    assert "random" in SAMPLERS and len(next(points_of("random", axes, 10**9, 0))) == 6


def test_keys_follow_what_a_point_is(wishes, folder):
    def keys(**changes):
        return [point.key for point in plan_sweep({**wishes, **changes}).points()]

    own = keys()
    assert len(set(own)) == len(own) and keys(about="no matter") == own
    assert set(own) & set(keys(seed=1)) == set(own) & set(keys(n_mc_samples=4)) == set()
    fewer = keys(axes={"tile.macro.rows_active": [16], "tile.macro.adc.bits": [5, 3]})
    assert set(fewer) < set(own)
    (folder / "tiny.npz").write_bytes((folder / "tiny.npz").read_bytes() + b"\0")
    assert set(own) & set(keys()) == set()
