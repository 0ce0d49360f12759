"""The search: finds known fronts, keeps limits, never repeats itself, and takes one way whatever happens."""

import numpy as np
import pytest

from cimsim.errors import InputError
from cimsim.sweep import extras
from cimsim.sweep.axes import Axis, Span
from cimsim.sweep.constraints import parse_constraint
from cimsim.sweep.front import Objective, hypervolume
from cimsim.sweep.search import ALGORITHMS, Search

pytest.importorskip("optuna", reason="needs Optuna: pip install 'cimsim[sweep]'")

F1, F2 = Objective("f1", False), Objective("f2", False)


def real(name):
    return Axis(name, (name,), (), Span(0.0, 1.0, False, False), {})


def listed(name, values, when=None):
    return Axis(name, (name,), tuple((value,) for value in values), None, when or {})


def zdt1(settings):
    """E. Zitzler, K. Deb and L. Thiele, Evol. Comput. 8 (2000) 173: the front is f2 = 1 - sqrt(f1)."""
    x = list(settings.values())
    g = 1 + 9 * np.mean(x[1:])
    return {"f1": x[0], "f2": g * (1 - np.sqrt(x[0] / g))}


def run(search, evaluate, order=None):
    """All settings in the order asked, and their summaries."""
    rows = []
    while batch := search.ask():
        found = [(settings, evaluate(settings)) for settings in batch]
        told = found if order is None else [found[i] for i in order.permutation(len(found))]
        for settings, summary in told:
            search.tell(settings, summary)
        rows += found
    return rows


@pytest.mark.parametrize("algorithm", list(ALGORITHMS))
def test_the_front_of_zdt1_is_approached(algorithm):
    axes = [real(f"x{i}") for i in range(4)]
    rows = run(Search(axes, [F1, F2], algorithm=algorithm, budget=150, seed=1), zdt1)
    assert len(rows) == 150
    found = hypervolume([[r["f1"], r["f2"]] for _, r in rows], [1.1, 1.1])
    front = (1.1 - 1 / 3) + 0.1 * 1.1  # above 1 - sqrt(x) from 0 to 1, and a strip up to 1.1
    drawn = np.random.default_rng(0).random((150, 4))
    blind = [zdt1(dict(zip("abcd", x, strict=True))) for x in drawn.tolist()]
    assert 1.5 * hypervolume([[r["f1"], r["f2"]] for r in blind], [1.1, 1.1]) < found < front


@pytest.mark.parametrize("algorithm", list(ALGORITHMS))
def test_no_point_is_asked_for_twice_and_a_small_space_is_used_up(algorithm):
    axes = [listed("a", range(5)), listed("b", ["x", "y", "z"])]
    evaluate = lambda s: {"f1": s["a"], "f2": -s["a"]}  # noqa: E731
    rows = run(Search(axes, [F1, F2], algorithm=algorithm, budget=100), evaluate)
    assert len(rows) == 15 and len({tuple(s.items()) for s, _ in rows}) == 15


@pytest.mark.parametrize("algorithm", list(ALGORITHMS))
def test_a_resumed_search_takes_the_same_way_whatever_the_order_of_results(algorithm):
    def search():
        axes = [real("x"), listed("n", [1, 2, 4, 8]), listed("w", ["a", "b"])]
        return Search(axes, [F1, F2], algorithm=algorithm, budget=60, seed=3)

    def evaluate(s):
        return None if s["n"] == 8 else {"f1": s["x"], "f2": (1 - s["x"]) * s["n"] + (s["w"] == "a")}

    first = [s for s, _ in run(search(), evaluate)]
    assert first == [s for s, _ in run(search(), evaluate, np.random.default_rng(0))]
    assert len(first) == 60


def test_another_seed_takes_another_way():
    ways = [
        [s for s, _ in run(Search([real("x")], [F1], budget=10, seed=seed), lambda s: {"f1": s["x"]})]
        for seed in (0, 1)
    ]
    assert ways[0] != ways[1]


@pytest.mark.parametrize("algorithm", list(ALGORITHMS))
def test_limits_draw_the_search_to_where_they_hold(algorithm):
    axes = [listed("x", range(40)), listed("y", range(40))]
    limits = [parse_constraint("y > 30"), parse_constraint("load < 8")]
    evaluate = lambda s: {"f1": s["x"] + s["y"], "load": s["x"] / 2}  # noqa: E731
    rows = run(Search(axes, [F1], limits, algorithm=algorithm, budget=150), evaluate)
    late = [s["y"] > 30 and r["load"] < 8 for s, r in rows[75:]]
    assert np.mean(late) > 1.2 * 0.09  # its share of the space
    assert min(r["f1"] for s, r in rows if s["y"] > 30) <= 34


def test_an_axis_with_a_condition_is_set_only_where_it_holds():
    axes = [listed("kind", ["adc", "sense"]), listed("bits", [3, 4], {"kind": ("adc",)})]
    rows = run(Search(axes, [F1], budget=10), lambda s: {"f1": s.get("bits", 9)})
    assert sorted(map(str, (s for s, _ in rows))) == sorted(
        map(str, [{"kind": "adc", "bits": 3}, {"kind": "adc", "bits": 4}, {"kind": "sense"}])
    )


def test_linked_settings_change_together():
    axis = Axis("size", ("rows", "columns"), ((64, 32), (128, 16)), None, {})
    rows = run(Search([axis], [F1], budget=5), lambda s: {"f1": s["rows"]})
    assert sorted(tuple(s.values()) for s, _ in rows) == [(64, 32), (128, 16)]


def test_more_is_better_where_it_is_said():
    rows = run(Search([listed("x", range(200))], [Objective("f", True)], budget=60), lambda s: {"f": s["x"]})
    assert max(s["x"] for s, _ in rows) >= 195


def test_points_of_the_last_batch_are_told_each_once():
    search = Search([listed("x", range(9))], [F1], budget=9)
    batch = search.ask(2)
    with pytest.raises(RuntimeError, match="must be told"):
        search.ask(2)
    search.tell(batch[0], {"f1": 1.0})
    with pytest.raises(RuntimeError, match="each once"):
        search.tell(batch[0], {"f1": 1.0})
    search.tell(batch[1], None)
    assert len(search.ask(20)) == 7


def test_without_optuna_it_is_said_how_to_get_it(monkeypatch):
    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr(extras, "import_module", missing)
    message = r"sampler optuna: needs optuna, which is not installed; pip install 'cimsim\[sweep\]'"
    with pytest.raises(InputError, match=message):
        Search([real("x")], [F1], budget=1)
