"""A folder with a small network and its data, and sweeps of it."""

import pytest
from unit.cli.tiny_network import write_data, write_workload


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with tiny.npz and data.npz in it; values are kept below it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    write_workload(tmp_path / "tiny.npz")
    write_data(tmp_path / "data.npz")
    return tmp_path


@pytest.fixture
def wishes(folder):
    """A sweep of six points; tests change what they need."""
    return {
        "architecture": "stt_mram",
        "workloads": [str(folder / "tiny.npz")],
        "data": str(folder / "data.npz"),
        "n_mc_samples": 3,
        "axes": {"tile.macro.adc.bits": [3, 4, 5], "tile.macro.rows_active": [8, 16]},
        "objectives": {"energy_j": "min", "accuracy": "max"},
    }
