"""The command line of training, up to the point where torch is needed."""

import builtins
import sys

import pytest
from click.testing import CliRunner

from cimsim.train.__main__ import main


def test_without_torch_one_message_says_what_to_install(monkeypatch):
    real_import = builtins.__import__

    def without_torch(name, *args, **kwargs):
        if name.partition(".")[0] == "torch":
            raise ModuleNotFoundError("No module named 'torch'", name="torch")
        return real_import(name, *args, **kwargs)

    for module in [
        name for name in sys.modules if name.startswith("cimsim.train.") and "__main__" not in name
    ]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setattr(builtins, "__import__", without_torch)
    result = CliRunner().invoke(main, ["digits"])
    assert result.exit_code == 2
    expected = "error: cimsim.train: needs torch, which is not installed; pip install 'cimsim[train]'\n"
    assert result.stderr == expected


def test_missing_files_are_one_message(tmp_path):
    pytest.importorskip("torch", reason="needs torch: pip install 'cimsim[train]'")
    result = CliRunner().invoke(main, ["lenet", "--data-dir", str(tmp_path), "--out", str(tmp_path / "out")])
    assert result.exit_code == 2
    assert result.stderr == (
        f"error: {tmp_path}/mnist/train-images-idx3-ubyte.gz: no such file; give the folder that holds "
        "mnist/ with --data-dir or CIMSIM_DATA_DIR, or fetch it with --download\n"
    )
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_made_is_one_message(monkeypatch):
    train = pytest.importorskip("cimsim.train.run", reason="needs torch: pip install 'cimsim[train]'")
    monkeypatch.setattr(train, "load_training_data", lambda *args, **options: None)
    result = CliRunner().invoke(main, ["lenet", "--out", "/dev/null/x"])
    assert result.exit_code == 2
    assert result.stderr == "error: /dev/null/x: cannot be read or written (got Not a directory)\n"


def test_an_unknown_recipe_lists_the_known_ones():
    result = CliRunner().invoke(main, ["lenat"])
    assert result.exit_code == 2
    assert "'lenat' is not one of 'digits', 'fashion_lenet', 'lenet'" in result.stderr
