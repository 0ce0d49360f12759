"""An empty working directory with a small network and its data in it."""

import pytest
from click.testing import CliRunner
from unit.cli.tiny_network import write_data, write_workload

from cimsim.cli import main
from cimsim.reporting import figures


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty working directory with tiny.npz and data.npz in it."""
    monkeypatch.chdir(tmp_path)
    write_workload(tmp_path / "tiny.npz")
    write_data(tmp_path / "data.npz")
    return tmp_path


@pytest.fixture
def cimsim_cli(here):
    """Call the command line in the working directory."""
    return lambda *args: CliRunner().invoke(main, [str(arg) for arg in args], prog_name="cimsim")


@pytest.fixture
def no_figures(monkeypatch):
    """Leave the drawing out: it takes most of the time of a small run."""
    monkeypatch.setattr(figures, "save_figures", lambda result, directory: directory.mkdir())
