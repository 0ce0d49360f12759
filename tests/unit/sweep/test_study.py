"""Points of a study against runs, number for number."""

import json

import pytest
from arch_files import SOT, STT

from cimsim import load_arch, load_workload, simulate
from cimsim.arch.vary import Variations, assignment
from cimsim.errors import CimsimError
from cimsim.sweep.store import ValueStore
from cimsim.sweep.study import Study

CASES = [
    (STT, "sequential", "cell"), (STT, "sequential", "ideal"), (STT, "pipelined", "statistical"),
    (STT, "prefix_reuse", "ideal"), (STT, "prefix_reuse", "statistical"), (STT, "enumerate", "statistical"),
    (SOT, "sequential", "statistical"), (SOT, "prefix_reuse", "cell"),
]  # fmt: skip
SETTINGS = (
    {"tile.macro.read_voltage_v": 0.07, "chip.clock_hz": 1e8},
    {"chip.random_source": "lfsr", "tile.macro.subarray.rows": 64},
    {"technology.supply_v": 0.85, "tile.macros": 2, "chip.first_layer": "digital"},
)


@pytest.fixture
def asked(folder):
    return load_workload(folder / "tiny.npz"), {"data": str(folder / "data.npz"), "seed": 4}


def told(summary):
    """As text: keys in their order, every digit."""
    return json.dumps(summary)


@pytest.mark.parametrize(("path", "schedule", "fidelity"), CASES)
def test_a_point_is_a_run(asked, folder, path, schedule, fidelity):
    graph, more = asked
    more |= {"fidelity": fidelity, "n_mc_samples": None if schedule == "enumerate" else 3}
    study = Study(graph, **more, store=ValueStore(folder / "store"))
    base = Variations(path, [f"chip.mc_schedule={schedule}"])
    study.summary(base.base)
    for settings in SETTINGS:
        overrides = [f"chip.mc_schedule={schedule}", *(assignment(*item) for item in settings.items())]
        wanted = simulate(load_arch(path, overrides), graph, **more).summary
        assert told(study.summary(base.at(settings))) == told(wanted)


def test_chips_out_of_the_spread_are_those_of_a_run(asked):
    graph, more = asked
    more |= {"n_instances": 3, "n_mc_samples": 2, "fidelity": "statistical"}
    study = Study(graph, **more)
    for overrides in ([], ["chip.trim_dac.bits=4"]):
        arch = load_arch(STT, overrides)
        assert told(study.summary(arch)) == told(simulate(arch, graph, **more).summary)


def test_another_study_finds_the_answers_in_the_store(asked, folder, monkeypatch):
    graph, more = asked
    arch, store = load_arch(STT), ValueStore(folder / "store")
    first = Study(graph, **more, store=store).summary(arch)
    monkeypatch.setattr("cimsim.sweep.study.answer_chips", None)
    assert told(Study(graph, **more, store=store).summary(arch)) == told(first)


def test_an_architecture_that_does_not_fit_is_refused_each_time(asked):
    graph, more = asked
    study, base = Study(graph, **more), Variations(STT)
    study.summary(base.base)
    for settings, rule in (
        ({"tile.threshold_unit.bits": 2}, "must hold the sums"),
        ({"chip.replicas.nobody": 2}, "must name a layer"),
    ):
        for _ in range(2):
            with pytest.raises(CimsimError, match=rule):
                study.summary(base.at(settings))
