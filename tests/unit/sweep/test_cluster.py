"""A real Dask scheduler and two workers as processes on this machine, one of them killed midway."""

import json
import subprocess
import sys
import time

import pytest
from unit.sweep.test_killed import AXES, DRIVER, N_POINTS, events, finish, lines_of, wait_for_points

import cimsim
from cimsim.errors import ChangedError, InputError
from cimsim.sweep.cluster import _outcomes
from cimsim.sweep.plan import plan_sweep

pytest.importorskip("distributed", reason="needs Dask: pip install 'cimsim[sweep]'")


@pytest.fixture
def cluster(folder):
    """Addresses of a scheduler, and the processes of its two workers."""
    running = []

    def start(*words):
        line = [sys.executable, "-m", "dask", *map(str, words)]
        running.append(subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        return running[-1]

    file = folder / "scheduler.json"
    start(
        "scheduler", "--host", "127.0.0.1", "--port", 0, "--dashboard-address", ":0", "--scheduler-file", file
    )
    for _ in range(6000):
        if file.is_file() and file.stat().st_size:
            break
        time.sleep(0.01)
    local = ("--nthreads", 1, "--no-nanny", "--no-dashboard", "--preload", DRIVER.with_name("sweep_stub.py"))
    workers = [
        start("worker", "--scheduler-file", file, *local, "--local-directory", folder) for _ in range(2)
    ]
    yield json.loads(file.read_text())["address"], workers
    for process in running:
        process.kill()
        process.wait()


def test_a_worker_is_lost_and_the_table_is_the_same(cluster, folder, wishes):
    address, workers = cluster
    spec = folder / "spec.json"
    spec.write_text(json.dumps({**wishes, "axes": AXES}))

    def start(name, *scheduler):
        words = [sys.executable, DRIVER, spec, folder / name, 1, folder / f"{name}.log", *scheduler]
        return subprocess.Popen([str(word) for word in words], stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    process = start("cluster", address)
    wait_for_points(folder / "cluster.log", 40)
    workers[0].kill()
    assert finish(process) == [N_POINTS, N_POINTS - 1, 1]
    assert sum(kind == "counts" for kind, _ in events(folder / "cluster.log")) == N_POINTS
    assert finish(start("here")) == [N_POINTS, N_POINTS - 1, 1]
    assert lines_of(folder / "cluster") == lines_of(folder / "here")


def test_where_nobody_answers_it_says_so(wishes, folder, monkeypatch):
    monkeypatch.setattr("cimsim.sweep.cluster._CONNECT_S", 0.2)
    with pytest.raises(InputError, match=r"--scheduler tcp://127.0.0.1:9: no Dask scheduler answers there"):
        cimsim.sweep(wishes, out=folder / "out", scheduler="tcp://127.0.0.1:9")


def test_a_worker_with_other_code_refuses(wishes, monkeypatch):
    context = plan_sweep(wishes).context
    context.verify()
    monkeypatch.setattr("cimsim.sweep.identities.code_digest", lambda: "of another version")
    with pytest.raises(
        ChangedError, match=r"the code of cimsim or NumPy: is not what it was .* the same cimsim"
    ):
        _outcomes(context, [])
