"""Sweeps that are killed, stopped or lose a worker: what counted stays, the rest is computed, once."""

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

DRIVER = Path(__file__).with_name("sweep_driver.py")
N_POINTS = 12 * 17
AXES = {
    "tile.macro.adc.bits": {"from": 1, "to": 12, "step": 1},
    "tile.macro.rows_active": {"from": 4, "to": 20, "step": 1},
}


@pytest.fixture
def start(folder, wishes):
    """Begin the sweep into a folder, as a process."""

    def begin(name, jobs=1, **changes):
        spec, log = folder / f"{name}.json", folder / f"{name}.log"
        spec.write_text(json.dumps({**wishes, "axes": AXES, **changes}))
        words = [sys.executable, DRIVER, spec, folder / name, jobs, log]
        return subprocess.Popen([str(word) for word in words], stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    return begin


def finish(process):
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err.decode()
    return [int(word) for word in out.split()]


def lines_of(directory):
    """Of the table, in order, without the duration."""
    lines = (directory / "sweep.csv").read_text().splitlines()
    at = lines[0].split(",").index("duration_s")
    return sorted(",".join(cells[:at] + cells[at + 1 :]) for cells in (line.split(",") for line in lines))


def events(log):
    return [tuple(line.split()) for line in log.read_text().splitlines()] if log.is_file() else []


def wait_for_points(log, n):
    for _ in range(6000):
        if sum(event[0] == "counts" for event in events(log)) >= n:
            return
        time.sleep(0.01)
    raise AssertionError(f"{n} points never counted")


def wait_for_the_end_of(workers):
    for _ in range(1000):
        if not any(map(_is_alive, workers)):
            return
        time.sleep(0.01)
    raise AssertionError("a worker outlived its parent")


def n_computed_again(log):
    """Points that were computed although they counted already."""
    counted, again = set(), 0
    for kind, key in events(log):
        again += kind == "computing" and key in counted
        if kind == "counts":
            assert key not in counted
            counted.add(key)
    return again


def test_killed_at_any_moment_it_finishes_with_the_same_table(start, folder):
    assert finish(start("undisturbed")) == [N_POINTS, N_POINTS - 1, 1]
    moments = random.Random(1)
    log = folder / "killed.log"
    for at, jobs in ((1, 2), (70, 1), (140, 2)):
        process = start("killed", jobs)
        wait_for_points(log, at)
        time.sleep(moments.random() * 0.2)
        workers = _children(process.pid)
        process.kill()
        process.communicate()
        assert len(workers) >= jobs - 1 or not sys.platform.startswith("linux")
        wait_for_the_end_of(workers)
    n_counted = sum(kind == "counts" for kind, _ in events(log))
    n_new, n_done, n_failed = finish(start("killed", 2))
    assert (n_done, n_failed) == (N_POINTS - 1, 1) and n_new <= N_POINTS - n_counted
    assert lines_of(folder / "killed") == lines_of(folder / "undisturbed")
    assert n_computed_again(log) == 0


def test_stopped_with_ctrl_c_it_can_go_on_and_no_process_stays(start, folder):
    process = start("stopped", 2)
    wait_for_points(folder / "stopped.log", 20)
    children = _children(process.pid)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode != 0
    wait_for_the_end_of(children)
    assert finish(start("stopped", 2))[1:] == [N_POINTS - 1, 1]


def test_a_point_that_takes_its_worker_down_is_a_failed_one(start, folder):
    axes = {"tile.macro.adc.bits": [3, 4], "tile.macro.rows_active": [8, 16], "seed": [0, 13]}
    assert finish(start("deadly", 2, axes=axes)) == [8, 4, 4]
    assert "the process that computed it was ended" in (folder / "deadly" / "sweep.csv").read_text()


def _children(pid):
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            if int(status.read_text().rpartition(")")[2].split()[1]) == pid:
                found.append(int(status.parent.name))
        except OSError:
            continue
    return found


def _is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_the_log_is_read_right(tmp_path):
    (tmp_path / "log").write_text("computing a\ncomputing b\ncounts a\ncomputing b\ncomputing a\n")
    assert n_computed_again(tmp_path / "log") == 1
