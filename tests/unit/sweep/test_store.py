"""What is found again, what is not believed, what makes room, and what a key must tell apart."""

import json
import os
import time
from contextlib import suppress

import numpy as np
import pytest
from arch_files import STT
from unit.sweep.every_field import legal_changes

from cimsim import load_workload
from cimsim.arch.build import Builder, build_chip
from cimsim.arch.vary import Variations
from cimsim.errors import CimsimError
from cimsim.mapping.mapper import Mapper
from cimsim.sim.analog_layer import array_chip
from cimsim.sim.inputs import load_images
from cimsim.sim.instances import as_drawn
from cimsim.sim.result import Activity
from cimsim.sim.settings import Settings
from cimsim.sim.values import run_values
from cimsim.sweep.findings import Findings
from cimsim.sweep.fingerprint import digest
from cimsim.sweep.store import ValueStore
from cimsim.sweep.values_key import question_digest, values_key


def findings(seed=0, n=7):
    rng = np.random.default_rng(seed)
    activity = Activity("fc1", *rng.random(6).tolist(), distinct=rng.integers(1, 5, n).astype(np.int32))
    scores = {"accuracy": float(rng.random()), "nll": None, "b": 1, "a": 1e-300, "ece": float("nan")}
    return Findings(scores, {"accuracy_chips_min": 0.5}, rng.integers(0, 2, (n, 3, 2)).astype(np.uint8),
                    {"fc1": activity})  # fmt: skip


def told(found):
    activities = [[*vars(a).values()][:-1] + a.distinct.tolist() for a in found.activities.values()]
    return json.dumps([found.scores, found.scores_of_chips, found.masks.tolist(), activities])


def test_is_found_again_number_for_number(tmp_path):
    ValueStore(tmp_path).save("k", findings())
    assert told(ValueStore(tmp_path).load("k")) == told(findings())
    assert ValueStore(tmp_path).load("other") is None


@pytest.mark.parametrize("place", [0, 30, 64, 70, 200, -1])
def test_a_damaged_entry_is_not_believed(tmp_path, place):
    store = ValueStore(tmp_path)
    store.save("k", findings())
    (path,) = tmp_path.iterdir()
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)
    assert store.load("k") is None
    store.save("k", findings())
    assert store.load("k") is not None


@pytest.mark.parametrize("length", [0, 10, 64, 100])
def test_nor_is_half_of_one_or_that_of_another_key(tmp_path, length):
    store = ValueStore(tmp_path)
    store.save("k", findings())
    (path,) = tmp_path.iterdir()
    os.replace(path, path.with_name(path.name.replace("k", "j", 1)))
    assert store.load("j") is None
    store.save("k", findings())
    path.write_bytes(path.read_bytes()[:length])
    assert store.load("k") is None


def test_what_was_used_longest_ago_makes_room(tmp_path):
    ValueStore(tmp_path).save("size", findings())
    size = next(tmp_path.iterdir()).stat().st_size
    (tmp_path / "size.values").unlink()
    store = ValueStore(tmp_path, max_bytes=3 * size + size // 2)
    for k in range(3):
        store.save(f"k{k}", findings())
        os.utime(tmp_path / f"k{k}.values", ns=(k, k))
    assert store.load("k0") is not None
    store.save("k3", findings())
    assert store.load("k1") is None
    assert all(store.load(key) is not None for key in ("k0", "k2", "k3"))


def test_nothing_but_whole_entries_lies_in_the_folder(tmp_path, monkeypatch):
    def fail(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(KeyboardInterrupt):
        ValueStore(tmp_path).save("k", findings())
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_had_begun_is_taken_away_after_an_hour(tmp_path):
    for name, age_s in (("old.fresh", 4000), ("young.fresh", 10)):
        (tmp_path / name).write_bytes(b"half")
        os.utime(tmp_path / name, (time.time() - age_s,) * 2)
    ValueStore(tmp_path).save("a", findings())
    assert {path.name for path in tmp_path.iterdir()} == {"young.fresh", "a.values"}


def test_a_folder_that_cannot_be_written_keeps_nothing(tmp_path):
    (tmp_path / "file").write_text("")
    store = ValueStore(tmp_path / "file" / "inside")
    store.save("k", findings())
    assert store.load("k") is None


def test_digests_tell_alike_things_apart():
    things = [1, 1.0, True, "1", None, (1,), ((1,),), {"a": 1}, {"a": 1.0}, ("a", 1), np.array([1]),
              np.array([1.0]), np.array([[1]]), ("ab", "c"), ("a", "bc"), np.zeros(0), ""]  # fmt: skip
    assert len({digest(thing) for thing in things}) == len(things)
    assert digest(np.float64(0.1), np.arange(4)[::2]) == digest(0.1, np.array([0, 2]))
    for strange in (object(), {1, 2}, np.array([object()])):
        with pytest.raises(TypeError):
            digest(strange)


def values_of(program, images, settings):
    values = run_values(
        as_drawn(program.graph, program.chip), program.folds, images.x, n_mc_samples=settings.samples,
        seed=settings.seed, source=program.chip.bit_source,
        arrays=array_chip(program, settings.schedule, settings.fidelity, settings.seed, 0),
    )  # fmt: skip
    activities = [[*vars(a).values()][:-1] for a in values.activities.values()]
    arrays = (values.probabilities, values.low_confidence, values.masks)
    return str(activities), [array.tobytes() for array in arrays]


@pytest.fixture(scope="module")
def changed():
    """The base, and by path what differs from it there."""
    base, builder = Variations(STT), Builder()
    return builder.chip(base.base), {path: builder.chip(spec) for path, spec in legal_changes(base)}


@pytest.mark.parametrize(
    ("fidelity", "schedule"),
    [
        ("ideal", "sequential"),
        ("statistical", "prefix_reuse"),
        ("cell", "sequential"),
        ("circuit", "sequential"),
    ],
)
def test_every_field_that_changes_values_changes_the_key(folder, changed, fidelity, schedule):
    graph = load_workload(folder / "tiny.npz")
    images = load_images(graph, data=str(folder / "data.npz"), data_dir=None, n_images=None, download=False,
                         x=None, y=None)  # fmt: skip
    settings = Settings(2, schedule, fidelity, 0, 1)
    mapper, question = Mapper(graph), question_digest(graph, images)
    base, chips = changed
    wanted = values_of(mapper(base), images, settings)
    known, shared, other = values_key(question, mapper(base), settings), [], []
    for path, chip in chips.items():
        with suppress(CimsimError):
            program = mapper(chip)
            is_shared = values_key(question, program, settings) == known
            (shared if is_shared else other).append(path)
            assert not is_shared or values_of(program, images, settings) == wanted, path
    assert {"tile.adder_tree.bit_energy_j.value", "chip.clock_hz", "tile.macros", "tile.macro.read_time_s",
            "tile.macro.adc.leakage_w.value"} <= {*shared}  # fmt: skip
    errors = {"tile.macro.adc.bits", "tile.macro.subarray.cell.device.spread.tmr_cv.value"}
    assert errors <= {*(shared if fidelity == "ideal" else other)}


def test_the_run_changes_the_key(folder):
    graph = load_workload(folder / "tiny.npz")
    more = {"data_dir": None, "download": False, "x": None, "y": None}
    keys = set()
    for n_images in (5, 6):
        images = load_images(graph, data=str(folder / "data.npz"), n_images=n_images, **more)
        question, program = question_digest(graph, images), Mapper(graph)(build_chip(Variations(STT).base))
        for asked in (
            (2, "sequential", "cell", 0, 1), (3, "sequential", "cell", 0, 1), (2, "sequential", "cell", 1, 1),
            (2, "sequential", "cell", 0, 2), (2, "sequential", "ideal", 0, 1),
            (2, "prefix_reuse", "cell", 0, 1), ("exact", "enumerate", "ideal", 0, 1),
        ):  # fmt: skip
            settings = Settings(*asked)
            keys.add(values_key(question, program, settings))
    assert len(keys) == 14
